"""The floor of the house: configuration, errors, log, metrics. Imports nothing of ours."""
