"""Pictures of the contact sheet: small, upright, once, and absent without an error."""

from __future__ import annotations

import base64
import io

import pytest
from PIL import Image

from countenance.service.audit_report import pictures
from countenance.service.audit_report.pictures import PICTURE_PX, Pictures, thumbnail


def _photo(orientation: int = 1) -> bytes:
    image = Image.new("RGB", (800, 400), "white")
    image.paste((0, 0, 0), (0, 0, 400, 400))
    exif = Image.Exif()
    exif[0x0112] = orientation
    held = io.BytesIO()
    image.save(held, "JPEG", exif=exif)
    return held.getvalue()


def test_a_thumbnail_is_upright_small_and_carries_no_metadata() -> None:
    small = thumbnail(_photo(orientation=6))
    assert small is not None
    with Image.open(io.BytesIO(small)) as image:
        assert image.size == (PICTURE_PX // 2, PICTURE_PX)
        assert not image.getexif()
        grey = image.convert("L").tobytes()
    first, last = grey[20 * 120 + 60], grey[220 * 120 + 60]
    assert first < 40 < 200 < last


def test_a_file_that_is_no_photo_has_no_picture() -> None:
    assert thumbnail(b"not a photo") is None


def test_each_photo_is_asked_for_and_embedded_once() -> None:
    asked: list[str] = []

    def photos(name: str) -> bytes | None:
        asked.append(name)
        return _photo() if name != "gone.jpg" else None

    kept = Pictures(photos)
    assert [kept.position(name) for name in ("a.jpg", "gone.jpg", "b.jpg", "a.jpg", "gone.jpg")] == [
        0,
        None,
        1,
        0,
        None,
    ]
    assert asked == ["a.jpg", "gone.jpg", "b.jpg"]
    assert base64.b64decode(kept.embedded[0]).startswith(b"\xff\xd8")


def test_pictures_beyond_the_room_for_them_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    content = _photo()
    small = thumbnail(content)
    assert small is not None
    monkeypatch.setattr(pictures, "MOST_CHARACTERS", round(3.5 * len(base64.b64encode(small))))
    kept = Pictures(lambda _: content)
    assert [kept.position(f"{at}.jpg") for at in range(6)] == [0, 1, 2, None, None, None]


def test_without_photos_there_are_no_pictures() -> None:
    assert Pictures(None).position("a.jpg") is None
