"""A packet for disclosure: complete, verifiable by itself, and recorded before it is handed out."""

from __future__ import annotations

import hashlib
import io
import json
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from countenance.bootstrap.ledger import standalone_verifier
from countenance.core.errors import InputError, LedgerError, ReviewUndecided
from countenance.ledger.kinds import EntryKind
from countenance.service.accountability_reports.disclosure import Enclosures, Packet, disclosure_packet
from countenance.service.journal_port import EntryFilter
from countenance.service.ledger_exports import LedgerExports
from tests.support.certificate_samples import certificate
from tests.support.report_samples import BRUNO, ReportLedger, made_up_certificate, reviewed_search

CASE = "0c" * 16


def packet(ledger: ReportLedger, *, audit_result: bytes | None = None, **what: Any) -> Packet:
    custody = ledger.custody()
    enclosures = Enclosures(
        standalone_verifier().read_bytes(), [str(key) for key in custody.verifier_keys()], audit_result
    )
    return disclosure_packet(
        ledger.sources(),
        LedgerExports(ledger.rows, ledger.journal, custody),
        enclosures,
        operator_id=BRUNO,
        **what,
    )


def unzipped(made: Packet) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(made.content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_null_results_and_unchosen_candidates_are_in_it_without_their_names() -> None:
    ledger = ReportLedger()
    ledger.open_case(CASE)
    acts = [reviewed_search(ledger, case_id=CASE), ledger.search("nobody", case_id=CASE), ledger.refusal(case_id=CASE)]
    made = packet(ledger, case_id=CASE)
    files = unzipped(made)
    assert made.acts == tuple(acts)
    documents = [json.loads(files[f"dossiers/{act}.json"]) for act in acts]
    assert [len(one["candidates"]["items"]) for one in documents] == [4, 0, 0]
    assert documents[1]["statement"].startswith("Nobody was found")
    text = b"".join(files.values()).decode()
    assert "person 1" in text
    assert "person 2" not in text
    assert "person 2" in b"".join(unzipped(packet(ledger, case_id=CASE, names=True)).values()).decode()


def test_the_verifier_in_it_verifies_it_and_notices_a_change(tmp_path: Path) -> None:
    ledger = ReportLedger()
    files = unzipped(packet(ledger, act=reviewed_search(ledger)))
    for name in ("entries.jsonl", "checkpoint.txt", "keys.txt", "countenance_verify.py"):
        (tmp_path / name).write_bytes(files[f"ledger/{name}"])
    key = files["ledger/keys.txt"].decode().split()[-1]
    command = [sys.executable, "countenance_verify.py", "entries.jsonl", "checkpoint.txt", "--key", key]
    sound = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert sound.stdout.startswith("VERIFIED"), sound.stdout + sound.stderr
    entries = (tmp_path / "entries.jsonl").read_bytes()
    assert b'"missing_person"' in entries
    (tmp_path / "entries.jsonl").write_bytes(entries.replace(b'"missing_person"', b'"victim_search"', 1))
    changed = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert changed.stdout.startswith("NOT VERIFIED")


def test_that_it_was_made_is_recorded_with_its_digest_and_for_whom() -> None:
    ledger = ReportLedger()
    act = ledger.search()
    made = packet(ledger, act=act, recipient="the defence")
    (entry,) = ledger.journal.entries(EntryFilter(kinds=(EntryKind.EXPORT_MADE,), act_id=act))
    assert entry.entry_id == made.recorded.entry_id
    assert entry.fields["what"] == "disclosure_packet"
    assert entry.fields["content_digest"] == hashlib.sha256(made.content).hexdigest() == made.sha256
    assert entry.fields["recipient"] == "the defence"
    # The next dossier says who was told.
    again = json.loads(unzipped(packet(ledger, act=act))[f"dossiers/{act}.json"])
    assert again["disclosures"][-1]["to"] == "the defence"


def test_if_it_cannot_be_recorded_there_is_no_packet() -> None:
    ledger = ReportLedger()
    act = ledger.search()
    ledger.custody()
    ledger.rows.fails = True
    with pytest.raises(LedgerError, match="told to fail"):
        packet(ledger, act=act)


def test_while_a_review_goes_on_there_is_no_packet() -> None:
    ledger = ReportLedger()
    with pytest.raises(ReviewUndecided, match="no packet"):
        packet(ledger, act=reviewed_search(ledger, end=False))


def test_the_models_certificate_is_in_it_and_only_the_audit_result_that_it_names() -> None:
    ledger = ReportLedger()
    act = ledger.search()
    files = unzipped(packet(ledger, act=act))
    known = made_up_certificate("cc" * 32)
    assert known is not None
    assert files["error-rates/certificate-cccccccccccc.json"] == known.envelope
    assert json.loads(files["error-rates/groups.json"])[0]["worst_false_match"]["group"] == "sex=b"
    assert certificate().audit_result_sha256 != hashlib.sha256(b"other").hexdigest()
    with pytest.raises(InputError, match="not the one"):
        packet(ledger, act=act, audit_result=b"other")


def test_the_sums_are_those_of_the_files() -> None:
    ledger = ReportLedger()
    files = unzipped(packet(ledger, act=ledger.search()))
    lines = [line.split("  ") for line in files.pop("SHA256SUMS").decode().splitlines()]
    sums = {name: digest for digest, name in lines}
    assert sums == {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}
    assert "candidate is an investigative lead, not an identification" in files["README.txt"].decode()


def test_a_case_nothing_was_done_under_has_no_packet() -> None:
    ledger = ReportLedger()
    ledger.open_case(CASE)
    with pytest.raises(InputError, match="Nothing was done"):
        packet(ledger, case_id=CASE)
