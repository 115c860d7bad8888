"""Signing people in and out: one flow for every provider, and the local password beside it."""
