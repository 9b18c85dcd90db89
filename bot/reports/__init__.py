"""Figures for the leader: pure calculations over rows, and the queries that fetch the rows."""
