"""Reading pictures of residents: from the platforms' own hosts only, in a process of its own."""
