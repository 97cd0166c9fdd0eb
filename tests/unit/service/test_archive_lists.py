"""Lists of archives: too long a one is refused before it is read; none is that is not."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import pytest

from countenance.core.errors import ArchiveInvalid
from countenance.service import archive_lists
from countenance.service.archive_lists import require_short_list
from countenance.service.job_archives import ArchiveLimits, names_in, unpack


def listing(path: Path, entries: int) -> Path:
    """Write an archive of so many empty files."""
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(entries):
            archive.writestr(f"{number}.jpg", b"")
    return path


@pytest.mark.parametrize("chunk", [7, 45, 1 << 20])
def test_entries_are_counted_wherever_the_pieces_read_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, chunk: int
) -> None:
    monkeypatch.setattr(archive_lists, "_CHUNK", chunk)
    require_short_list(listing(tmp_path / "a.zip", 40), 10)
    with pytest.raises(ArchiveInvalid, match="more than 40 files"):
        require_short_list(listing(tmp_path / "b.zip", 41), 10)


def test_too_long_a_list_is_refused_before_python_reads_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive = listing(tmp_path / "a.zip", 500)

    def never(*_: Any, **__: Any) -> None:
        raise AssertionError("the list was read")

    monkeypatch.setattr(zipfile, "ZipFile", never)
    limits = ArchiveLimits(entries=10)
    with pytest.raises(ArchiveInvalid):
        unpack(archive, tmp_path / "out", limits)
    with pytest.raises(ArchiveInvalid):
        names_in(archive, limits)


def test_an_archive_of_a_later_kind_is_refused_as_one_that_cannot_be_read(tmp_path: Path) -> None:
    archive = listing(tmp_path / "a.zip", 1)
    data = bytearray(archive.read_bytes())
    # The version needed to extract it, in its list: 25.5. Source: APPNOTE.TXT, section 4.4.3.
    data[data.index(b"PK\x01\x02") + 6] = 255
    archive.write_bytes(data)
    with pytest.raises(ArchiveInvalid, match="not a ZIP file"):
        names_in(archive, ArchiveLimits())
