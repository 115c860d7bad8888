"""Tests of the message path."""
