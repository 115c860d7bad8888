"""Tokens: issuing our own, judging everybody's."""
