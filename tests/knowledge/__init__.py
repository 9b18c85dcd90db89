"""Tests of the knowledge: import, loading, checks and rendered answers."""
