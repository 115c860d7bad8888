"""Clawdbot: the door in front of a company's own language model."""

__version__ = "0.1.0"
