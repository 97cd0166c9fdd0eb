"""The pictures of a request: one file, or up to fifteen in a ZIP, each within its limits before it is looked at.

Rules kept here:

- Sizes are checked on what is read, not on what an archive says of itself: a small archive can claim anything.
- A picture that cannot be used is an answer about that picture; the others are looked at all the same.
- Nothing of an archive is written to a disk; names in it are only repeated.

Source: limits in the documentation of ``detect_faces`` in ibm-watson 3.4.2.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field

from countenance.web.watson.errors import INPUT, LIMIT, NO_IMAGES, PARAMETER, WatsonError
from countenance.web.watson.form import Part

#: Largest picture, largest archive, most pictures in one.
MOST_IMAGE_BYTES, MOST_ZIP_BYTES, MOST_IMAGES = 10_000_000, 100_000_000, 15
#: What ``zipfile`` raises at an archive or a file in it that it cannot read: damaged, cut short, of a compression or
#: version it does not know (a subclass of RuntimeError), or locked with a password.
_UNREADABLE = (zipfile.BadZipFile, zlib.error, RuntimeError, EOFError, OSError, ValueError)
_ZIP_MAGIC = (b"PK\x03\x04", b"PK\x05\x06")
#: What archives of a Mac hold beside the pictures.
_RESOURCE_FORK = "__MACOSX/"
#: Longest name that is repeated in an answer.
_LONGEST_NAME = 500


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture of a request.

    Attributes:
        name: The file's name, or its path in an archive.
        data: Its bytes; empty if ``problem`` is set.
        problem: Why it cannot be used, or None.
    """

    name: str
    data: bytes = field(repr=False)
    problem: WatsonError | None = None


def pictures(part: Part) -> Iterator[Picture]:
    """Yield the pictures of an uploaded file, one at a time.

    Raises:
        WatsonError: An archive is damaged, too large, empty, or has too many pictures.
    """
    if not part.data.startswith(_ZIP_MAGIC):
        yield checked_picture(part.file_name or "image", part.data)
        return
    if len(part.data) > MOST_ZIP_BYTES:
        raise WatsonError(400, LIMIT, "The archive is larger than 100 MB.")
    try:
        archive = zipfile.ZipFile(io.BytesIO(part.data))
        entries = [entry for entry in archive.infolist() if _is_picture(entry)]
    except _UNREADABLE:
        raise WatsonError(400, INPUT, "The archive cannot be read.") from None
    if not entries:
        raise WatsonError(400, PARAMETER, NO_IMAGES)
    if len(entries) > MOST_IMAGES:
        raise WatsonError(400, LIMIT, f"Too many images in the archive; the limit is {MOST_IMAGES}.")
    with archive:
        for entry in entries:
            yield _extracted(archive, entry)


def _is_picture(entry: zipfile.ZipInfo) -> bool:
    last = entry.filename.rpartition("/")[2]
    return not entry.is_dir() and not entry.filename.startswith(_RESOURCE_FORK) and not last.startswith(".")


def _extracted(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Picture:
    try:
        with archive.open(entry) as stream:
            data = stream.read(MOST_IMAGE_BYTES + 1)
    except _UNREADABLE:
        return _without(entry.filename, INPUT, "The file cannot be taken out of the archive.")
    return checked_picture(entry.filename, data)


def checked_picture(name: str, data: bytes) -> Picture:
    """Return a picture, or why it cannot be one: too large, or empty."""
    if len(data) > MOST_IMAGE_BYTES:
        return _without(name, LIMIT, "The image is larger than 10 MB.")
    if not data:
        return _without(name, INPUT, "The image is empty.")
    return Picture(name[:_LONGEST_NAME], data)


def _without(name: str, error_id: str, description: str) -> Picture:
    return Picture(name[:_LONGEST_NAME], b"", WatsonError(400, error_id, description))
