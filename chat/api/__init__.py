"""Conversations by HTTP JSON, for front ends of one's own and networks without websockets."""
