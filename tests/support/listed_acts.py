"""Entries of several acts out of a ledger in memory, found by reading all of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from countenance.service.ledger_port import EntryRow
from tests.support.report_samples import ReportLedger


def acts_of(ledger: ReportLedger) -> Callable[[Sequence[str], Sequence[str]], list[EntryRow]]:
    """Return what gives the entries of acts, as the database does."""

    def of_acts(act_ids: Sequence[str], kinds: Sequence[str]) -> list[EntryRow]:
        return [row for row in ledger.rows.rows if row.act_id in act_ids and row.kind in kinds]

    return of_acts
