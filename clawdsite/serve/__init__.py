"""`clawdbot start`: uvicorn with our own bounds, signals, drain and debug port."""
