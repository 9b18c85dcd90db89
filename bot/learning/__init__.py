"""The learning loop: missed questions are reviewed and become training examples in reviewed files."""
