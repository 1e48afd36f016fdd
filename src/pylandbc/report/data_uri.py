"""Pictures inside a page: a report is one file that asks for no other."""

from __future__ import annotations

import base64


def png_uri(png: bytes) -> str:
    """The data URI of a PNG."""
    return "data:image/png;base64," + base64.b64encode(png).decode()
