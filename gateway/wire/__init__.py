"""Pure translation between OpenAI's wire and Ollama's. Functions are named for their direction."""
