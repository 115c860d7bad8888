"""Whose turn it is: the wait in front of the model, and limits."""
