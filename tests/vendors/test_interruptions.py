"""Throttling, server errors, cut connections, kills and the cost cap: nothing answered is asked or paid again."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from countenance.core.errors import AuditInputInvalid, CostCapReached, VendorRefused, VendorUnavailable
from countenance.service.audits.vendor_documents import MANIFEST_FILE
from countenance.service.audits.vendor_plan import estimate_costs
from tests.support import azure_double, rekognition_double
from tests.support.azure_double import AzureDouble
from tests.support.rekognition_double import RekognitionDouble
from tests.support.vendor_photos import two_sets
from tests.support.vendor_server import Fault, Reply, made_up_score
from tests.vendors.conftest import QUICK, AtVendor, Starter

ROOT = Path(__file__).parents[2]
SEARCH = {"rekognition": "SearchFacesByImage", "azure": "FindSimilar"}
ENROL = {"rekognition": "IndexFaces", "azure": "AddFace"}


def throttled(vendor: str) -> Reply:
    if vendor == "rekognition":
        return rekognition_double.refusal("ProvisionedThroughputExceededException", "Provisioned Rate exceeded.")
    return azure_double.refusal(429, "429", "Rate limit is exceeded.")


def broken(vendor: str) -> Reply:
    if vendor == "rekognition":
        return rekognition_double.refusal("InternalServerError", "Internal error.", 500)
    return Reply(503, None)


def complete(scores: Path, vendor: str) -> bool:
    """Return whether a score file of `two_sets` holds exactly the double's scores."""
    scale = 100 if vendor == "azure" else 1
    rows = {(p, r): s for p, r, s, _ in pl.read_parquet(scores).iter_rows()}
    expected = {
        (f"probes/p{p}.jpg", f"gallery/r{r}.jpg"): made_up_score(f"probe-{p}", f"ref-{r}") / scale
        for p in range(4)
        for r in range(5)
    }
    return rows == expected


def test_throttling_and_server_errors_are_repeated_by_the_sdk_and_every_attempt_is_counted(
    either: AtVendor, tmp_path: Path
) -> None:
    double, vendor = either.double, either.vendor
    double.fail(ENROL[vendor], 2, 3, fault=Fault(throttled(vendor)))
    double.fail(SEARCH[vendor], 1, 4, fault=Fault(broken(vendor)))
    run = either.run(two_sets(tmp_path))
    assert complete(run.scores, vendor)
    assert double.repeated_answers() == []
    # Rekognition's list has no price for managing collections; attempts are counted all the same.
    assert run.document["spend"]["attempts"] == double.count()
    assert double.count(ENROL[vendor]) == 5 + 2
    assert double.count(SEARCH[vendor]) == 4 + 2


def test_a_connection_cut_before_the_work_is_repeated(either: AtVendor, tmp_path: Path) -> None:
    either.double.fail(SEARCH[either.vendor], 2, fault=Fault(cut=True))
    assert complete(either.run(two_sets(tmp_path)).scores, either.vendor)


def test_a_connection_cut_after_the_work_does_not_store_a_reference_twice(either: AtVendor, tmp_path: Path) -> None:
    either.double.fail(ENROL[either.vendor], 2, fault=Fault(cut=True, work=True))
    run = either.run(two_sets(tmp_path))
    assert complete(run.scores, either.vendor)


@pytest.mark.parametrize("trouble", ["throttled", "broken", "cut"])
def test_when_the_sdk_gives_up_the_next_run_goes_on_where_it_stopped(
    either: AtVendor, tmp_path: Path, trouble: str
) -> None:
    double, vendor = either.double, either.vendor
    faults = {"throttled": Fault(throttled(vendor)), "broken": Fault(broken(vendor)), "cut": Fault(cut=True)}
    first = 3
    double.fail(SEARCH[vendor], *range(first, first + QUICK.attempts), fault=faults[trouble])
    plan = two_sets(tmp_path)
    with pytest.raises(VendorUnavailable) as stopped:
        either.run(plan)
    assert "again" in stopped.value.remedy
    assert not (either.folder / MANIFEST_FILE).exists()
    before = estimate_costs(plan, either.connect())
    assert {line.operation: line.answered for line in before.lines}[SEARCH[vendor]] == 2
    assert double.count(SEARCH[vendor]) == 2 + QUICK.attempts
    run = either.run(plan)
    assert complete(run.scores, vendor)
    assert double.repeated_answers() == []
    assert double.count(ENROL[vendor]) == 5
    assert double.count(SEARCH[vendor]) == 4 + QUICK.attempts
    assert run.document["spend"]["attempts"] == double.count()


def in_a_process(vendor: AtVendor) -> subprocess.Popen[bytes]:
    words = [sys.executable, "-m", "tests.support.vendor_process", vendor.vendor, vendor.url, str(vendor.folder)]
    path = os.pathsep.join([str(ROOT / "src"), str(ROOT)])
    return subprocess.Popen(words, cwd=ROOT, env={**os.environ, "PYTHONPATH": path})


@pytest.mark.parametrize("stage", ["enrol", "search"])
def test_a_killed_run_repeats_only_the_call_whose_answer_was_lost(either: AtVendor, stage: str) -> None:
    double, vendor = either.double, either.vendor
    operation = ENROL[vendor] if stage == "enrol" else SEARCH[vendor]
    started: list[subprocess.Popen[bytes]] = []
    double.fail(operation, 3, fault=Fault(work=True, cut=True, then=lambda: started[0].send_signal(signal.SIGKILL)))
    started.append(in_a_process(either))
    assert started[0].wait(timeout=60) == -signal.SIGKILL
    at_kill = double.count()
    with in_a_process(either) as second:
        assert second.wait(timeout=60) == 0
    assert complete(either.folder / "vendor_scores.parquet", vendor)
    assert double.repeated_answers() == []
    assert double.count(operation) == (5 if stage == "enrol" else 4) + 1
    expected = {"rekognition": 1 + 5 + 1 + 4 + 1, "azure": 1 + 5 + 1 + 1 + 4 + 4 + 1}[vendor]
    assert double.count() == expected + 1 > at_kill
    # The lost call is in the books twice, because it may have been billed twice.
    assert either.connect().attempts == double.count()


