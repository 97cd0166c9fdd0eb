"""An audit of Azure Face through azure-ai-vision-face, against its double."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest

from countenance.bootstrap.vendor_connections import AZURE_KEY
from countenance.core.errors import SettingsInvalid, VendorCredentialsRefused, VendorRefused
from countenance.service.audits.vendor_plan import VendorPlan
from countenance.vendors import azure
from tests.support.azure_double import RECOGNITION, AzureDouble, refusal
from tests.support.vendor_photos import keep_photo, one_set, photo_bytes, two_sets
from tests.support.vendor_server import Fault, made_up_score
from tests.vendors.conftest import Starter


def scores_of(path: Path) -> dict[tuple[str, str], float | None]:
    return {(p, r): s for p, r, s, _ in pl.read_parquet(path).iter_rows()}


@pytest.mark.parametrize("operation", ["search", "identify", "compare"])
def test_every_function_returns_every_score_to_the_digit(at_vendor: Starter, tmp_path: Path, operation: str) -> None:
    vendor = at_vendor(AzureDouble())
    run = vendor.run(two_sets(tmp_path, probes=3, references=4), operation=operation)
    assert scores_of(run.scores) == {
        (f"probes/p{p}.jpg", f"gallery/r{r}.jpg"): made_up_score(f"probe-{p}", f"ref-{r}") / 100
        for p in range(3)
        for r in range(4)
    }
    assert run.document["models"] == [RECOGNITION]
    assert run.document["scale"] == {"low": 0.0, "high": 1.0, "higher_is": "more alike"}
    assert vendor.double.containers == {}  # type: ignore[attr-defined]
    assert vendor.double.count("Verify") == (12 if operation == "compare" else 0)


@pytest.mark.parametrize("operation", ["search", "compare"])
def test_one_set_has_every_pair_once(at_vendor: Starter, tmp_path: Path, operation: str) -> None:
    vendor = at_vendor(AzureDouble())
    scores = scores_of(vendor.run(one_set(tmp_path, 4), operation=operation).scores)
    assert len(scores) == 6
    assert scores["all/a0.jpg", "all/a3.jpg"] == made_up_score("face-0", "face-3") / 100


def test_every_request_is_counted_as_a_transaction(at_vendor: Starter, tmp_path: Path) -> None:
    vendor = at_vendor(AzureDouble())
    run = vendor.run(two_sets(tmp_path, probes=3, references=4))
    # create, 4 × add, train, 1 question, 3 × detect, 3 × find similar, delete
    assert run.document["spend"]["attempts"] == vendor.double.count() == 14
    assert run.document["spend"]["cost"] == "0.01404"


def test_training_is_waited_for_and_each_question_counted(at_vendor: Starter, tmp_path: Path) -> None:
    double = AzureDouble()
    double.running = 3
    at_vendor(double).run(two_sets(tmp_path))
    assert double.count("TrainingStatus") == 4
    assert double.count("Train") == 1


def test_refused_photos_are_failures_and_of_several_faces_the_largest_is_named(
    at_vendor: Starter, tmp_path: Path
) -> None:
    vendor = at_vendor(AzureDouble())
    probes = (
        keep_photo(tmp_path, "p/good.jpg", photo_bytes(["anna"])),
        keep_photo(tmp_path, "p/nobody.jpg", photo_bytes([])),
        keep_photo(tmp_path, "p/two.jpg", photo_bytes(["karl", "kind"])),
        keep_photo(tmp_path, "p/tiny.jpg", photo_bytes(["eva"], padding=10)),
        keep_photo(tmp_path, "p/broken.png", b"\x89PNG\r\n\x1a\n" + b"x" * 2000),
    )
    references = (
        keep_photo(tmp_path, "r/good.jpg", photo_bytes(["anna"])),
        keep_photo(tmp_path, "r/two.jpg", photo_bytes(["otto", "anna"])),
        keep_photo(tmp_path, "r/empty.jpg", photo_bytes([])),
        keep_photo(tmp_path, "r/wide.jpg", photo_bytes(["ida"], too_large=True)),
    )
    run = vendor.run(VendorPlan(probes, references, one_set=False))
    failures = {f["photo"]: (f["reason"], f["sent"]) for f in run.document["failures"]}
    assert failures == {
        "p/nobody.jpg": ("no_face", True),
        "p/tiny.jpg": ("image_too_small", False),
        "p/broken.png": ("invalid_image", True),
        "r/empty.jpg": ("no_face", True),
        "r/wide.jpg": ("image_too_large", True),
    }
    assert run.document["several_faces"] == ["r/two.jpg", "p/two.jpg"]
    scores = {key: score for key, score in scores_of(run.scores).items() if score is not None}
    assert scores == {
        ("p/good.jpg", "r/good.jpg"): made_up_score("anna", "anna") / 100,
        ("p/good.jpg", "r/two.jpg"): made_up_score("anna", "otto") / 100,
        ("p/two.jpg", "r/good.jpg"): made_up_score("karl", "anna") / 100,
        ("p/two.jpg", "r/two.jpg"): made_up_score("karl", "otto") / 100,
    }


def test_a_face_the_vendor_forgot_is_detected_once_more(at_vendor: Starter, tmp_path: Path) -> None:
    double = AzureDouble()
    vendor = at_vendor(double)
    double.fail(
        "Verify", 1, fault=Fault(refusal(404, "FaceNotFound", "Face is not found."), then=double.detected.clear)
    )
    scores = scores_of(vendor.run(two_sets(tmp_path, probes=2, references=2), operation="compare").scores)
    assert scores["probes/p0.jpg", "gallery/r0.jpg"] == made_up_score("probe-0", "ref-0") / 100
    assert None not in scores.values()


def test_a_face_kept_for_too_long_is_not_used_without_asking_again(
    at_vendor: Starter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    double = AzureDouble()
    vendor = at_vendor(double)
    plan = two_sets(tmp_path, probes=2, references=2)
    double.fail("FindSimilar", 1, fault=Fault(refusal(403, "UnsupportedFeature", "Not approved.")))
    with pytest.raises(VendorRefused, match="Not approved"):
        vendor.run(plan)
    detected = double.count("Detect")
    monkeypatch.setattr(azure, "FACE_ID_LIFE", azure.FACE_ID_LIFE * 0)
    vendor.run(plan)
    assert double.count("Detect") > detected + 1


def test_wrong_key_and_missing_key_and_endpoint_say_what_to_do(
    at_vendor: Starter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    vendor = at_vendor(AzureDouble())
    monkeypatch.setenv(AZURE_KEY, "another")
    with pytest.raises(VendorCredentialsRefused, match="invalid subscription key"):
        vendor.run(two_sets(tmp_path))
    assert vendor.double.count() == 1
    monkeypatch.delenv(AZURE_KEY)
    with pytest.raises(VendorCredentialsRefused, match="key"):
        vendor.connect()
    monkeypatch.setenv(AZURE_KEY, "another")
    vendor.url = None  # type: ignore[assignment]
    with pytest.raises(SettingsInvalid, match="endpoint"):
        vendor.connect()


def test_no_name_and_no_key_is_sent_or_kept_where_it_should_not_be(at_vendor: Starter, tmp_path: Path) -> None:
    double = AzureDouble()
    vendor = at_vendor(double)
    vendor.run(two_sets(tmp_path), operation="identify")
    sent = (
        b"".join(body for body in double.bodies if not body.startswith(b"\xff\xd8")) + "".join(double.queries).encode()
    )
    assert b"p0.jpg" not in sent
    assert b"gallery" not in sent
    whole = "".join(path.read_text() for path in (vendor.folder / "archive").rglob("*") if path.is_file())
    assert "not-a-real-key" not in whole
    assert json.loads((vendor.folder / "archive" / "run.json").read_text())["operation"] == "identify"
