"""An audit of Rekognition through boto3, against its double: scores to the digit, refusals, archive, censoring."""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path

import polars as pl
import pytest

from countenance.core.errors import SettingsInvalid, VendorCredentialsRefused, VendorRefused
from countenance.service.audits.vendor_plan import VendorPlan
from tests.support.rekognition_double import MODEL_VERSION, RekognitionDouble, refusal
from tests.support.vendor_photos import keep_photo, one_set, photo_bytes, two_sets
from tests.support.vendor_server import Fault, made_up_score
from tests.vendors.conftest import Starter


def rows_of(path: Path) -> dict[tuple[str, str], tuple[float | None, bool]]:
    return {(p, r): (s, returned) for p, r, s, returned in pl.read_parquet(path).iter_rows()}


def test_a_search_of_probes_against_a_gallery_returns_every_score_to_the_digit(
    at_vendor: Starter, tmp_path: Path
) -> None:
    vendor = at_vendor(RekognitionDouble())
    plan = two_sets(tmp_path, probes=4, references=5)
    run = vendor.run(plan)
    rows = rows_of(run.scores)
    assert len(rows) == 20
    for p in range(4):
        for r in range(5):
            expected = made_up_score(f"probe-{p}", f"ref-{r}")
            assert rows[f"probes/p{p}.jpg", f"gallery/r{r}.jpg"] == (expected, True)
    assert run.document["censoring"]["measurable_above"] is None
    assert run.document["models"] == [MODEL_VERSION]
    assert run.document["container"] == {"name": "countenance-audit-0123456789abcdef", "deleted": True}
    assert vendor.double.collections == {}  # type: ignore[attr-defined]
    assert run.document["spend"]["cost"] == "0.00905"  # 5 × (0.001 + 0.00001) + 4 × 0.001
    assert vendor.double.count("IndexFaces") == 5
    assert vendor.double.count("SearchFacesByImage") == 4


def test_one_set_is_searched_by_indexed_face_and_every_pair_is_there_once(at_vendor: Starter, tmp_path: Path) -> None:
    vendor = at_vendor(RekognitionDouble())
    run = vendor.run(one_set(tmp_path, 5))
    rows = rows_of(run.scores)
    assert len(rows) == 10
    assert rows["all/a1.jpg", "all/a3.jpg"] == (made_up_score("face-1", "face-3"), True)
    assert vendor.double.count("SearchFaces") == 5
    assert vendor.double.count("SearchFacesByImage") == 0


def test_pairs_can_be_compared_one_by_one_after_every_photo_was_looked_at(at_vendor: Starter, tmp_path: Path) -> None:
    vendor = at_vendor(RekognitionDouble())
    run = vendor.run(two_sets(tmp_path, probes=2, references=3), operation="compare")
    rows = rows_of(run.scores)
    assert {key: value[0] for key, value in rows.items()} == {
        (f"probes/p{p}.jpg", f"gallery/r{r}.jpg"): made_up_score(f"probe-{p}", f"ref-{r}")
        for p in range(2)
        for r in range(3)
    }
    assert vendor.double.count("DetectFaces") == 5
    assert vendor.double.count("CompareFaces") == 6
    assert vendor.double.count("CreateCollection") == 0
    assert run.document["models_note"] == "the vendor names no model for these operations"


def test_nothing_is_filtered_by_score_and_no_name_leaves_the_machine(at_vendor: Starter, tmp_path: Path) -> None:
    vendor = at_vendor(RekognitionDouble())
    vendor.run(two_sets(tmp_path))
    bodies = vendor.double.sent_bodies  # type: ignore[attr-defined]
    searches = [body for body in bodies if "FaceMatchThreshold" in body]
    assert {body["FaceMatchThreshold"] for body in searches} == {0}
    assert {body["MaxFaces"] for body in searches} == {4096}
    without_photos = json.dumps([{k: v for k, v in body.items() if k != "Image"} for body in bodies])
    assert "p0.jpg" not in without_photos
    assert "gallery/" not in without_photos


