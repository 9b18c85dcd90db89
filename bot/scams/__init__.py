"""Reading a suspicious message, link or number: offline, explained, never declaring anything safe."""
