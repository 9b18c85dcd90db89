"""Trợ lý xã: the assistant of a Vietnamese commune."""
