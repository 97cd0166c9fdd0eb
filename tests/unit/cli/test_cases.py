"""``case``: opened from flags and a file, asked ahead, used, listed, closed; secrets shown once and nowhere else."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import typer.main

from countenance.bootstrap.application import Application
from countenance.cli.main import app
from countenance.service.case_terms import CASE_CLAIMS
from tests.support.command_line import CommandLine
from tests.support.synthetic_engine import SyntheticEngine, synthetic_photo

PHOTO = "photos/anna/1.jpg"
ALBUM = """
purpose_text = "Sorting the pictures of the ferry outing"
operator = "R. Example"
attested_by = "M. Example"
actor_sector = "individual"
on_behalf_of = "none"
purpose = "photo_organisation"
jurisdictions = ["US"]
selection_basis = []
timing = "after_the_fact"
space = "private_premises"
probe_source = "still_photo"
gallery_source = "consented_enrolment"
intended_use = "lead_only"
adverse_effect = false
galleries = ["album"]
most_searches = 1
"""


@pytest.fixture
def countenance(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> CommandLine:
    def synthetic(process: Application, *, threads: int | None = None) -> SyntheticEngine:
        return SyntheticEngine(process.manifest.identity)

    monkeypatch.setattr(Application, "engine", synthetic)
    monkeypatch.setenv("COUNTENANCE_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("COUNTENANCE_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "case.toml").write_text(ALBUM)
    (tmp_path / "photos" / "anna").mkdir(parents=True)
    (tmp_path / "photos" / "anna" / "1.jpg").write_bytes(synthetic_photo("anna"))
    run = CommandLine(monkeypatch, capsys)
    made = run("enrol", "album", "photos", "--create", "test", "--source", "consented_enrolment", "--keep-until-erased")
    assert made.code == 0, made.words
    return run


def secrets_of(document: dict[str, Any]) -> list[str]:
    return [one["secret"] for one in document["credentials"]]


def test_a_case_is_opened_used_to_its_limit_and_closed(countenance: CommandLine) -> None:
    opened = countenance("case", "open", "24-1183", "--from", "case.toml", "--json")
    assert opened.code == 0
    assert opened.document["case"]["attested_by"] == "M. Example"
    assert [one["kind"] for one in opened.document["credentials"]] == ["aws", "api_key", "token"]
    search = ("search", "album", PHOTO, "--case", "24-1183", "--json")
    assert countenance(*search).document["result"]["candidates"]
    again = countenance(*search)
    assert (again.code, again.document["error"]["code"]) == (8, "case_limit_reached")
    compare = ("compare", PHOTO, PHOTO, "--case", "24-1183", "--json")
    assert countenance(*compare).code == 0
    closed = countenance("case", "close", "24-1183", "--reason", "done", "--json")
    assert closed.document["credentials_ended"] == 3
    refused = countenance(*compare)
    assert (refused.code, refused.document["error"]["code"]) == (8, "case_closed")
    recorded = [
        entry["kind"] for entry in countenance("ledger", "show", "--limit", "100", "--json").document["entries"]
    ]
    assert recorded.count("act_denied") == 2
    assert recorded.count("credential_revoked") == 3


def test_secrets_are_shown_once_and_are_in_no_file(countenance: CommandLine, tmp_path: Path) -> None:
    opened = countenance("case", "open", "24-1183", "--from", "case.toml", "--json")
    secrets = secrets_of(opened.document)
    renewed = countenance("case", "credentials", "renew", "24-1183", "--json")
    secrets += secrets_of(renewed.document)
    assert len(set(secrets)) == 6
    later = [
        countenance(*words)
        for words in (
            ("case", "show", "24-1183"), ("case", "show", "24-1183", "--json"), ("case", "list"),
            ("case", "list", "--all", "--json"), ("ledger", "show", "--limit", "100", "--json"),
            ("case", "credentials", "revoke", secrets[0]), ("case", "close", "24-1183"), ("doctor", "--json"),
        )
    ]  # fmt: skip
    files = b"".join(path.read_bytes() for path in (tmp_path / "data").rglob("*") if path.is_file())
    for secret in secrets:
        assert not any(secret in run.out + run.err for run in later)
        assert secret.encode() not in files


def test_words_show_each_secret_on_a_line_of_its_own_with_what_it_is_for(countenance: CommandLine) -> None:
    run = countenance("case", "open", "24-1183", "--from", "case.toml")
    lines = [line.strip() for line in run.out.splitlines()]
    assert sum(line.startswith("AWS_SECRET_ACCESS_KEY=") and len(line) == 62 for line in lines) == 1
    assert sum(line.startswith("cnt_") and len(line) == 47 for line in lines) == 1
    assert "no list of cases is set" in run.words


def test_a_dry_run_opens_nothing_and_says_what_the_rules_would_answer(countenance: CommandLine) -> None:
    run = countenance("case", "open", "24-1183", "--from", "case.toml", "--dry-run", "--json")
    (outlook,) = run.document["outlook"]
    assert (run.code, outlook["gallery"], outlook["decision"]) == (0, "album", "permit")
    police = countenance(
        "case", "open", "24-1183", "--from", "case.toml", "--sector", "us_local_police",
        "--purpose", "suspect_search", "--dry-run", "--json",
    )  # fmt: skip
    (outlook,) = police.document["outlook"]
    assert outlook["decision"] == "deny"
    assert "P2.us_police" in outlook["rule_ids"]
    words = countenance("case", "open", "24-1183", "--from", "case.toml", "--dry-run")
    assert "No loaded rule objected" in words.words
    assert countenance("case", "list", "--all", "--json").document["cases"] == []


def test_what_is_attested_is_not_changed_at_the_door(countenance: CommandLine) -> None:
    countenance("case", "open", "24-1183", "--from", "case.toml")
    run = countenance("search", "album", PHOTO, "--case", "24-1183", "--purpose", "missing_person", "--json")
    assert (run.code, run.document["error"]["code"]) == (3, "case_invalid")


def test_claims_are_attested_by_name_and_said_to_be_unchecked(countenance: CommandLine) -> None:
    countenance("case", "open", "24-1183", "--from", "case.toml", "--reason", "investigation")
    run = countenance("case", "show", "24-1183")
    assert "Attested by M. Example, not checked by this software" in run.words
    assert "any search could give" in run.words


def test_flags_win_over_the_file_and_lists_can_be_emptied(countenance: CommandLine, tmp_path: Path) -> None:
    (tmp_path / "warrant.pdf").write_bytes(b"a warrant")
    run = countenance(
        "case", "open", "24-2", "--from", "case.toml", "--operator", "Somebody Else", "--selection-basis", "none",
        "--corroboration", "physical_evidence", "--corroboration", "location_evidence", "--no-adverse-effect",
        "--place", "DE", "--place", "FR", "--auth-document", "warrant.pdf", "--expires", "30m", "--json",
    )  # fmt: skip
    case = run.document["case"]
    assert case["operator"] == "Somebody Else"
    assert case["claims"]["selection_basis"] == []
    assert case["claims"]["corroboration"] == ["location_evidence", "physical_evidence"]
    assert case["claims"]["jurisdictions"] == ["DE", "FR"]
    assert len(case["authorisation_document_sha256"]) == 64


def test_a_document_named_in_a_file_is_looked_for_beside_it(countenance: CommandLine, tmp_path: Path) -> None:
    folder = tmp_path / "papers"
    folder.mkdir()
    (folder / "case.toml").write_text(ALBUM + 'auth_document = "order.pdf"\n')
    words = ("case", "open", "24-2", "--from", "papers/case.toml", "--json")
    missing = countenance(*words)
    assert (missing.code, missing.document["error"]["code"]) == (3, "file_unreadable")
    (folder / "order.pdf").write_bytes(b"")
    assert countenance(*words).document["error"]["code"] == "case_invalid"
    (folder / "order.pdf").write_bytes(b"an order")
    assert countenance(*words).code == 0


def test_there_is_a_flag_for_every_claim() -> None:
    command: Any = typer.main.get_command(app)
    options = {name for one in command.commands["case"].commands["open"].params for name in one.opts}
    assert {f"--{name.replace('_', '-')}" for name in CASE_CLAIMS} <= options


def test_a_case_that_lacks_something_says_all_of_it(countenance: CommandLine) -> None:
    run = countenance("case", "open", "24-1183", "--json")
    assert (run.code, run.document["error"]["code"]) == (3, "case_invalid")
    for name in ("actor_sector", "on_behalf_of", "purpose", "jurisdictions", "selection_basis"):
        assert f"{name} is missing" in run.document["error"]["message"]


def test_a_number_that_is_not_in_the_list_opens_nothing(
    countenance: CommandLine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "cases.csv").write_text("case_number,status\n24-1183,open\n")
    monkeypatch.setenv("COUNTENANCE_CASE_LIST", str(tmp_path / "cases.csv"))
    unknown = countenance("case", "open", "24-9", "--from", "case.toml", "--json")
    assert (unknown.code, unknown.document["error"]["code"]) == (8, "case_not_listed")
    opened = countenance("case", "open", "24-1183", "--from", "case.toml", "--json")
    assert opened.document["case"]["case_list_checked"] is True
    (tmp_path / "cases.csv").unlink()
    refused = countenance("search", "album", PHOTO, "--case", "24-1183", "--json")
    assert (refused.code, refused.document["error"]["code"]) == (8, "case_list_unavailable")
    entries = countenance("ledger", "show", "--limit", "100", "--json").document["entries"]
    assert "24-9" in json.dumps([entry for entry in entries if entry["kind"] == "act_denied"])


def test_a_case_that_is_not_there_is_code_4(countenance: CommandLine) -> None:
    for words in (("case", "show", "x"), ("case", "close", "x"), ("case", "credentials", "renew", "x")):
        run = countenance(*words, "--json")
        assert (run.code, run.document["error"]["code"]) == (4, "case_not_found")
