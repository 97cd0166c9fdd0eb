"""Uploads of an enrolment laid out as ``enrol`` takes them: one folder a person, or photos beside their list.

Rules kept here:

- Who is on a photo is said by its folder, by a list with the columns ``subject`` and ``file``, by the form for all
  photos at once, or, for a photo in no folder, by its own name. An archive whose one folder holds several others is
  refused until somebody says which of them stand for people.
- Nothing of a list or folder leads to a file outside of it.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from countenance.core.errors import ArchiveInvalid, InputError, ListInvalid
from countenance.service.job_archives import (
    ArchiveLimits,
    RefusedEntry,
    is_archive,
    names_in,
    printable,
    safe_part,
    unpack,
)
from countenance.service.job_folders import Incoming
from countenance.service.sources import FILE_COLUMN, SUBJECT_COLUMN, list_photos

#: Parameters of the job: one person on all photos; people's folders lie one level deeper.
PERSON, INSIDE = "person", "people_inside_one_folder"


@dataclass(frozen=True, slots=True)
class Arranged:
    """Uploads as ``enrol`` takes them.

    Attributes:
        source: Folder with one folder a person, or list.
        refused: (name, subject, reason) of files that are not looked at.
    """

    source: Path
    refused: tuple[tuple[str, str, str], ...]


def arrange(
    incoming: Sequence[Incoming],
    photos: Path,
    parameters: Mapping[str, Any],
    limits: ArchiveLimits,
    *,
    check: Callable[[int, int], None],
) -> Arranged:
    """Lay uploads out as one folder a person, or beside their list.

    Args:
        incoming: The uploads: photos, archives, at most one list.
        photos: The folder they go to.
        parameters: ``PERSON`` and ``INSIDE``.
        limits: How much an archive may hold.
        check: Called with (files done, all).

    Raises:
        ArchiveInvalid: An archive is not taken, or it is not clear who is who.
    """
    person = str(parameters.get(PERSON) or "")
    inside = bool(parameters.get(INSIDE))
    if person and safe_part(person) is None:
        raise InputError("The person's name cannot be used as a folder's name.", remedy='Leave out / \\ : * ? " < > |')
    photos.mkdir(parents=True)
    refused: list[tuple[str, str, str]] = []
    lists: list[Path] = []
    for number, upload in enumerate(incoming):
        check(number, len(incoming))
        if is_archive(upload.path):
            found = _unpack(upload, photos, limits, person=person, inside=inside, check=check)
            refused += [(one.name, _subject(one, person), one.reason) for one in found.refused]
            lists += found.lists
        elif upload.name.casefold().endswith(".csv"):
            raise ArchiveInvalid(
                "A list was sent beside photos.", remedy="Put the list and its photos into one ZIP file."
            )
        else:
            refused += _place(upload, photos, person)
    if len(lists) > 1:
        raise ArchiveInvalid("There are several lists.", remedy="Send one archive with one list at a time.")
    if lists and len(incoming) > 1:
        raise ArchiveInvalid("A list was sent beside other photos.", remedy="Send its archive by itself.")
    if not any(path.is_file() for path in photos.rglob("*")):
        said = f": {refused[0][2]}" if refused else ""
        raise ArchiveInvalid(f"The upload holds no photo that could be looked at{said}.")
    return Arranged(lists[0] if lists else photos, tuple(refused))


@dataclass(frozen=True, slots=True)
class _FromArchive:
    refused: tuple[RefusedEntry, ...]
    lists: list[Path]


def _unpack(
    upload: Incoming,
    photos: Path,
    limits: ArchiveLimits,
    *,
    person: str,
    inside: bool,
    check: Callable[[int, int], None],
) -> _FromArchive:
    names = names_in(upload.path, limits)
    top_lists = [name for name in names if len(name.parts) == 1 and name.suffix.casefold() == ".csv"]
    if top_lists and not person:
        found = unpack(upload.path, photos, limits, check=check)
        held = [disk for name, disk in found.files if name in top_lists and _is_list(disk)]
        return _FromArchive(found.refused, held)
    tops = {name.parts[0] for name in names if len(name.parts) > 1}
    within = {name.parts[1] for name in names if len(name.parts) > 2}
    only_one = len(tops) == 1 and all(len(name.parts) > 1 for name in names)
    if only_one and len(within) > 1 and not inside and not person:
        raise ArchiveInvalid(
            f"The archive's one folder holds {len(within)} others: each a person, or one person in all?",
            remedy="Say that people's folders lie inside one folder, or give the one person's name; or pack the "
            "people's folders themselves.",
        )
    packed = photos.with_name(f"{upload.path.name}.unpacked")
    shutil.rmtree(packed, ignore_errors=True)
    found = unpack(upload.path, packed, limits, check=check)
    refused = list(found.refused)
    for name, disk in found.files:
        target = photos / Path(*_target(name, person=person, inside=inside and only_one).parts)
        if target.exists():
            refused.append(RefusedEntry(str(name), "another photo of the same person has the same name"))
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        disk.rename(target)
    shutil.rmtree(packed, ignore_errors=True)
    return _FromArchive(tuple(refused), [])


def _target(name: PurePosixPath, *, person: str, inside: bool) -> PurePosixPath:
    """Return where a photo of an archive goes: its first folder stands for the person."""
    if inside and len(name.parts) > 2:
        name = PurePosixPath(*name.parts[1:])
    if person:
        return PurePosixPath(person) / PurePosixPath(*name.parts)
    return name if len(name.parts) > 1 else PurePosixPath(_stem(name.name)) / name


def _place(upload: Incoming, photos: Path, person: str) -> list[tuple[str, str, str]]:
    """Put one photo into its person's folder; return why not, if it cannot be."""
    # Some browsers send a path; only its end is a name.
    name = safe_part(upload.name.replace("\\", "/").rpartition("/")[2])
    if name is None:
        return [(printable(upload.name), person or "unnamed", "its name cannot be used as a file name")]
    target = photos / (person or _stem(name)) / name
    if target.exists():
        return [(name, person or _stem(name), "another photo of the same person has the same name")]
    target.parent.mkdir(parents=True, exist_ok=True)
    # A second name for the same bytes: if this is interrupted, the upload is still there to begin anew with.
    os.link(upload.path, target)
    return []


