"""``make evaluate``: how well messages are understood, beside simpler ways of doing it."""
