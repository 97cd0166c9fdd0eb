"""Archives from elsewhere: nothing outside, nothing twice, nothing too large, each refusal with its reason."""

from __future__ import annotations

import io
import os
import stat
import struct
import zipfile
from pathlib import Path, PurePosixPath

import pytest

from countenance.core.errors import ArchiveInvalid
from countenance.service import job_archives
from countenance.service.job_archives import ArchiveLimits, names_in, printable, safe_part, unpack

SMALL = ArchiveLimits(entries=10, entry_bytes=3_000_000, bytes=4_000_000)


def packed(path: Path, files: dict[str, bytes], *, compression: int = zipfile.ZIP_DEFLATED) -> Path:
    """Write an archive with these entries."""
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path


def inside(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_folders_and_names_come_out_as_they_are(tmp_path: Path) -> None:
    files = {"ada/1.jpg": b"one", "żółw/two words.png": b"two", "loose.jpg": b"three"}
    found = unpack(packed(tmp_path / "a.zip", files), tmp_path / "out", SMALL)
    assert found.refused == ()
    assert inside(tmp_path / "out") == set(files)
    assert {str(name): disk.read_bytes() for name, disk in found.files} == files
    assert {stat.S_IMODE(disk.stat().st_mode) for _, disk in found.files} == {0o600}


@pytest.mark.parametrize(
    "name",
    ["../out.jpg", "a/../../out.jpg", "/etc/passwd", "\\windows\\x.jpg", "C:/x.jpg", "a\\b.jpg", "a/./../b.jpg", "..",
     "a/\x01.jpg", "a/b:c.jpg", "a/.hidden/x.jpg", "x" * 300 + ".jpg", "a/na\0me.jpg"],
)  # fmt: skip
def test_a_path_that_is_none_is_refused_and_writes_nothing(tmp_path: Path, name: str) -> None:
    archive = tmp_path / "a.zip"
    with zipfile.ZipFile(archive, "w") as written:
        written.writestr("good.jpg", b"good")
        info = zipfile.ZipInfo("placeholder")
        info.filename = name
        written.writestr(info, b"bad")
    found = unpack(archive, tmp_path / "out" / "deep", SMALL)
    assert inside(tmp_path) == {"a.zip", "out/deep/good.jpg"}
    assert len(found.refused) == 1
    assert found.refused[0].name.isprintable()
    assert str(names_in(archive, SMALL)[0]) == "good.jpg"
    assert len(names_in(archive, SMALL)) == 1


def test_a_link_is_refused(tmp_path: Path) -> None:
    archive = tmp_path / "a.zip"
    with zipfile.ZipFile(archive, "w") as written:
        link = zipfile.ZipInfo("link.jpg")
        link.create_system = 3
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        written.writestr(link, "/etc/passwd")
        written.writestr("good.jpg", b"x")
    found = unpack(archive, tmp_path / "out", SMALL)
    assert [one.reason for one in found.refused] == ["a link or device, not a file"]
    assert inside(tmp_path / "out") == {"good.jpg"}


def test_a_file_is_never_written_through_a_link_that_is_there(tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "x.jpg").symlink_to(tmp_path / "outside.jpg")
    found = unpack(packed(tmp_path / "a.zip", {"x.jpg": b"x"}), out, SMALL)
    assert found.files == ()
    assert not (tmp_path / "outside.jpg").exists()


@pytest.mark.parametrize("inner", [b"PK\x03\x04....", b"Rar!\x1a\x07\x00", b"\x1f\x8b\x08", b"7z\xbc\xaf\x27\x1c"])
def test_an_archive_within_the_archive_is_refused_whatever_it_is_called(tmp_path: Path, inner: bytes) -> None:
    found = unpack(packed(tmp_path / "a.zip", {"x.jpg": inner, "y.jpg": b"y"}), tmp_path / "out", SMALL)
    assert [(one.name, one.reason) for one in found.refused] == [("x.jpg", "an archive within the archive")]
    assert inside(tmp_path / "out") == {"y.jpg"}


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    bomb = packed(tmp_path / "a.zip", {"zeros.bmp": bytes(2_900_000), "y.jpg": os.urandom(50)})
    found = unpack(bomb, tmp_path / "out", SMALL)
    assert [one.reason for one in found.refused] == ["packed so small that it is no photo"]


def test_an_entry_that_is_larger_than_it_says_is_cut_off(tmp_path: Path) -> None:
    archive = packed(tmp_path / "a.zip", {"x.jpg": os.urandom(2_000_000)}, compression=zipfile.ZIP_DEFLATED)
    data = bytearray(archive.read_bytes())
    at = data.index(b"PK\x01\x02")
    # The central directory says ten bytes; there are two million.
    data[at + 24 : at + 28] = struct.pack("<I", 10)
    archive.write_bytes(bytes(data))
    found = unpack(archive, tmp_path / "out", SMALL)
    assert len(found.refused) == 1
    assert inside(tmp_path / "out") == set()


def test_a_large_entry_is_refused_and_the_others_are_not(tmp_path: Path) -> None:
    files = {"large.jpg": os.urandom(3_000_001), "y.jpg": b"y"}
    found = unpack(packed(tmp_path / "a.zip", files), tmp_path / "out", SMALL)
    assert [one.reason for one in found.refused] == ["larger than 3 MB"]
    assert inside(tmp_path / "out") == {"y.jpg"}


def test_two_names_that_one_disk_takes_for_one_are_not_both_written(tmp_path: Path) -> None:
    found = unpack(packed(tmp_path / "a.zip", {"x.jpg": b"1", "X.JPG": b"2"}), tmp_path / "out", SMALL)
    assert [one.name for one in found.refused] == ["X.JPG"]
    files = packed(tmp_path / "b.zip", {"x": b"1", "x/y.jpg": b"2"})
    assert len(unpack(files, tmp_path / "out2", SMALL).refused) == 1


def test_an_encrypted_and_a_damaged_entry_are_refused(tmp_path: Path) -> None:
    archive = packed(tmp_path / "a.zip", {"x.jpg": b"x" * 100, "y.jpg": b"y" * 100}, compression=zipfile.ZIP_STORED)
    data = bytearray(archive.read_bytes())
    data[data.index(b"x" * 100)] = 0
    second = data.index(b"PK\x01\x02", data.index(b"PK\x01\x02") + 1)
    data[second + 8] |= 1
    archive.write_bytes(bytes(data))
    found = unpack(archive, tmp_path / "out", SMALL)
    assert {one.name: one.reason for one in found.refused} == {
        "x.jpg": "damaged, or packed in a way that is not read",
        "y.jpg": "encrypted",
    }


def test_what_systems_put_into_archives_is_left_out_without_a_word(tmp_path: Path) -> None:
    files = {"__MACOSX/ada/._1.jpg": b"x", "ada/.DS_Store": b"x", "ada/Thumbs.db": b"x", "ada/1.jpg": b"1", "ada/": b""}
    found = unpack(packed(tmp_path / "a.zip", files), tmp_path / "out", SMALL)
    assert found.refused == ()
    assert inside(tmp_path / "out") == {"ada/1.jpg"}


@pytest.mark.parametrize(
    "content",
    [b"", b"no archive at all", b"PK\x05\x06" + bytes(18), b"PK\x03\x04" + bytes(200)],
    ids=["empty", "text", "without files", "cut short"],
)
def test_what_is_no_archive_is_refused_as_a_whole(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.zip").write_bytes(content)
    with pytest.raises(ArchiveInvalid):
        unpack(tmp_path / "a.zip", tmp_path / "out", SMALL)
    with pytest.raises(ArchiveInvalid):
        names_in(tmp_path / "a.zip", SMALL)


def test_too_many_files_or_too_much_in_all_refuses_the_archive_before_anything_is_written(tmp_path: Path) -> None:
    many = packed(tmp_path / "many.zip", {f"{number}.jpg": b"x" for number in range(11)})
    large = packed(tmp_path / "large.zip", {f"{number}.jpg": os.urandom(1_500_000) for number in range(3)})
    for archive in (many, large):
        with pytest.raises(ArchiveInvalid):
            unpack(archive, tmp_path / "out", SMALL)
    assert not (tmp_path / "out").exists()


def test_entries_that_overlap_are_refused(tmp_path: Path) -> None:
    data = bytearray(packed(tmp_path / "a.zip", {"x.jpg": os.urandom(1000)}).read_bytes())
    directory, end = data.index(b"PK\x01\x02"), data.index(b"PK\x05\x06")
    one = data[directory:end]
    copies = b"".join(one.replace(b"x.jpg", f"{number}.jpg".encode()) for number in range(5))
    tail = bytearray(data[end:])
    struct.pack_into("<HHII", tail, 8, 5, 5, len(copies), directory)
    (tmp_path / "b.zip").write_bytes(bytes(data[:directory]) + copies + bytes(tail))
    with pytest.raises(ArchiveInvalid, match="overlap"):
        unpack(tmp_path / "b.zip", tmp_path / "out", SMALL)


def test_whoever_asks_can_stop_between_two_entries(tmp_path: Path) -> None:
    archive = packed(tmp_path / "a.zip", {f"{number}.jpg": b"x" for number in range(5)})

    def stop(done: int, total: int) -> None:
        assert total == 5
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        unpack(archive, tmp_path / "out", SMALL, check=stop)
    assert len(inside(tmp_path / "out")) == 2


def test_the_disk_is_asked_before_it_is_filled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    monkeypatch.setattr(job_archives, "require_room", lambda folder, size: asked.append(size))
    unpack(packed(tmp_path / "a.zip", {"x.jpg": b"x" * 1234}), tmp_path / "out", SMALL)
    assert asked == [1234]


def test_names_are_made_fit_for_people_and_disks() -> None:
    assert printable("a\x1b[31mb\n") == "a\\x1b[31mb\\x0a"
    assert safe_part(" Ada ") == "Ada"
    assert safe_part("e\u0301") == "\u00e9"
    for name in ("", ".", "..", ".x", "a/b", "a\\b", "a\x00", "\ud800", "x" * 201, 'a"b', "a|b"):
        assert safe_part(name) is None, name


def test_the_whole_archive_is_read_from_memory_as_from_disk(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("ada/1.jpg", b"1")
    (tmp_path / "a.zip").write_bytes(buffer.getvalue())
    assert names_in(tmp_path / "a.zip", SMALL) == [PurePosixPath("ada/1.jpg")]
