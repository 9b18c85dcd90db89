"""Scams that concern the whole commune: reports to its police, its own list, who wants warnings."""