def test_refused_photos_are_failures_with_the_vendors_reason_and_the_rest_is_measured(
    at_vendor: Starter, tmp_path: Path
) -> None:
    vendor = at_vendor(RekognitionDouble())
    probes = (
        keep_photo(tmp_path, "p/good.jpg", photo_bytes(["anna"])),
        keep_photo(tmp_path, "p/nobody.jpg", photo_bytes([])),
        keep_photo(tmp_path, "p/broken.png", b"\x89PNG\r\n\x1a\n" + b"x" * 100),
        keep_photo(tmp_path, "p/film.gif", b"GIF89a" + b"x" * 2000),
        keep_photo(tmp_path, "p/huge.jpg", photo_bytes(["eva"], padding=6_000_000)),
        keep_photo(tmp_path, "p/wide.jpg", photo_bytes(["ida"], too_large=True)),
    )
    references = (
        keep_photo(tmp_path, "r/good.jpg", photo_bytes(["anna"])),
        keep_photo(tmp_path, "r/blurred.jpg", photo_bytes(["otto"], reject="LOW_SHARPNESS")),
        keep_photo(tmp_path, "r/two.jpg", photo_bytes(["karl", "kind"])),
        keep_photo(tmp_path, "r/empty.jpg", photo_bytes([])),
    )
    run = vendor.run(VendorPlan(probes, references, one_set=False))
    failures = {(f["photo"], f["role"]): (f["reason"], f["sent"]) for f in run.document["failures"]}
    assert failures == {
        ("p/nobody.jpg", "probe"): ("no_face", True),
        ("p/broken.png", "probe"): ("image_format", True),
        ("p/film.gif", "probe"): ("image_format", False),
        ("p/huge.jpg", "probe"): ("image_too_large", False),
        ("p/wide.jpg", "probe"): ("image_too_large", True),
        ("r/blurred.jpg", "reference"): ("low_sharpness", True),
        ("r/empty.jpg", "reference"): ("no_face", True),
    }
    assert run.document["failures_by_reason"]["image_format"] == 2
    assert run.document["several_faces"] == ["r/two.jpg"]
    rows = rows_of(run.scores)
    scored = {key for key, value in rows.items() if value[0] is not None}
    assert scored == {("p/good.jpg", "r/good.jpg"), ("p/good.jpg", "r/two.jpg")}
    # Each failed photo is in the file without a score, so that it counts as a failure to acquire.
    without = {photo for key, value in rows.items() if value[0] is None for photo in key}
    assert {photo for photo, _ in failures} <= without


def test_what_a_search_leaves_out_is_a_stand_in_below_every_measurable_threshold(
    at_vendor: Starter, tmp_path: Path
) -> None:
    vendor = at_vendor(RekognitionDouble(most=3))
    run = vendor.run(two_sets(tmp_path, probes=4, references=6))
    floors = [sorted((made_up_score(f"probe-{p}", f"ref-{r}") for r in range(6)), reverse=True)[2] for p in range(4)]
    censored = run.document["censoring"]
    assert censored["measurable_above"] == max(floors)
    assert (censored["comparisons"], censored["returned"], censored["searches_cut"]) == (24, 12, 4)
    rows = rows_of(run.scores)
    assert len(rows) == 24
    assert {value for value in rows.values() if not value[1]} == {(0.0, False)}
    # Above the floor, counting the file gives what the complete scores give; at the floor it need not.
    complete = {(p, r): made_up_score(f"probe-{p}", f"ref-{r}") for p in range(4) for r in range(6)}
    for threshold in (max(floors) + 1e-9, 90.0):
        counted = sum(score >= threshold for score, _ in rows.values() if score is not None)
        assert counted == sum(score >= threshold for score in complete.values())


def test_a_vendor_with_an_undocumented_floor_is_found_out(at_vendor: Starter, tmp_path: Path) -> None:
    double = RekognitionDouble(floor=99.9)
    vendor = at_vendor(double)
    for r in range(3):
        double.scores[frozenset(("probe-0", f"ref-{r}"))] = 99.95
    run = vendor.run(two_sets(tmp_path, probes=2, references=3))
    censored = run.document["censoring"]
    assert censored["empty_searches"] == 1
    assert censored["measurable_above"] == 99.95
    assert "inference" in censored["sentence"]


