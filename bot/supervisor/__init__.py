"""Starts and watches every process of the assistant on one machine: `bot run`."""
