"""The gateway as an authorization server for machine clients."""