def test_the_archive_holds_request_and_raw_reply_of_every_call_without_the_photo(
    at_vendor: Starter, tmp_path: Path
) -> None:
    vendor = at_vendor(RekognitionDouble())
    plan = two_sets(tmp_path)
    run = vendor.run(plan)
    archive = vendor.folder / "archive"
    documents = [json.loads(path.read_text()) for path in sorted((archive / "replies").glob("*.json"))]
    assert len(documents) == 12  # create, 5 × index, describe, 4 × search, delete
    for document in documents:
        assert document["endpoint"] == vendor.url
        assert document["region"] == "eu-central-1"
        assert document["sdk"].startswith("boto3 ")
        assert document["request_id"]
        assert document["sent_at"] <= document["answered_at"]
    index = next(d for d in documents if d["operation"] == "IndexFaces")
    assert index["request"]["Image"]["Bytes"] == {
        "sha256": plan.references[0].sha256,
        "bytes": len(plan.references[0].read()),
    }
    assert index["reply"]["FaceModelVersion"] == MODEL_VERSION
    whole = "".join(path.read_text() for path in archive.rglob("*") if path.is_file())
    photo = plan.references[0].read()
    assert base64.b64encode(photo[:60]).decode() not in whole
    for secret in ("not-a-real-secret", "Signature=", "AKIDEXAMPLE"):
        assert secret not in whole
    for file in run.document["archive"]["files"]:
        assert hashlib.sha256((archive / file["name"]).read_bytes()).hexdigest() == file["sha256"]


def test_a_finished_run_repeated_asks_nothing_and_says_the_same(at_vendor: Starter, tmp_path: Path) -> None:
    vendor = at_vendor(RekognitionDouble())
    plan = two_sets(tmp_path)
    first = vendor.run(plan)
    asked = vendor.double.count()
    again = vendor.run(plan)
    assert vendor.double.count() == asked
    assert again.document["scores"] == first.document["scores"]
    assert again.document["spend"] == first.document["spend"]


def test_an_index_that_lags_behind_is_waited_for(at_vendor: Starter, tmp_path: Path) -> None:
    double = RekognitionDouble()
    double.lag = 3
    at_vendor(double).run(two_sets(tmp_path))
    assert double.count("DescribeCollection") == 4


def test_keep_leaves_the_collection(at_vendor: Starter, tmp_path: Path) -> None:
    double = RekognitionDouble()
    run = at_vendor(double).run(two_sets(tmp_path), keep=True)
    assert list(double.collections) == ["countenance-audit-0123456789abcdef"]
    assert run.document["container"]["deleted"] is False


def test_wrong_keys_and_a_wrong_region_say_what_to_check(
    at_vendor: Starter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    vendor = at_vendor(RekognitionDouble())
    with pytest.raises(VendorCredentialsRefused, match="valid region") as wrong_region:
        vendor.run(two_sets(tmp_path), region="us-east-1")
    assert "us-east-1" in wrong_region.value.remedy
    (vendor.folder / "archive" / "run.json").unlink()
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "another-secret")
    with pytest.raises(VendorCredentialsRefused, match="signature"):
        vendor.run(two_sets(tmp_path))
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDUNKNOWN")
    with pytest.raises(VendorCredentialsRefused, match="security token"):
        vendor.run(two_sets(tmp_path))
    assert vendor.double.count() == 3  # none is worth repeating


def test_no_credentials_and_no_region_are_noticed_before_anything_is_sent(
    at_vendor: Starter, monkeypatch: pytest.MonkeyPatch
) -> None:
    vendor = at_vendor(RekognitionDouble())
    with pytest.raises(SettingsInvalid, match="region"):
        vendor.connect(region=None)
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    with pytest.raises(VendorCredentialsRefused, match="credentials"):
        vendor.connect()
    assert vendor.double.count() == 0


def test_a_refusal_of_the_work_as_a_whole_stops_with_the_vendors_words(at_vendor: Starter, tmp_path: Path) -> None:
    vendor = at_vendor(RekognitionDouble())
    quota = refusal("ServiceQuotaExceededException", "Collection quota exceeded.")
    vendor.double.fail("CreateCollection", 1, fault=Fault(quota))
    with pytest.raises(VendorRefused, match="quota"):
        vendor.run(two_sets(tmp_path))
