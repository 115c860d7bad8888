"""The stateless part of OpenAI's /v1/responses (reference 1.8): body to request, events to items."""

from gateway.wire.responses.collector import ResponseCollector
from gateway.wire.responses.request_in import from_response_body
from gateway.wire.responses.writer import ResponseWriter

__all__ = ["ResponseCollector", "ResponseWriter", "from_response_body"]
