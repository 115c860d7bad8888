"""Every frame that a test sees is held against the table of the protocol."""

from __future__ import annotations

from typing import Any

from chat.protocol import wrong_with


def right(frame: dict[str, Any]) -> dict[str, Any]:
    """The frame, where it is as the protocol says."""
    wrong = wrong_with(frame)
    assert not wrong, f"{frame.get('t')}: {wrong}: {frame}"
    return frame
