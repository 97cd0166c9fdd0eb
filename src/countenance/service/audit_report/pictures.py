"""Photos of the contact sheet, made small, each embedded once however many pairs it is in."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable

#: Side of the embedded pictures: sharp at the size shown on a dense screen.
PICTURE_PX = 240
_QUALITY = 80
#: Room for pictures, in characters of base64: a third of the 15 MB a report may have, about 400 ordinary photos.
MOST_CHARACTERS = 5_000_000


class Pictures:
    """Collects pictures by file name.

    Attributes:
        embedded: JPEG in base64, by position.
    """

    def __init__(self, photos: Callable[[str], bytes | None] | None) -> None:
        self.embedded: list[str] = []
        self._room = MOST_CHARACTERS
        self._photos = photos
        self._positions: dict[str, int | None] = {}

    def position(self, file: str) -> int | None:
        """Return where the picture of ``file`` is embedded, or None where there is none or no room for more."""
        if file not in self._positions:
            self._positions[file] = self._embed(file)
        return self._positions[file]

    def _embed(self, file: str) -> int | None:
        if self._photos is None or self._room <= 0:
            return None
        content = self._photos(file)
        small = None if content is None else thumbnail(content)
        if small is None:
            return None
        encoded = base64.b64encode(small).decode("ascii")
        self._room -= len(encoded)
        if self._room < 0:
            return None
        self.embedded.append(encoded)
        return len(self.embedded) - 1


def thumbnail(content: bytes) -> bytes | None:
    """Return a photo as a small upright JPEG without metadata, or None where it cannot be read."""
    from PIL import Image, ImageOps, UnidentifiedImageError

    try:
        with Image.open(io.BytesIO(content)) as image:
            image.draft("RGB", (2 * PICTURE_PX, 2 * PICTURE_PX))
            upright = ImageOps.exif_transpose(image).convert("RGB")
            upright.thumbnail((PICTURE_PX, PICTURE_PX))
            small = io.BytesIO()
            upright.save(small, "JPEG", quality=_QUALITY)
    except (UnidentifiedImageError, OSError, ValueError, Image.DecompressionBombError):
        return None
    return small.getvalue()
