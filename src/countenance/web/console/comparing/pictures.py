"""Pictures as data within a page: they have no address of their own and are kept nowhere."""

from __future__ import annotations

import base64


def jpeg_url(data: bytes) -> str:
    """Return a JPEG as the address of an image within a page."""
    return f"data:image/jpeg;base64,{base64.b64encode(data).decode()}"
