"""Photos are read once, failures keep their reason, several faces are never picked from silently."""

from __future__ import annotations

import stat
from pathlib import Path

import numpy as np
import pytest

from countenance.service.audits.material import AuditedPhoto
from countenance.service.audits.photos import ReadPhotos, SeveralFacesRule, read_photos
from tests.support.made_up_templates import OTHER_MODEL
from tests.support.synthetic_engine import SyntheticEngine, synthetic_photo, synthetic_template

FILES = {
    "ana": synthetic_photo("ana"),
    "two": synthetic_photo("ana", "ben"),
    "none": synthetic_photo(),
    "bad": b"damaged",
    "blurred": synthetic_photo("cleo", blurred=True),
}


@pytest.fixture
def listed(tmp_path: Path) -> list[tuple[AuditedPhoto, Path]]:
    for name, data in FILES.items():
        (tmp_path / name).write_bytes(data)
    return [(AuditedPhoto(name, name, {}), tmp_path / name) for name in [*FILES, "missing"]]


def read(
    listed: list[tuple[AuditedPhoto, Path]], engine: SyntheticEngine, rule: str = "leave-out", cache: Path | None = None
) -> ReadPhotos:
    return read_photos(listed, engine, rule=SeveralFacesRule(rule), workers=2, cache=cache)


def test_every_photo_gives_a_template_or_a_reason(listed: list[tuple[AuditedPhoto, Path]]) -> None:
    found = read(listed, SyntheticEngine())
    assert {photo.file: photo.failure for photo in found.photos} == {
        "ana": None, "two": "several faces", "none": "no face", "bad": "unreadable", "blurred": None,
        "missing": "unreadable",
    }  # fmt: skip
    assert found.several == 1
    assert found.photos[4].quality == ("blurred: sharpness 3",)
    assert found.templates is not None
    assert found.templates.shape == (2, 128)
    np.testing.assert_array_equal(found.templates[0], synthetic_template("ana").vector)


@pytest.mark.parametrize("rule", ["largest", "central"])
def test_a_face_of_several_is_taken_only_if_a_way_is_chosen(rule: str, listed: list[tuple[AuditedPhoto, Path]]) -> None:
    found = read(listed, SyntheticEngine(), rule)
    assert found.photos[1].failure is None
    assert found.several == 1


def test_templates_are_made_once_and_again_for_a_changed_photo_another_model_or_rule(
    listed: list[tuple[AuditedPhoto, Path]], tmp_path: Path
) -> None:
    cache = tmp_path / "faces.npz"
    first = read(listed, SyntheticEngine(), cache=cache)
    again = SyntheticEngine()
    second = read(listed, again, cache=cache)
    assert again.reads == 3  # those without a template are looked at again
    assert second.photos == first.photos
    np.testing.assert_array_equal(second.templates, first.templates)
    for engine, rule in ((SyntheticEngine(OTHER_MODEL), "leave-out"), (SyntheticEngine(), "largest")):
        read(listed, engine, rule, cache=cache)
        assert engine.reads == 5
    (tmp_path / "ana").write_bytes(synthetic_photo("ana", variant="older"))
    changed = SyntheticEngine()
    read(listed, changed, "largest", cache=cache)
    assert changed.reads == 3


def test_kept_templates_are_readable_by_their_owner_only_and_a_damaged_file_is_made_anew(
    listed: list[tuple[AuditedPhoto, Path]], tmp_path: Path
) -> None:
    cache = tmp_path / "faces.npz"
    read(listed, SyntheticEngine(), cache=cache)
    assert stat.S_IMODE(cache.stat().st_mode) == 0o600
    cache.write_bytes(b"PK\x03\x04 nonsense")
    engine = SyntheticEngine()
    read(listed, engine, cache=cache)
    assert engine.reads == 5
