"""The official OpenAI SDKs, unchanged, against a started `clawdbot` process on a real socket."""
