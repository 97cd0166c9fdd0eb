"""Private folders of jobs: uploads wait there until the job ends, and are wiped with it.

Rules kept here:

- Nobody but the service's own account can look into them.
- A folder whose job has ended, or never began because the upload broke off, is removed.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from countenance.core.errors import StorageFull, StorageUnavailable

_PRIVATE = 0o700
_INCOMING, _LIST = "incoming", "incoming.json"
#: Room left on the disk beside what is unpacked: the database and its log have to go on.
SPARE_BYTES = 500_000_000


@dataclass(frozen=True, slots=True)
class Incoming:
    """An uploaded file.

    Attributes:
        name: As the client calls it; never used as a path.
        path: Where it lies.
    """

    name: str
    path: Path


class JobFolders:
    """The folders of jobs under one folder."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def of(self, job_id: str) -> Path:
        """Return a job's folder, whether or not it is there."""
        if len(job_id) != 32 or set(job_id) - set("0123456789abcdef"):
            raise ValueError("not a job's identifier")
        return self.root / job_id

    def make(self, job_id: str) -> Path:
        """Make a job's folder with a place for its uploads, and return that place.

        Raises:
            StorageUnavailable: It cannot be made.
        """
        place = self.of(job_id) / _INCOMING
        try:
            self.root.mkdir(parents=True, mode=_PRIVATE, exist_ok=True)
            self.root.chmod(_PRIVATE)
            self.of(job_id).mkdir(mode=_PRIVATE, exist_ok=True)
            place.mkdir(mode=_PRIVATE, exist_ok=True)
        except OSError as error:
            raise StorageUnavailable(
                f"No folder for uploads can be made: {(error.strerror or '').lower()}.",
                remedy="Check the permissions of the data folder.",
            ) from error
        return place

    def keep_list(self, job_id: str, files: Sequence[Incoming]) -> None:
        """Write down which upload is called what."""
        named = [{"name": one.name, "file": one.path.name} for one in files]
        (self.of(job_id) / _LIST).write_text(json.dumps(named), encoding="utf-8")

    def incoming(self, job_id: str) -> list[Incoming]:
        """Return a job's uploads; empty if it has none."""
        try:
            named = json.loads((self.of(job_id) / _LIST).read_text(encoding="utf-8"))
        except FileNotFoundError:
            return []
        return [Incoming(one["name"], self.of(job_id) / _INCOMING / one["file"]) for one in named]

    def wipe(self, job_id: str) -> None:
        """Remove a job's folder with everything in it, if it is there."""
        shutil.rmtree(self.of(job_id), ignore_errors=True)

    def present(self) -> list[str]:
        """Return the identifiers of jobs that have a folder."""
        found = []
        with suppress(FileNotFoundError):
            for path in self.root.iterdir():
                with suppress(ValueError):
                    self.of(path.name)
                    found.append(path.name)
        return sorted(found)


def require_room(folder: Path, size: int) -> None:
    """Return if a folder's disk has room for so many bytes and some to spare.

    Raises:
        StorageFull: It has not.
    """
    if shutil.disk_usage(folder).free < size + SPARE_BYTES:
        raise StorageFull(
            f"This takes {size / 1e6:,.0f} MB, and the disk has too little room to spare."
            if size
            else "The disk has too little room to spare.",
            remedy="Free some space, or send it in parts.",
        )
