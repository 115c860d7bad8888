"""The message path: OpenAI outside, Ollama inside."""
