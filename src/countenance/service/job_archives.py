"""ZIP archives from elsewhere, unpacked without trusting anything they say.

Rules kept here:

- No entry is written outside of its folder, through a link, twice, or larger than it may be; sizes are counted while
  unpacking, whatever the archive declares.
- What is wrong with one entry refuses that entry, with its reason. What is wrong with the whole refuses the archive:
  damage, entries that overlap, too many of them, too much in all.
- An archive within the archive is not opened.
"""

from __future__ import annotations

import os
import stat
import unicodedata
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from countenance.core.errors import ArchiveInvalid
from countenance.service.archive_lists import require_short_list
from countenance.service.job_folders import require_room

_CHUNK = 1 << 20
#: Longest name of a file or folder, in bytes. Source: ext4 and most others take 255; some is left for ".part".
_LONGEST_PART = 200
#: What archives begin with: ZIP (three forms), RAR, 7-Zip, gzip, bzip2, xz, Zstandard.
_ARCHIVES = (
    b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08", b"Rar!\x1a\x07", b"7z\xbc\xaf\x27\x1c", b"\x1f\x8b", b"BZh",
    b"\xfd7zXZ\x00", b"\x28\xb5\x2f\xfd",
)  # fmt: skip
#: What the standard library's ``zipfile`` raises at a file it cannot read. The last one is no unfinished place of ours:
#: it is how ``zipfile`` says that an entry needs a later version of the format, or a compression it does not know.
_UNREADABLE = (zipfile.BadZipFile, zipfile.LargeZipFile, EOFError, ValueError, NotImplementedError)
#: What systems put into archives by themselves; left out without a word.
_LEFT_OUT = frozenset({"thumbs.db", "desktop.ini"})


@dataclass(frozen=True, slots=True)
class ArchiveLimits:
    """How much is taken.

    Attributes:
        entries: Most files.
        entry_bytes: Largest file, unpacked.
        bytes: Most bytes in all, unpacked.
        ratio: Most bytes out of one packed byte, for files over a megabyte. Photos are packed already; even a flat
            bitmap stays far below this.
    """

    entries: int = 20_000
    entry_bytes: int = 50_000_000
    bytes: int = 4_000_000_000
    ratio: int = 200


@dataclass(frozen=True, slots=True)
class RefusedEntry:
    """An entry that was not unpacked.

    Attributes:
        name: As it stands in the archive, made printable.
        reason: Why, in a sentence without a full stop.
    """

    name: str = field(repr=False)
    reason: str


@dataclass(frozen=True, slots=True)
class Unpacked:
    """What became of an archive.

    Attributes:
        files: Paths of the files relative to the folder, as (in the archive, on the disk).
        refused: Entries that were not unpacked.
    """

    files: tuple[tuple[PurePosixPath, Path], ...] = field(repr=False)
    refused: tuple[RefusedEntry, ...]


class _EntryRefused(Exception):
    """This entry is not taken; the text says why."""


def unpack(
    archive: Path, folder: Path, limits: ArchiveLimits, *, check: Callable[[int, int], None] = lambda done, total: None
) -> Unpacked:
    """Unpack an archive into a folder, entry by entry, and return what became of each.

    Args:
        archive: The ZIP file.
        folder: Where it goes; made if it is not there.
        limits: How much is taken.
        check: Called before each entry with (entries done, all); may raise to stop.

    Raises:
        ArchiveInvalid: The archive as a whole is not taken.
        StorageFull: The disk has too little room.
    """
    files: list[tuple[PurePosixPath, Path]] = []
    refused: list[RefusedEntry] = []
    require_short_list(archive, limits.entries)
    try:
        with zipfile.ZipFile(archive) as opened:
            entries = [entry for entry in opened.infolist() if not _left_out(entry)]
            _require_sound(entries, archive.stat().st_size, limits)
            folder.mkdir(parents=True, exist_ok=True)
            require_room(folder, sum(entry.file_size for entry in entries))
            room, taken = limits.bytes, set[str]()
            for number, entry in enumerate(entries):
                check(number, len(entries))
                try:
                    path = _path_of(entry, taken)
                    target = folder / Path(*path.parts)
                    room -= _write(opened, entry, target, limits, room)
                    files.append((path, target))
                except _EntryRefused as error:
                    refused.append(RefusedEntry(printable(entry.filename), str(error)))
    except _UNREADABLE as error:
        raise ArchiveInvalid("The upload is not a ZIP file that can be read.") from error
    return Unpacked(tuple(files), tuple(refused))


def names_in(archive: Path, limits: ArchiveLimits) -> list[PurePosixPath]:
    """Return the paths of the files of an archive whose names can be used; nothing is unpacked.

    Raises:
        ArchiveInvalid: The archive as a whole is not taken.
    """
    names = []
    require_short_list(archive, limits.entries)
    try:
        with zipfile.ZipFile(archive) as opened:
            entries = [entry for entry in opened.infolist() if not _left_out(entry)]
            _require_sound(entries, archive.stat().st_size, limits)
    except _UNREADABLE as error:
        raise ArchiveInvalid("The upload is not a ZIP file that can be read.") from error
    taken: set[str] = set()
    for entry in entries:
        try:
            names.append(_path_of(entry, taken))
        except _EntryRefused:
            continue
    return names


