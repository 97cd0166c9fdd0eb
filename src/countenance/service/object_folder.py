"""Where objects that clients name in S3's words are read from; and a folder that stands for such a store. Read only.

In the folder, ``bucket`` is a folder in it and ``key`` a path in that. Rules kept here:

- Nothing outside the folder is read, whatever the key says and wherever a symbolic link leads.
- Why an object cannot be read is not told: whoever asks learns nothing about other files.
- A folder keeps one version of a file, so one that is asked for by its version is not there.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Protocol

#: Bucket names. Source: Rekognition service model, S3Bucket; no name that means another folder.
_BUCKET = re.compile(r"[0-9A-Za-z_-][0-9A-Za-z._-]{2,254}")


class ObjectStore(Protocol):
    """Objects by bucket and key."""

    def read(self, bucket: str, key: str, limit: int, version: str | None = None) -> bytes | None:
        """Return an object's bytes, at most one more than ``limit``, or None if it cannot be read, whatever the cause.

        Args:
            bucket: Name of its bucket.
            key: Its name in that.
            limit: Most bytes wanted.
            version: Which of its versions; None for the latest.
        """
        ...


class ObjectFolder:
    """Objects in files under one folder; implements ``ObjectStore``."""

    def __init__(self, root: Path) -> None:
        """Take the folder; it does not have to exist yet."""
        self._root = root

    def read(self, bucket: str, key: str, limit: int, version: str | None = None) -> bytes | None:
        """Return an object's bytes, at most one more than ``limit``, or None if there is no such object here."""
        if version is not None or not _BUCKET.fullmatch(bucket) or "\0" in key or ".." in key.split("/"):
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
