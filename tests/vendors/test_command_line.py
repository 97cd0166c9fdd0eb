"""``audit run --vendor`` as a person types it: estimate, question, result document, what remains, cleaning up."""

from __future__ import annotations

import json
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

from countenance.service.audits.score_store import stored
from countenance.service.audits.workspace import Workspace
from tests.support.azure_double import AzureDouble
from tests.support.command_line import CommandLine
from tests.support.rekognition_double import REGION, RekognitionDouble
from tests.support.vendor_server import Double, Fault, Reply
from tests.support.vendor_workspaces import expected_score, small_town, teach
from tests.vendors.conftest import AtVendor, Starter


@pytest.fixture
def command_line(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> CommandLine:
    monkeypatch.setenv("COLUMNS", "200")
    return CommandLine(monkeypatch, capsys)


def words_for(vendor: AtVendor, workspace: Workspace, *more: object) -> list[object]:
    words: list[object] = ["audit", "run", "town", "--dir", workspace.folder.parent, "--vendor", vendor.vendor]
    words += ["--endpoint-url", vendor.url, *(["--region", REGION] if vendor.vendor == "rekognition" else [])]
    return [*words, *more]


def result_of(workspace: Workspace) -> dict[str, Any]:
    return dict(json.loads((workspace.folder / "result.json").read_text()))


def false_matches(threshold: float, scale: float = 1.0, *, people: int = 12) -> int:
    """Return how many of all pairs of different people reach a threshold, counted one by one."""
    faces = [f"{person:02}-{number}" for person in range(people) for number in range(2)]
    pairs = [(a, b) for a, b in combinations(faces, 2) if a[:2] != b[:2]]
    return sum(expected_score(a, b) * scale >= threshold for a, b in pairs)


@pytest.mark.parametrize(("operation", "people"), [("search", 12), ("compare", 6)])
def test_a_vendors_audit_counts_what_a_slow_count_of_its_scores_gives(
    either: AtVendor, tmp_path: Path, command_line: CommandLine, operation: str, people: int
) -> None:
    teach(either.double)
    workspace = small_town(tmp_path, people=people)
    more = ("--max-cost", "15", "--yes", "--vendor-operation", operation)
    run = command_line(*words_for(either, workspace, *more))
    assert run.code == 0, run.words
    document = result_of(workspace)
    assert document["system"]["kind"] == "vendor"
    scale = 0.01 if either.vendor == "azure" else 1.0
    own = 0.5 if either.vendor == "azure" else 80.0
    assert document["operating"]["threshold"] == own
    assert "the vendor's default" in document["operating"]["basis"]
    at = document["groupings"][0]["at"]
    for stop in document["stops"]:
        rate = at[stop["index"]]["fmr_overall"]
        assert (rate["errors"], rate["trials"]) == (
            false_matches(stop["threshold"], scale, people=people),
            2 * people * (2 * people - 2) // 2,
        )
    assert at[document["operating"]["stop"]]["fnmr_overall"]["trials"] == people
    said = " ".join(document["limits"])
    assert "every threshold can be measured" in said
    assert "not tested against the vendor itself" in said
    assert document["digests"]["vendor_archive"]


def test_a_vendors_audit_is_drawn_with_more_thresholds_and_recomputed_from_its_bundle(
    either: AtVendor, tmp_path: Path, command_line: CommandLine
) -> None:
    teach(either.double)
    workspace = small_town(tmp_path, people=6)
    assert command_line(*words_for(either, workspace, "--max-cost", "15", "--yes")).code == 0
    name, folder = workspace.folder.name, workspace.folder.parent
    more = "0.6,0.7" if either.vendor == "azure" else "85,95"
    drawn = command_line("audit", "report", name, "--dir", folder, "--thresholds", more)
    assert drawn.code == 0, drawn.words
    labels = {stop["threshold"] for stop in result_of(workspace)["stops"]}
    assert labels >= {float(value) for value in more.split(",")}
    bundle = tmp_path / "town.zip"
    packed = command_line("audit", "bundle", name, "--dir", folder, "--out", bundle)
    assert packed.code == 0, packed.words
    verified = command_line("audit", "verify", bundle)
    assert verified.code == 0, verified.words


def test_the_estimate_with_date_and_source_of_prices_comes_first_and_no_means_no(
    at_vendor: Starter, tmp_path: Path, command_line: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    vendor = at_vendor(RekognitionDouble())
    workspace = small_town(tmp_path)
    asked: list[str] = []

    def no(question: str, **_: object) -> bool:
        asked.append(question)
        return False

    monkeypatch.setattr("typer.confirm", no)
    run = command_line(*words_for(vendor, workspace, "--max-cost", "15"))
    assert run.code == 1
    # create, 24 × 0.00101, 24 × 0.001, delete
    assert "50 calls to Amazon Rekognition for about 0.04824 USD" in run.words
    assert "https://aws.amazon.com/rekognition/pricing/" in run.words
    assert "not tested against the vendor itself" in run.words
    assert "for the auditor to settle" in run.words
    assert asked == ["Send the photos?"]
    assert vendor.double.count() == 0
    assert not (workspace.folder / "result.json").exists()


def test_over_the_cap_nothing_is_sent(at_vendor: Starter, tmp_path: Path, command_line: CommandLine) -> None:
    vendor = at_vendor(RekognitionDouble())
    run = command_line(*words_for(vendor, small_town(tmp_path), "--max-cost", "0.04", "--yes"))
    assert run.code == 11
    assert "[cost_cap_reached]" in run.words
    assert vendor.double.count() == 0


def test_a_cap_is_required_and_must_be_an_amount(at_vendor: Starter, tmp_path: Path, command_line: CommandLine) -> None:
    vendor = at_vendor(RekognitionDouble())
    workspace = small_town(tmp_path)
    for more in ((), ("--max-cost", "much"), ("--max-cost", "-1"), ("--max-cost", "nan")):
        run = command_line(*words_for(vendor, workspace, "--yes", *more))
        assert run.code == 2, run.words
        assert "--max-cost" in run.words
    assert command_line(*words_for(vendor, workspace, "--max-cost", "1", "--json")).code == 2
    assert vendor.double.count() == 0


def test_json_gives_the_result_and_nothing_else(at_vendor: Starter, tmp_path: Path, command_line: CommandLine) -> None:
    vendor = at_vendor(AzureDouble())
    teach(vendor.double)
    run = command_line(*words_for(vendor, small_town(tmp_path), "--max-cost", "1", "--yes", "--json"))
    assert run.code == 0, run.words
    assert run.document["command"] == "audit run"


def test_an_interrupted_run_says_what_remains_and_goes_on(
    either: AtVendor, tmp_path: Path, command_line: CommandLine
) -> None:
    double = either.double
    teach(double)
    workspace = small_town(tmp_path)
    search = "SearchFaces" if either.vendor == "rekognition" else "FindSimilar"
    refused = {"__type": "ServiceQuotaExceededException", "Message": "no", "error": {"code": "Quota", "message": "no"}}
    double.fail(search, 5, fault=Fault(Reply(400, refused)))
    words = words_for(either, workspace, "--max-cost", "15", "--yes")
    run = command_line(*words)
    assert run.code == 11
    assert "vendor-clean town" in run.words
    assert _containers(double)
    again = command_line(*words)
    assert again.code == 0, again.words
    assert "spent already" in again.words
    assert double.repeated_answers() == []
    assert _containers(double) == []


def test_vendor_clean_deletes_what_keep_left(either: AtVendor, tmp_path: Path, command_line: CommandLine) -> None:
    teach(either.double)
    workspace = small_town(tmp_path)
    run = command_line(*words_for(either, workspace, "--max-cost", "15", "--yes", "--keep"))
    assert "vendor-clean" in run.words
    assert _containers(either.double)
    clean = [
        "audit",
        "vendor-clean",
        "town",
        "--dir",
        tmp_path,
        "--vendor",
        either.vendor,
        "--endpoint-url",
        either.url,
    ]
    clean += ["--region", REGION] if either.vendor == "rekognition" else []
    assert command_line(*clean).code == 0
    assert _containers(either.double) == []
    assert command_line("audit", "vendor-clean", "nobody", *clean[3:]).code == 3


def test_no_stop_lies_where_the_vendor_left_comparisons_out(
    at_vendor: Starter, tmp_path: Path, command_line: CommandLine
) -> None:
    double = RekognitionDouble(most=8)
    vendor = at_vendor(double)
    teach(double)
    workspace = small_town(tmp_path)
    words = words_for(vendor, workspace, "--max-cost", "15", "--yes")
    run = command_line(*words)
    floor = json.loads((workspace.folder / "vendor_run.json").read_text())["censoring"]["measurable_above"]
    assert floor is not None
    if floor >= 80:
        assert run.code == 3
        run = command_line(*words, "--threshold", "95")
    assert run.code == 0, run.words
    document = result_of(workspace)
    assert min(stop["threshold"] for stop in document["stops"]) > floor
    for stop in document["stops"]:
        rate = document["groupings"][0]["at"][stop["index"]]["fmr_overall"]
        assert rate["errors"] == false_matches(stop["threshold"])
    assert any("rates hold at thresholds above" in sentence for sentence in document["limits"])
    low = command_line(*words, "--threshold", "1")
    assert low.code == 3
    assert "left out scores up to" in low.words


def test_refused_photos_are_failures_to_acquire_by_group(
    at_vendor: Starter, tmp_path: Path, command_line: CommandLine
) -> None:
    double = RekognitionDouble()
    vendor = at_vendor(double)
    teach(double)
    workspace = small_town(tmp_path)
    double.fail("IndexFaces", 1, 5, fault=Fault(Reply(400, {"__type": "InvalidImageFormatException", "Message": "x"})))
    assert command_line(*words_for(vendor, workspace, "--max-cost", "15", "--yes")).code == 0
    groups = {group["name"]: group for group in result_of(workspace)["groupings"][0]["groups"]}
    assert groups["north"]["fta"]["errors"] == 2  # photos of persons 0 and 2
    assert groups["south"]["fta"]["errors"] == 0


def test_what_a_result_was_computed_from_is_kept_and_gives_it_again(
    at_vendor: Starter, tmp_path: Path, command_line: CommandLine
) -> None:
    from countenance.service.audits.document import build_document, to_json

    vendor = at_vendor(RekognitionDouble(most=8))
    teach(vendor.double)
    workspace = small_town(tmp_path)
    assert command_line(*words_for(vendor, workspace, "--max-cost", "15", "--yes", "--threshold", "96")).code == 0
    material, evidence, plan, facts = stored(workspace)
    assert to_json(build_document(facts, material, evidence, plan)) == (workspace.folder / "result.json").read_text()


def test_an_unknown_vendor_or_operation_is_named(tmp_path: Path, command_line: CommandLine) -> None:
    small_town(tmp_path)
    base = ("audit", "run", "town", "--dir", tmp_path, "--max-cost", "1", "--yes", "--region", REGION)
    assert "rekognition, azure" in command_line(*base, "--vendor", "watson").words
    run = command_line(*base, "--vendor", "rekognition", "--vendor-operation", "identify")
    assert run.code == 9
    assert "search, compare" in run.words


def _containers(double: Double) -> list[str]:
    stored_there = double.collections if isinstance(double, RekognitionDouble) else double.containers  # type: ignore[attr-defined]
    return list(stored_there)