def _stem(name: str) -> str:
    return safe_part(PurePosixPath(name).stem) or name


def _subject(refused: RefusedEntry, person: str) -> str:
    return person or safe_part(refused.name.strip("/").partition("/")[0]) or "unnamed"


def _is_list(file: Path) -> bool:
    """Return whether a file's first line names the columns of a list."""
    try:
        with file.open(encoding="utf-8-sig") as stream:
            columns = {name.strip().strip('"') for name in stream.readline(10_000).split(",")}
    except (OSError, UnicodeDecodeError):
        return False
    return {SUBJECT_COLUMN, FILE_COLUMN} <= columns


def allowed_folder(named: str, allowed: Sequence[Path]) -> Path:
    """Return a folder or list of this machine, with all links followed, if it lies within an allowed folder.

    Raises:
        InputError: It does not, or is not there; which of both is not told.
    """
    path = Path(named)
    resolved = path.resolve() if path.is_absolute() else None
    roots = [root.resolve() for root in allowed]
    if resolved is None or not any(resolved.is_relative_to(root) for root in roots) or not resolved.exists():
        raise InputError(
            "Photos are not enrolled from that folder.",
            remedy="Send them as an upload, or have whoever runs this server add the folder to the setting "
            "enrolment_folders.",
        )
    return resolved


def require_inside(source: Path) -> None:
    """Return if every photo of a source lies within its folder, with all links followed.

    Raises:
        ListInvalid: One does not.
    """
    root = (source if source.is_dir() else source.parent).resolve()
    for photo in list_photos(source):
        if not photo.path.resolve().is_relative_to(root):
            raise ListInvalid(
                "A photo of the list or folder lies outside of it.",
                remedy="Paths are relative to the list, and lead nowhere else.",
            )
