"""Which photo of a folder is which picture of the old collection: by name.

Rules kept here:

- A photo belongs to the external image id that its path, its name or its folder spells, in this order; with ``/`` as
  ``:`` or ``_`` where the vendor takes no ``/``.
- Without a list of old faces the folder a photo lies in names it, or its own name where it lies in none.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from countenance.core.errors import FileUnreadable
from countenance.service.old_faces import EXTERNAL_ID, OldFace


@dataclass(frozen=True, slots=True)
class PlannedPhoto:
    """A photo to index.

    Attributes:
        name: Path relative to the folder, with forward slashes.
        path: Where it lies.
        external_image_id: Its name in both collections; empty if it has none.
    """

    name: str
    path: Path
    external_image_id: str


def plan(folder: Path, old: Mapping[str, tuple[OldFace, ...]] | None) -> tuple[PlannedPhoto, ...]:
    """Return the files of a folder with their external image ids, ordered by name; hidden files are left out.

    Args:
        folder: The original photos.
        old: External image id → old faces, or None where there is no list.

    Raises:
        FileUnreadable: The folder cannot be listed.
    """
    if not folder.is_dir():
        raise FileUnreadable(f"{folder} is not a folder.", remedy="Copy the originals into one (aws s3 sync …).")
    found = []
    for parent, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for file in sorted(name for name in files if not name.startswith(".")):
            path = Path(parent) / file
            name = os.fsencode(path.relative_to(folder).as_posix()).decode("utf-8", "backslashreplace")
            found.append(PlannedPhoto(name, path, _named(name, old)))
    return tuple(sorted(found, key=lambda photo: photo.name))


def _named(name: str, old: Mapping[str, tuple[OldFace, ...]] | None) -> str:
    spelt = PurePosixPath(name)
    if old is None:
        own = spelt.parts[0] if len(spelt.parts) > 1 else spelt.stem
        return own if EXTERNAL_ID.fullmatch(own) else ""
    bare = spelt.with_suffix("").as_posix()
    whole = [form.replace("/", mark) for form in (name, bare) for mark in ("/", ":", "_")]
    for candidate in (*whole, spelt.name, spelt.stem, *reversed(spelt.parts[:-1])):
        if candidate in old:
            return candidate
    return ""
