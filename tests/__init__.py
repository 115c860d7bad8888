"""Tests: the tree below mirrors the product; tests/house holds the guards."""
