"""Conversations that belong to teams, and the answers in them."""
