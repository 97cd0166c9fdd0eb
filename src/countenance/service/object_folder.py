"""A folder that stands for an object store: ``bucket`` is a folder in it, ``key`` a path in that. Read only.

Rules kept here:

- Nothing outside the folder is read, whatever the key says and wherever a symbolic link leads.
- Why an object cannot be read is not told: whoever asks learns nothing about other files.
"""

from __future__ import annotations

import re
from pathlib import Path

#: Bucket names. Source: Rekognition service model, S3Bucket; no name that means another folder.
_BUCKET = re.compile(r"[0-9A-Za-z_-][0-9A-Za-z._-]{2,254}")


class ObjectFolder:
    """Objects in files under one folder."""

    def __init__(self, root: Path) -> None:
        """Take the folder; it does not have to exist yet."""
        self._root = root

    def read(self, bucket: str, key: str, limit: int) -> bytes | None:
        """Return an object's bytes, at most one more than ``limit``, or None if there is no such object here."""
        if not _BUCKET.fullmatch(bucket) or "\0" in key or ".." in key.split("/"):
            return None
        try:
            folder = (self._root / bucket).resolve(strict=True)
            path = (folder / key.lstrip("/")).resolve(strict=True)
            if not folder.is_relative_to(self._root.resolve()) or not path.is_relative_to(folder):
                return None
            # A device or a pipe would never end.
            if not path.is_file():
                return None
            with path.open("rb") as stream:
                return stream.read(limit + 1)
        except (OSError, ValueError):
            return None
