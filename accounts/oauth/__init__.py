"""The gateway as an authorization server for machine clients: one grant, and what belongs to it."""
