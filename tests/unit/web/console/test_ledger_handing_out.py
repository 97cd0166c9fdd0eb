"""Exports that wait to be fetched: the newest stay, and those of a period are its entries and no others."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from countenance.core.errors import InputError
from countenance.service.account_port import Role, SignedIn
from countenance.service.ledger_exports import Redaction
from countenance.web.console.ledger import handing_out
from countenance.web.console.ledger.filters import Narrowed
from tests.support.report_samples import START, ReportLedger


def parts(ledger: ReportLedger) -> Any:
    return cast("Any", SimpleNamespace(journal=ledger.journal, case=lambda named: None))


@pytest.fixture
def ledger() -> ReportLedger:
    made = ReportLedger()
    for _ in range(4):
        made.search("nobody")
        made.clock.now += timedelta(days=1)
    return made


def test_an_export_of_some_days_holds_their_entries_and_no_others(ledger: ReportLedger) -> None:
    second = (START + timedelta(days=1)).date()

    chosen = handing_out._chosen(parts(ledger), Narrowed(first=second, last=second))

    entries = ledger.journal.entries(from_index=0, limit=100)
    assert chosen == [entry.entry_id for entry in entries if entry.recorded_at.date() == second]
    assert len(chosen or ()) == 2
    assert handing_out._chosen(parts(ledger), Narrowed()) is None


def test_too_many_and_none_are_told(ledger: ReportLedger, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InputError, match="no entry"):
        handing_out._chosen(parts(ledger), Narrowed(last=(START - timedelta(days=9)).date()))
    monkeypatch.setattr(handing_out, "MOST_SELECTED", 3)
    with pytest.raises(InputError, match="more than 3"):
        handing_out._chosen(parts(ledger), Narrowed(first=START.date()))


def test_room_is_made_by_the_oldest(tmp_path: Path) -> None:
    for number in range(6):
        path = tmp_path / f"{number}.zip"
        path.write_bytes(b"")
        os.utime(path, (number, number))

    handing_out._make_room(tmp_path)

    assert sorted(path.name for path in tmp_path.iterdir()) == ["3.zip", "4.zip", "5.zip"]


def test_a_redaction_that_is_not_allowed_is_refused() -> None:
    person = SignedIn("0" * 32, "A", frozenset({Role.RECORDS, Role.REVIEWER}), "", START)

    assert handing_out._redaction("default", person) is Redaction.DEFAULT
    for word in ("none", "whatever", ""):
        with pytest.raises(InputError):
            handing_out._redaction(word, person)
