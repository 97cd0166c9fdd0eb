"""A collection taken along: names stay, old identifiers lead to new ones, interrupted runs go on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from countenance.bootstrap.accountability import now
from countenance.core.errors import PolicyError
from countenance.service import migration
from countenance.service.collection_faces import index_faces
from countenance.service.migration import MigrationReport, MigrationTerms, by_name, migrate
from countenance.service.migration_plan import plan
from countenance.service.moved_list import CsvMovedList
from countenance.service.old_faces import OldFace
from tests.web.conftest import World, photo
from tests.web.test_rekognition_conformance import image

#: Where the synthetic engine puts the first and the second face of a photo, as shares of 640 × 480; roughly.
NEAR = 0.02


@pytest.fixture
def originals(tmp_path: Path) -> Path:
    made = tmp_path / "originals"
    made.mkdir()
    for name in ("ada", "bob", "nobody"):
        (made / f"{name}.png").write_bytes(photo(*([] if name == "nobody" else [name])))
    (made / "party.png").write_bytes(photo("cleo", "dan", "eve"))
    (made / "broken.png").write_bytes(b"\xff\xfe")
    return made


def run(world: World, originals: Path, old: list[OldFace] | None, **more: Any) -> MigrationReport:
    _, opened = world.open_case()
    standing = world.service.parts.case_book.standing_of(opened.case, "cli", now())
    photos = plan(originals, None if old is None else by_name(old))
    moved = CsvMovedList(originals.parent / "face_ids.csv")
    return migrate(world.service.collections, standing, MigrationTerms("staff", **more), photos, old, moved)


def rows(originals: Path) -> list[Any]:
    return list(CsvMovedList(originals.parent / "face_ids.csv").rows())


def stored(world: World) -> dict[str, Any]:
    found = world.service.collections.collections.faces_page("staff", after="", limit=99, user_id=None, face_ids=None)
    return {face.face_id: face for face in found}


def boxes(world: World, name: str) -> list[tuple[float, float, float, float]]:
    """Return the boxes of a photo's faces as a vendor might draw them: a little off."""
    client, _ = world.open_case()
    found = client.call("DetectFaces", Image=image(*name.split()))["FaceDetails"]
    places = [face["BoundingBox"] for face in found]
    return [(box["Left"] + NEAR / 4, box["Top"], box["Width"], box["Height"]) for box in places]


def test_names_stay_and_old_faces_lead_to_the_new_ones_in_the_same_place(world: World, originals: Path) -> None:
    party = boxes(world, "cleo dan eve")
    old = [
        OldFace("old-ada", "i1", "ada.png", boxes(world, "ada")[0]),
        OldFace("old-dan", "i2", "party.png", party[1]),
        OldFace("old-cleo", "i2", "party.png", party[0]),
        OldFace("old-gone", "i3", "gone.png", party[0]),
        OldFace("old-unnamed", "i4", "", party[0]),
    ]
    report = run(world, originals, old)
    led = {row.old_face_id: row for row in rows(originals)}
    faces = stored(world)
    assert {name: faces[row.new_face_id].external_image_id for name, row in led.items()} == {
        "old-ada": "ada.png", "old-dan": "party.png", "old-cleo": "party.png",
    }  # fmt: skip
    assert [faces[led[name].new_face_id].face_number for name in ("old-cleo", "old-dan")] == [1, 2]
    # The old list has two of the three faces of that photo, so two were indexed.
    assert (report.faces, report.led, report.old_faces) == (3, 3, 5)
    reasons = {(item.photo, item.old_face_id): item.reason for item in report.rejects}
    assert set(reasons) == {
        ("bob.png", ""), ("nobody.png", ""), ("broken.png", ""), ("", "old-gone"), ("", "old-unnamed"),
    }  # fmt: skip
    assert "no photo has this name" in reasons["", "old-gone"]


def test_without_a_list_every_face_is_new_under_its_photos_name(world: World, originals: Path) -> None:
    report = run(world, originals, None)
    assert sorted(str(face.external_image_id) for face in stored(world).values()) == ["ada", "bob", *["party"] * 3]
    assert {row.matched_by for row in rows(originals)} == {"new"}
    assert {item.photo: item.reason for item in report.rejects}.keys() == {"nobody.png", "broken.png"}
    assert next(item.reason for item in report.rejects if item.photo == "nobody.png") == "no face was found"


def test_a_box_of_another_place_leads_nowhere_unless_there_is_one_face_only(world: World, originals: Path) -> None:
    far = (0.9, 0.9, 0.05, 0.05)
    old = [
        OldFace("old-ada", "i1", "ada", far),
        OldFace("old-cleo", "i2", "party", far),
        OldFace("old-dan", "i2", "party", far),
    ]
    report = run(world, originals, old)
    assert [(row.old_face_id, row.matched_by) for row in rows(originals) if row.old_face_id] == [
        ("old-ada", "only face")
    ]
    assert {item.old_face_id for item in report.rejects if item.old_face_id} == {"old-cleo", "old-dan"}


def test_a_run_that_was_interrupted_goes_on_and_stores_nothing_twice(
    world: World, originals: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, calls = index_faces, 0

    def interrupted(*words: Any) -> Any:
        nonlocal calls
        calls += 1
        done = real(*words)
        if calls == 2:
            # Stored, and no row written.
            raise KeyboardInterrupt
        return done

    monkeypatch.setattr(migration, "index_faces", interrupted)
    with pytest.raises(KeyboardInterrupt):
        run(world, originals, None)
    before, done = set(stored(world)), len({row.photo for row in rows(originals)})
    assert done == 1
    monkeypatch.setattr(migration, "index_faces", real)
    report = run(world, originals, None)
    assert report.done_before == 1
    assert before <= set(stored(world))
    assert len(stored(world)) == report.faces == 5
    assert len(rows(originals)) == 5


def test_quality_and_number_of_faces_are_limited_as_asked(world: World, originals: Path) -> None:
    (originals / "blurred.png").write_bytes(photo("fay", blurred=True))
    report = run(world, originals, None, most_faces=1)
    assert report.faces == 3
    assert next(item.reason for item in report.rejects if item.photo == "blurred.png") == "LOW_SHARPNESS"


def test_every_photo_is_recorded_under_the_case_and_a_closed_case_ends_it(world: World, originals: Path) -> None:
    run(world, originals, None)
    acts = [entry for entry in world.entries("act_intended") if entry["interface"] == "cli"]
    assert {entry["action"] for entry in acts} == {"enrol"}
    assert {entry["case_number"] for entry in acts} == {"24-1183"}
    _, opened = world.open_case(case_number="24-2")
    world.service.parts.cases.close(opened.case.case_id, by="B. Head", reason="over")
    closed = world.service.parts.cases.find(opened.case.case_id)
    standing = world.service.parts.case_book.standing_of(closed, "cli", now())
    moved = CsvMovedList(originals.parent / "other.csv")
    with pytest.raises(PolicyError):
        migrate(world.service.collections, standing, MigrationTerms("staff"), plan(originals, None), None, moved)
    assert list(moved.rows()) == []
