"""What a request says about itself and not to the model: model's name, session, user, metadata, hints."""

from __future__ import annotations

from typing import Final

from gateway.wire.openai.fields import Fields, check_text, refused, unsupported

LONGEST_SESSION: Final = 128  # contract.md, The session of an API call
LONGEST_MODEL: Final = 256
_LONGEST_HINT: Final = 128
NAMES: Final = frozenset({"model", "user", "metadata", "session_id", "service_tier"})
_REJECTED: Final = ("audio", "web_search_options", "moderation")


def from_model(body: Fields) -> str | None:
    """The model's name as written; None means the default."""
    return body.text("model", longest=LONGEST_MODEL) or None


def from_user(body: Fields) -> str | None:
    """`user`, for the log only; never who the caller is."""
    return body.text("user", longest=128) or None


def from_session(body: Fields, header: str | None) -> str | None:
    """The header X-Session-Id, else `session_id`, else `metadata.session_id`.

    Raises:
        BadRequest: `string_above_max_length` for more than 128 characters; what `metadata` may not be.
    """
    if header is not None:
        check_text(header, "X-Session-Id", longest=LONGEST_SESSION)
    own = body.text("session_id", longest=LONGEST_SESSION)
    return header or own or _metadata_session(body)


def check_hints(body: Fields) -> None:
    """Hints have no effect, but their types must be right; what must not be ignored is refused."""
    body.flag("store")
    for key in ("verbosity", "prompt_cache_retention"):
        body.text(key, longest=_LONGEST_HINT)
    for key in ("safety_identifier", "prompt_cache_key"):
        body.text(key, longest=64)
    for key in ("prediction", "prompt_cache_options"):
        body.inner(key)
    for key in _REJECTED:
        if body.get(key) is not None:
            raise unsupported(key, "is not supported by this server")
    for at, kind in enumerate(body.array("modalities", most=16) or ()):
        if check_text(kind, f"modalities[{at}]") != "text":
            message = "Invalid value for 'modalities': this server answers in text only."
            raise refused("modalities", message, "unsupported_value")


def from_service_tier(body: Fields) -> str | None:
    return body.text("service_tier", longest=_LONGEST_HINT)


def _metadata_session(body: Fields) -> str | None:
    metadata = body.inner("metadata")
    if metadata is None:
        return None
    if len(metadata.values) > 16:
        message = "Invalid 'metadata': too many properties. Expected an object with at most 16 properties."
        raise refused("metadata", message, "object_above_max_properties")
    for key in metadata.values:
        if len(key) > 64:
            message = "Invalid 'metadata': a key is too long. Expected at most 64 characters."
            raise refused("metadata", message, "string_above_max_length")
        check_text(metadata.values[key], metadata.path(key), longest=512)
    return metadata.text("session_id", longest=LONGEST_SESSION)
