"""One frozen configuration value: loaded from config.yaml, swapped whole, never edited."""
