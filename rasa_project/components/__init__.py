"""Rasa components of Trợ lý xã, on the folding of ``bot.understanding`` (PYTHONPATH = repository root)."""