def is_archive(path: Path) -> bool:
    """Return whether a file begins as archives do."""
    with path.open("rb") as stream:
        return stream.read(8).startswith(_ARCHIVES)


def printable(name: str) -> str:
    """Return a name from elsewhere as text that can be shown and stored, cut at 300 characters."""
    return "".join(letter if letter.isprintable() else f"\\x{ord(letter):02x}" for letter in name[:300])


def safe_part(name: str) -> str | None:
    """Return the name of a file or folder in the form it is written in, or None if it cannot be used as one."""
    part = unicodedata.normalize("NFC", name).strip()
    if part in ("", ".", "..") or part.startswith("."):
        return None
    if not part.isprintable() or any(letter in '/\\:*?"<>|' for letter in part):
        return None
    try:
        return part if len(part.encode()) <= _LONGEST_PART else None
    except UnicodeEncodeError:
        return None


def _left_out(entry: zipfile.ZipInfo) -> bool:
    parts = entry.filename.split("/")
    own = parts[-1].casefold() in _LEFT_OUT or "__MACOSX" in parts
    # ".." is not a hidden file; it is refused with its reason.
    return entry.is_dir() or own or (parts[-1].startswith(".") and parts[-1] not in (".", ".."))


def _require_sound(entries: list[zipfile.ZipInfo], size: int, limits: ArchiveLimits) -> None:
    if not entries:
        raise ArchiveInvalid("The archive holds no file.")
    if len(entries) > limits.entries:
        raise ArchiveInvalid(
            f"The archive holds {len(entries):,} files; {limits.entries:,} are taken at once.",
            remedy="Send it in parts; what is enrolled already is passed over.",
        )
    declared = sum(entry.file_size for entry in entries)
    if declared > limits.bytes:
        raise ArchiveInvalid(
            f"Unpacked, the archive is {declared / 1e6:,.0f} MB; {limits.bytes / 1e6:,.0f} MB are taken at once.",
            remedy="Send it in parts; what is enrolled already is passed over.",
        )
    if sum(entry.compress_size for entry in entries) > size:
        raise ArchiveInvalid("Entries of the archive overlap, as they do in archives made to fill disks.")


def _path_of(entry: zipfile.ZipInfo, taken: set[str]) -> PurePosixPath:
    """Return where an entry goes, relative to the folder."""
    if stat.S_ISLNK(entry.external_attr >> 16) or stat.S_IFMT(entry.external_attr >> 16) not in (0, stat.S_IFREG):
        raise _EntryRefused("a link or device, not a file")
    # Before Python's reading: it cuts a name at NUL, and what came behind it is part of the trick.
    name = entry.orig_filename
    if name.startswith(("/", "\\")) or "\\" in name or (len(name) > 1 and name[1] == ":"):
        raise _EntryRefused("its path begins at a root, or is not written with slashes")
    parts = [part for part in name.split("/") if part]
    if ".." in parts:
        raise _EntryRefused("its path leads out of the archive")
    safe = [safe_part(part) for part in parts]
    if not safe or any(part is None for part in safe):
        raise _EntryRefused("its name cannot be used as a file name")
    path = PurePosixPath(*(part for part in safe if part is not None))
    if str(path).casefold() in taken:
        raise _EntryRefused("another file of the archive has the same name")
    taken.add(str(path).casefold())
    return path


def _write(opened: zipfile.ZipFile, entry: zipfile.ZipInfo, target: Path, limits: ArchiveLimits, room: int) -> int:
    """Write an entry and return its size."""
    if entry.flag_bits & 0x1:
        raise _EntryRefused("encrypted")
    if entry.file_size > limits.entry_bytes:
        raise _EntryRefused(f"larger than {limits.entry_bytes / 1e6:,.0f} MB")
    if entry.file_size > _CHUNK and entry.file_size > limits.ratio * max(entry.compress_size, 1):
        raise _EntryRefused("packed so small that it is no photo")
    size = 0
    most = min(limits.entry_bytes, room)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with opened.open(entry) as source, _new_file(target) as stream:
            while chunk := source.read(_CHUNK):
                if not size and chunk.startswith(_ARCHIVES):
                    raise _EntryRefused("an archive within the archive")
                size += len(chunk)
                if size > most:
                    raise _EntryRefused("larger than it says it is")
                stream.write(chunk)
    except (*_UNREADABLE, zlib.error, RuntimeError) as error:
        target.unlink(missing_ok=True)
        raise _EntryRefused("damaged, or packed in a way that is not read") from error
    except (FileExistsError, NotADirectoryError, IsADirectoryError) as error:
        raise _EntryRefused("another file of the archive has the same name") from error
    except _EntryRefused:
        target.unlink(missing_ok=True)
        raise
    return size


def _new_file(target: Path) -> BinaryIO:
    # "x": nothing that is there is written through or over.
    return os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")
