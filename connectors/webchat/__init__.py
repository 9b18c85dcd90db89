"""The web chat: a channel without a platform behind it, whose messages wait in a feed of our own."""
