"""Bearers: of a sign-on provider, and of our own."""
