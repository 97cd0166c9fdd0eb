"""What to enrol: a folder with one folder a person, or a CSV list of people and photos."""

from __future__ import annotations

import csv
import os
import stat
from dataclasses import dataclass
from pathlib import Path

from countenance.core.errors import FileUnreadable, ImageTooLarge, ListInvalid

#: Columns of a list; more are allowed and ignored, so that an existing people file can be used as it is.
SUBJECT_COLUMN = "subject"
FILE_COLUMN = "file"
#: Files beyond this are not read into memory at all. The limit on photos is a setting, checked by the engine on the
#: bytes; this one only keeps a film or a disk image that lies in the folder from filling the memory first.
MOST_BYTES = 1 << 30


@dataclass(frozen=True, slots=True)
class SourcePhoto:
    """One photo to enrol.

    Attributes:
        subject: The data subject.
        name: Path relative to the source, with forward slashes; identifies the photo within a run.
        path: Where it lies.
    """

    subject: str
    name: str
    path: Path


def list_photos(source: Path) -> list[SourcePhoto]:
    """Return the photos of a folder or CSV list, ordered by name.

    In a folder, every folder directly below it is a person and every file in that, at any depth, a photo; hidden
    files are left out. In a CSV list, paths are relative to the list.

    Raises:
        FileUnreadable: The source does not exist or cannot be read.
        ListInvalid: The list lacks a column or has an empty cell, or the folder holds photos of nobody.
    """
    if source.is_dir():
        return _from_folder(source)
    if not source.exists():
        raise FileUnreadable(f"{source} does not exist.")
    return _from_csv(source)


def read_photo(path: Path) -> bytes:
    """Return a file's bytes.

    Raises:
        FileUnreadable: Missing, a directory, a pipe or device, or without permission.
        ImageTooLarge: Far larger than any photo.
    """
    try:
        about = path.stat()
        if stat.S_ISDIR(about.st_mode):
            raise FileUnreadable(f"{path} is a directory, a photo is meant here.")
        if not stat.S_ISREG(about.st_mode):
            # Reading a pipe or a device may never end.
            raise FileUnreadable(f"{path} is not a file.", remedy="Save the photo to a file and give its path.")
        if about.st_size > MOST_BYTES:
            raise ImageTooLarge(f"{path} has {about.st_size:,} bytes; no photo is that large.")
        return path.read_bytes()
    except OSError as error:
        raise FileUnreadable(f"{path} cannot be read: {(error.strerror or 'unknown reason').lower()}.") from error


def _from_folder(folder: Path) -> list[SourcePhoto]:
    photos = []
    try:
        people = sorted(entry for entry in folder.iterdir() if entry.is_dir() and not entry.name.startswith("."))
    except OSError as error:
        raise FileUnreadable(f"{folder} cannot be listed: {(error.strerror or '').lower()}.") from error
    for person in people:
        for parent, folders, files in os.walk(person):
            folders[:] = sorted(name for name in folders if not name.startswith("."))
            for file in sorted(name for name in files if not name.startswith(".")):
                path = Path(parent) / file
                photos.append(SourcePhoto(_as_text(person.name), _as_text(path.relative_to(folder).as_posix()), path))
    if not photos:
        raise ListInvalid(
            f"{folder} holds no folder with photos in it.",
            remedy="Put each person's photos into a folder named for the person, or give a CSV list.",
        )
    return photos


def _as_text(name: str) -> str:
    """Return a file name as storable text: bytes that are not UTF-8 become ``\\xNN``, so that no file stops a run."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")


def _from_csv(file: Path) -> list[SourcePhoto]:
    try:
        with file.open(newline="", encoding="utf-8-sig") as stream:
            reader = csv.DictReader(stream, strict=True)
            columns = [name.strip() for name in reader.fieldnames or []]
            reader.fieldnames = columns
            for needed in (SUBJECT_COLUMN, FILE_COLUMN):
                if needed not in columns:
                    raise ListInvalid(f"{file.name} has no column '{needed}' (found: {', '.join(columns) or 'none'}).")
            rows = list(reader)
    except UnicodeDecodeError as error:
        raise ListInvalid(f"{file.name} is not a UTF-8 text file.") from error
    except csv.Error as error:
        raise ListInvalid(f"{file.name} is not a CSV file: {error}.") from error
    except OSError as error:
        raise FileUnreadable(f"{file} cannot be read: {(error.strerror or '').lower()}.") from error
    photos = []
    seen: set[tuple[str, str]] = set()
    for number, row in enumerate(rows, start=2):
        subject, name = (row[SUBJECT_COLUMN] or "").strip(), (row[FILE_COLUMN] or "").strip()
        if not subject or not name:
            raise ListInvalid(f"{file.name}, line {number}: 'subject' and 'file' are both needed.")
        if (subject, name) in seen:
            raise ListInvalid(f"{file.name}, line {number}: the same subject and file stand there twice.")
        seen.add((subject, name))
        photos.append(SourcePhoto(subject, name, file.parent / name))
    if not photos:
        raise ListInvalid(f"{file.name} lists no photo.")
    return sorted(photos, key=lambda photo: (photo.name, photo.subject))
