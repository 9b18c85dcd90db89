"""The loops: a conversation's turn, delivery, the schedule."""