def test_a_run_that_needs_the_whole_cap_is_finished_and_one_over_it_is_not_begun(
    either: AtVendor, tmp_path: Path
) -> None:
    plan = two_sets(tmp_path)
    estimate = estimate_costs(plan, either.connect())
    needed = estimate.remaining + estimate.set_aside
    with pytest.raises(CostCapReached, match="nothing was sent"):
        either.run(plan, cap=str(needed - Decimal("0.00001")))
    assert either.double.count() == 0
    run = either.run(plan, cap=str(needed))
    # Nine of ten planned questions about training were not needed.
    unused = Decimal("0.009") if either.vendor == "azure" else Decimal(0)
    assert Decimal(run.document["spend"]["cost"]) == estimate.remaining - unused
    again = estimate_costs(plan, either.connect(cap="0"))
    assert (again.remaining, again.set_aside) == (0, 0)


def test_retries_that_would_pass_the_cap_are_not_sent_and_a_higher_cap_goes_on(
    at_vendor: Starter, tmp_path: Path
) -> None:
    double = RekognitionDouble()
    vendor = at_vendor(double)
    plan = two_sets(tmp_path)
    estimate = estimate_costs(plan, vendor.connect()).remaining
    double.fail("SearchFacesByImage", 2, 3, fault=Fault(throttled("rekognition")))
    # Room for one retry; the second would pass the cap.
    with pytest.raises(CostCapReached, match="not sent") as stopped:
        vendor.run(plan, cap=str(estimate + Decimal("0.001")))
    assert "--max-cost" in stopped.value.remedy
    spent = vendor.connect().spent
    assert spent == estimate + Decimal("0.001")
    assert double.count("SearchFacesByImage") == 5
    assert double.collections  # kept for going on
    run = vendor.run(plan, cap=str(estimate + Decimal("0.002")))
    assert complete(run.scores, "rekognition")
    assert double.repeated_answers() == []
    assert Decimal(run.document["spend"]["cost"]) == estimate + Decimal("0.002")


def test_money_for_cleaning_up_is_set_aside(at_vendor: Starter, tmp_path: Path) -> None:
    double = AzureDouble()
    vendor = at_vendor(double)
    plan = two_sets(tmp_path)
    connection = vendor.connect()
    assert connection.set_aside == Decimal("0.001") * QUICK.attempts
    estimate = estimate_costs(plan, connection)
    cap = str(estimate.remaining + estimate.set_aside)
    # More questions about training than planned use up the rest of the cap, but not what is set aside.
    double.running = 20
    with pytest.raises(CostCapReached, match="set aside"):
        vendor.run(plan, cap=cap)
    assert double.containers
    vendor.connect(cap=cap).interrupted().close()
    assert double.containers == {}
    assert vendor.connect().spent <= Decimal(cap)


def test_an_archive_of_another_run_is_refused(either: AtVendor, tmp_path: Path) -> None:
    either.run(two_sets(tmp_path / "one"))
    asked = either.double.count()
    with pytest.raises(AuditInputInvalid, match="another run"):
        either.run(two_sets(tmp_path / "two", probes=3))
    assert either.double.count() == asked


def test_what_an_interrupted_run_left_can_be_removed_and_then_it_cannot_go_on(either: AtVendor, tmp_path: Path) -> None:
    double = either.double
    refused = Fault(
        Reply(403, {"error": {"code": "UnsupportedFeature", "message": "no"}, "__type": "X", "Message": "no"})
    )
    double.fail(SEARCH[either.vendor], 1, fault=refused)
    plan = two_sets(tmp_path)
    with pytest.raises(VendorRefused):
        either.run(plan)
    either.connect().interrupted().close()
    assert not (double.collections if isinstance(double, RekognitionDouble) else double.containers)  # type: ignore[attr-defined]
    with pytest.raises(VendorRefused, match="deleted before"):
        either.run(plan)


def test_a_photo_that_changed_since_the_audit_was_made_is_refused(either: AtVendor, tmp_path: Path) -> None:
    plan = two_sets(tmp_path)
    plan.references[1].path.write_bytes(b"\xff\xd8\xff something else")
    with pytest.raises(AuditInputInvalid, match="not the photo"):
        either.run(plan)


@pytest.mark.parametrize("wrong", ["empty", "off the scale", "not a number"])
def test_an_answer_that_is_not_as_documented_stops_the_run_with_its_name(
    either: AtVendor, tmp_path: Path, wrong: str
) -> None:
    score = {"off the scale": 180.0, "not a number": float("nan")}.get(wrong)
    if either.vendor == "rekognition":
        body: object = (
            {} if score is None else {"FaceMatches": [{"Similarity": score, "Face": {"ExternalImageId": "x"}}]}
        )
    else:
        body = {"value": 1} if score is None else [{"persistedFaceId": "x", "confidence": score}]
    either.double.fail(SEARCH[either.vendor], 1, fault=Fault(Reply(200, body)))
    with pytest.raises(VendorRefused, match="documented shape"):
        either.run(two_sets(tmp_path))
    assert not (either.folder / MANIFEST_FILE).exists()
