"""How many entries a ZIP archive lists, told before Python reads the whole list into memory.

Rule kept here: what the archive says of itself is not believed; the entries themselves are counted.
"""

from __future__ import annotations

from pathlib import Path

from countenance.core.errors import ArchiveInvalid

#: What each entry of an archive's list begins with, and its fewest bytes. Source: APPNOTE.TXT 6.3.10, section 4.3.12.
_LISTED, _SHORTEST_BYTES = b"PK\x01\x02", 46
#: Entries for each file that is taken: systems add folders, and files of their own that are left out later.
_FOR_EACH = 4
_CHUNK = 1 << 20


def require_short_list(archive: Path, files: int) -> None:
    """Return if an archive lists no more entries than an archive of so many files may have.

    Two gigabytes of nothing but a list are forty million entries, and gigabytes of memory. Each begins with the same
    four bytes, so there are no more entries than places where these stand.

    Args:
        archive: The ZIP file, or whatever it is.
        files: Most files that are taken.

    Raises:
        ArchiveInvalid: It lists more.
    """
    most = _FOR_EACH * files
    if archive.stat().st_size < most * _SHORTEST_BYTES:
        return
    found, end = 0, b""
    with archive.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            found += (end + chunk).count(_LISTED)
            end = chunk[1 - len(_LISTED) :]
            if found > most:
                raise ArchiveInvalid(
                    f"The archive lists more than {most:,} files and folders; {files:,} files are taken at once.",
                    remedy="Send it in parts; what is enrolled already is passed over.",
                )
