"""The OAs, pages and websites that the assistant speaks for, and their tokens."""
