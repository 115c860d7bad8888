"""Tests of the wait in front of the model."""
