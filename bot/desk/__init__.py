"""The desk: where officers see who waits, answer, and look back. Server-rendered, live without reload."""
