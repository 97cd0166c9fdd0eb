"""Archives are read within limits, whatever they say of themselves."""

from __future__ import annotations

import io
import zipfile

import pytest

from countenance.web.watson.errors import WatsonError
from countenance.web.watson.form import Part
from countenance.web.watson.pictures import MOST_IMAGE_BYTES, MOST_IMAGES, pictures


def archive(files: dict[str, bytes]) -> Part:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as made:
        for name, data in files.items():
            made.writestr(name, data)
    return Part("photos.zip", stream.getvalue())


def test_a_file_is_one_picture() -> None:
    (only,) = pictures(Part("x.jpg", b"\xff\xd8\xff"))
    assert (only.name, only.data, only.problem) == ("x.jpg", b"\xff\xd8\xff", None)


def test_an_archive_is_its_pictures_without_what_a_mac_adds() -> None:
    part = archive({"a/": b"", "a/1.jpg": b"1", "2.png": b"2", "__MACOSX/._2.png": b"x", "a/.DS_Store": b"x"})
    assert [(item.name, item.data) for item in pictures(part)] == [("a/1.jpg", b"1"), ("2.png", b"2")]


def test_one_picture_too_many_is_refused_whole() -> None:
    assert len(list(pictures(archive({str(n): b"1" for n in range(MOST_IMAGES)})))) == MOST_IMAGES
    with pytest.raises(WatsonError, match="Too many images"):
        list(pictures(archive({str(n): b"1" for n in range(MOST_IMAGES + 1)})))


def test_a_bomb_is_not_unpacked_past_the_limit() -> None:
    part = archive({"bomb.jpg": bytes(MOST_IMAGE_BYTES * 5), "fine.jpg": b"1"})
    assert len(part.data) < 100_000
    bomb, fine = pictures(part)
    assert bomb.problem is not None
    assert (bomb.problem.error_id, bomb.data) == ("limit_exceeded", b"")
    assert fine.problem is None


def test_a_damaged_entry_spoils_only_itself() -> None:
    part = archive({"a.jpg": b"first " * 50, "b.jpg": b"second"})
    place = part.data.index(b"a.jpg") + len(b"a.jpg")
    damaged = part.data[:place] + b"\xff\xff\xff" + part.data[place + 3 :]
    first, second = pictures(Part("x.zip", damaged))
    assert first.problem is not None
    assert second.data == b"second"


def patched(part: Part, *, local: int, central: int, value: int) -> Part:
    """Return an archive of one file with two bytes of its local and of its central header changed."""
    data = bytearray(part.data)
    for magic, offset in ((b"PK\x03\x04", local), (b"PK\x01\x02", central)):
        place = data.index(magic) + offset
        data[place : place + 2] = value.to_bytes(2, "little")
    return Part("x.zip", bytes(data))


#: Offsets in the two headers: .ZIP File Format Specification (APPNOTE), 4.3.7 and 4.3.12.
@pytest.mark.parametrize(
    ("local", "central", "value"),
    [pytest.param(8, 10, 97, id="a compression nobody knows"), pytest.param(6, 8, 1, id="locked with a password")],
)
def test_a_file_that_cannot_be_taken_out_is_an_answer_about_that_file(local: int, central: int, value: int) -> None:
    (only,) = pictures(patched(archive({"a.jpg": b"1"}), local=local, central=central, value=value))
    assert only.problem is not None
    assert (only.name, only.data) == ("a.jpg", b"")
    assert "cannot be taken out" in only.problem.description


def test_an_archive_of_a_version_nobody_knows_is_refused() -> None:
    with pytest.raises(WatsonError, match="cannot be read"):
        list(pictures(patched(archive({"a.jpg": b"1"}), local=4, central=6, value=99)))


@pytest.mark.parametrize("data", [b"PK\x03\x04 no archive", b"PK\x05\x06" + bytes(18)])
def test_an_archive_that_cannot_be_read_or_is_empty_is_refused(data: bytes) -> None:
    with pytest.raises(WatsonError):
        list(pictures(Part("x.zip", data)))


def test_an_empty_picture_says_so_and_the_format_is_left_to_whoever_decodes() -> None:
    (empty,) = pictures(Part("x", b""))
    assert empty.problem is not None
    assert "empty" in empty.problem.description
    (film,) = pictures(Part("x", b"GIF89a"))
    assert (film.problem, film.data) == (None, b"GIF89a")
