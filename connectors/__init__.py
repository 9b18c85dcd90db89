"""The outside world, one package per channel. Nothing here imports from ``bot``."""
