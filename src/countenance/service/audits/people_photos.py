"""Photos on disk found for the lines of a list of people: by file name, by folder, or by the person's name."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from countenance.core.errors import FileUnreadable, ListInvalid

#: Between several files of one cell.
_BETWEEN_FILES = (";", "|")
_PHOTO_SUFFIXES = frozenset(
    {".jpg", ".jpeg", ".png", ".webp", ".heic", ".heif", ".avif", ".tif", ".tiff", ".bmp"}
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Columns:
    """Which column is which; ``file`` is None where photos are found by the person's name."""

    subject: str
    file: str | None
    role: str | None
    labels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ListedPhoto:
    """One photo of the list, found on disk.

    Attributes:
        file: Name relative to the photos' folder, with forward slashes.
        path: Where it lies.
        subject: Who is in it.
        role: The list's word for its part; empty if it has none.
        labels: Label → value.
    """

    file: str
    path: Path
    subject: str = field(repr=False)
    role: str
    labels: Mapping[str, str]


def photo_files(photos: Path) -> dict[str, Path]:
    """Return the photos of a folder by their names relative to it; hidden ones are left out."""
    try:
        if not photos.is_dir():
            raise FileUnreadable(f"{photos} is not a folder.", remedy="Give the folder the photos lie in.")
        every = sorted(path for path in photos.rglob("*") if path.suffix.casefold() in _PHOTO_SUFFIXES)
    except OSError as error:
        raise FileUnreadable(f"{photos} cannot be listed: {(error.strerror or '').lower()}.") from error
    shown = {path.relative_to(photos).as_posix(): path for path in every}
    return {name: path for name, path in shown.items() if not any(part.startswith(".") for part in Path(name).parts)}


def match_photos(
    rows: Sequence[Mapping[str, str]],
    columns: Columns,
    labels: Sequence[Mapping[str, str]],
    files: Mapping[str, Path],
    photos: Path,
    listed: str,
) -> tuple[list[ListedPhoto], list[str]]:
    by_name = {_key(name): name for name in files}
    by_person = _by_person(files)
    found: list[ListedPhoto] = []
    missing: list[str] = []
    first_line: dict[str, int] = {}
    for line, (row, label) in enumerate(zip(rows, labels, strict=True), start=2):
        subject = row[columns.subject]
        if not subject:
            raise ListInvalid(
                f"{listed}, line {line}: the person is not named.", remedy="Fill in the column, or leave the line out."
            )
        names = _named(row, columns, by_name, files, photos) if columns.file else by_person.get(_key(subject), [])
        if not names:
            missing.append(f"line {line}")
        for name in names:
            if name in first_line:
                raise ListInvalid(
                    f"{listed}, lines {first_line[name]} and {line}: the same file stands there twice.",
                    remedy="Keep one of the lines; a photo shows one person of the audit.",
                )
            first_line[name] = line
            role = row[columns.role] if columns.role else ""
            found.append(ListedPhoto(name, files[name], subject, role, dict(label)))
    return found, missing


def _named(
    row: Mapping[str, str], columns: Columns, by_name: Mapping[str, str], files: Mapping[str, Path], photos: Path
) -> list[str]:
    cell = row[columns.file or ""]
    for separator in _BETWEEN_FILES:
        cell = cell.replace(separator, _BETWEEN_FILES[0])
    names: list[str] = []
    for part in filter(None, (one.strip() for one in cell.split(_BETWEEN_FILES[0]))):
        # A list often names files from one folder up: photos/p001.jpg beside the folder photos.
        plain = part.replace("\\", "/").removeprefix("./")
        name = by_name.get(_key(plain)) or by_name.get(_key(plain.removeprefix(f"{photos.name}/")))
        if name is not None:
            names.append(name)
        else:
            # A folder of photos.
            names += [file for file in files if _key(file).startswith(f"{_key(plain)}/")]
    return names


def _by_person(files: Mapping[str, Path]) -> dict[str, list[str]]:
    """Return photos by whose they are: the top folder's name, or the file's name up to its number."""
    people: dict[str, list[str]] = {}
    for name in files:
        top, _, rest = name.partition("/")
        people.setdefault(_key(top if rest else _without_number(Path(name).stem)), []).append(name)
    return people


def _without_number(stem: str) -> str:
    return stem.rstrip("0123456789").rstrip("_- .") or stem


def _key(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()
