"""Recorded decisions of a vendor beside ours, over a whole service: agreement, flips, what thresholds mean."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from countenance.bootstrap.accountability import now
from countenance.core.errors import PolicyError
from countenance.service.compat_replay import ReplayReport, replay
from countenance.service.vendor_recordings import read_recordings
from tests.web.conftest import World, photo
from tests.web.test_rekognition_conformance import image


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "recording"
    made.mkdir()
    for name in ("ada", "bob", "cleo"):
        (made / f"{name}.png").write_bytes(photo(name, variant="2"))
    (made / "nobody.png").write_bytes(photo())
    return made


def search(name: str, *matches: tuple[float, str], face_id: str = "there") -> dict[str, Any]:
    found = [{"Similarity": value, "Face": {"FaceId": face_id, "ExternalImageId": who}} for value, who in matches]
    request = {"CollectionId": "staff", "Image": {"File": f"{name}.png"}}
    return {"operation": "SearchFacesByImage", "request": request, "response": {"FaceMatches": found}}


def compare(source: str, target: str, *values: float) -> dict[str, Any]:
    request = {"SourceImage": {"File": f"{source}.png"}, "TargetImage": {"File": f"{target}.png"}}
    response = {"FaceMatches": [{"Similarity": value, "Face": {}} for value in values]}
    return {"operation": "CompareFaces", "request": request, "response": response}


def run(world: World, folder: Path, *calls: dict[str, Any], **more: Any) -> ReplayReport:
    client, opened = world.open_case()
    if "staff" not in client.call("ListCollections")["CollectionIds"]:
        client.call("CreateCollection", CollectionId="staff")
        for name in ("ada", "bob"):
            client.call("IndexFaces", CollectionId="staff", Image=image(name), ExternalImageId=name)
    standing = world.service.parts.case_book.standing_of(opened.case, "cli", now())
    recorded = read_recordings([json.dumps(call) for call in calls], folder)
    return replay(world.service.collections, standing, recorded, **more)


def test_agreement_and_flips_are_counted_call_by_call(world: World, folder: Path) -> None:
    report = run(
        world, folder,
        search("ada", (99.0, "ada")),
        search("bob", (90.0, "ada")),
        search("cleo"),
        search("cleo", (81.0, "bob")),
        search("ada"),
        compare("ada", "ada", 99.0),
        compare("ada", "bob", 85.0),
    )  # fmt: skip
    assert [(call.line, call.there, call.here) for call in report.flips] == [
        (4, "match", "non_match"), (5, "non_match", "match"), (7, "match", "non_match"),
    ]  # fmt: skip
    assert (report.first_same, report.first_told) == (1, 2)
    assert (len(report.calls), report.not_compared) == (7, {})
    flipped = report.flips[2]
    assert flipped.similarity_there == 85.0
    assert flipped.similarity_here is not None
    assert flipped.similarity_here < 80.0


def test_no_face_there_and_here_is_agreement(world: World, folder: Path) -> None:
    nobody = search("nobody") | {"response": {"Error": {"Code": "InvalidParameterException"}}}
    found = compare("ada", "nobody") | {"response": {"Error": {"Code": "InvalidParameterException"}}}
    report = run(world, folder, nobody, found)
    assert [(call.there, call.here) for call in report.calls] == [("no_face", "no_face")] * 2


def test_what_cannot_be_compared_is_in_no_share(world: World, folder: Path) -> None:
    throttled = search("ada") | {"response": {"Error": {"Code": "ThrottlingException"}}}
    elsewhere = search("ada") | {"request": {"CollectionId": "gone", "Image": {"File": "ada.png"}}}
    listed = {"operation": "ListFaces", "request": {"CollectionId": "staff"}, "response": {"Faces": []}}
    report = run(world, folder, throttled, elsewhere, listed, search("missing"))
    assert report.calls == ()
    assert report.not_compared == {
        "the vendor answered ThrottlingException": 1,
        "there is no such collection here": 1,
        "ListFaces decides nothing": 1,
        "the photo cannot be used here (file_unreadable)": 1,
    }


def test_faces_without_a_name_meet_through_a_migrations_list(world: World, folder: Path) -> None:
    first = run(world, folder, search("ada", (99.0, ""), face_id="old"))
    assert (first.first_told, first.first_same) == (0, 0)
    faces = {face.external_image_id: face.face_id for face in _faces(world)}
    for new, same in ((faces["ada"], 1), (faces["bob"], 0)):
        report = run(world, folder, search("ada", (99.0, ""), face_id="old"), new_face_ids={"old": new})
        assert (report.first_told, report.first_same) == (1, same)


def _faces(world: World) -> Any:
    return world.service.collections.collections.faces_page("staff", after="", limit=9, user_id=None, face_ids=None)


def test_the_advice_is_a_measured_rate_and_never_follows_agreement(world: World, folder: Path) -> None:
    report = run(world, folder, search("ada", (99.0, "ada")), compare("ada", "bob", 85.0))
    scale = world.service.collections.scale()
    by_size = {item.references: item for item in report.advice}
    assert set(by_size) == {None, 2}
    for item in report.advice:
        assert item.value == 80.0
        assert item.meaning.false_match_rate == scale.threshold(80.0).false_match_rate
        assert "Your 80 corresponds here to FMR 1 in " in item.in_words()
    assert by_size[2].expected == pytest.approx(2 * scale.threshold(80.0).false_match_rate.estimate)


def test_every_call_replayed_is_recorded_under_the_case(world: World, folder: Path) -> None:
    before = len(world.entries("act_intended"))
    run(world, folder, search("ada"), compare("ada", "bob"))
    acts = [entry for entry in world.entries("act_intended")[before:] if entry["interface"] == "cli"]
    assert [(entry["action"], entry["case_number"]) for entry in acts] == [
        ("search", "24-1183"),
        ("compare", "24-1183"),
    ]


def test_a_replay_that_may_not_be_done_ends_there(world: World, folder: Path) -> None:
    client, opened = world.open_case()
    client.call("CreateCollection", CollectionId="staff")
    world.service.parts.cases.close(opened.case.case_id, by="B. Head", reason="over")
    closed = world.service.parts.cases.find(opened.case.case_id)
    standing = world.service.parts.case_book.standing_of(closed, "cli", now())
    recorded = read_recordings([json.dumps(search("ada"))], folder)
    with pytest.raises(PolicyError):
        replay(world.service.collections, standing, recorded)
