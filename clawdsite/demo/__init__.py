"""A simulated model in Ollama's place, so that the first answer streams before Ollama is there."""

from clawdsite.demo.native import NAME
from clawdsite.demo.server import DemoServer, serve

__all__ = ["NAME", "DemoServer", "serve"]
