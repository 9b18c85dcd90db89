"""Who owns a conversation, and which officers wait for it."""
