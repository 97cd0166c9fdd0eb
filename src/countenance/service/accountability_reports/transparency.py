"""The report for a period: one document, which pages, tables and files are made from.

Rules kept here:

- Everything comes from the ledger's entries of the period. What the ledger cannot know is listed as missing, with who
  would know; nothing is left blank.
- Identifiers stand for operators; what somebody typed stays in the ledger.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from statistics import median
from typing import Any

from countenance.ledger.entries import utc_text
from countenance.ledger.kinds import EntryKind
from countenance.service.accountability_reports.breakdowns import Breakdown, SearchTables, search_tables
from countenance.service.accountability_reports.missing import missing_fields
from countenance.service.accountability_reports.people import SHORT
from countenance.service.accountability_reports.period import (
    FAILED,
    INTERRUPTED,
    Period,
    Recorded,
    RecordedAct,
    read_period,
)
from countenance.service.accountability_reports.reviewing import review_part
from countenance.service.accountability_reports.sources import Sources
from countenance.service.accountability_reports.systems import models_part
from countenance.service.accountability_reports.wording import REPORT_LIMITS, in_words
from countenance.service.erasure import ERASED, LOOKED_AGAIN, NOT_HELD
from countenance.service.journal_port import EntryFilter, JournalEntry

SCHEMA = "countenance.transparency-report/1"
#: Smallest count about people searched for that is shown. Source: a usual minimum of statistical offices is 3 to 10;
#: the US Census Bureau and many states' health and education reports withhold below 5 or 10.
MINIMUM_CELL = 5
RESULT_REPORTED_WRONG = "false_match_known"


def transparency_report(sources: Sources, period: Period, *, minimum: int = MINIMUM_CELL) -> dict[str, Any]:
    """Return the report for a period as a document of plain values.

    Args:
        sources: Where the facts are.
        period: Which days.
        minimum: Smallest count about people searched for that is shown besides nought; 1 withholds nothing.
    """
    recorded = read_period(sources.journal, period)
    searches = recorded.searches
    tables = search_tables(searches, minimum, sources.gallery, _rule_words(recorded.acts))
    document: dict[str, Any] = {
        "schema": SCHEMA,
        "made_at": utc_text(sources.now),
        "software_version": sources.software_version,
        "ledger": sources.origin,
        "period": {"from": period.first.isoformat(), "to": period.last.isoformat(), "time_zone": "UTC"},
        "entries": {"count": recorded.entries, "first": recorded.first_entry, "last": recorded.last_entry},
        "minimum_cell": minimum,
        "searches": _searches_part(tables, searches),
        "tables": [_table(item) for item in (tables.outcomes, *tables.tables, tables.refusals)],
        "errors": _errors_part(recorded),
        "reviews": review_part(sources.journal, recorded, minimum, shown=tables.shows_held),
        "models": models_part(sources, searches, minimum),
        "galleries": _galleries_part(sources, recorded),
        "changes": _changes_part(recorded),
        "erasures": _erasures_part(recorded),
        "disclosures": [_disclosure(entry) for entry in recorded.of(EntryKind.EXPORT_MADE)],
        "audits": [_audit(entry) for entry in recorded.of(EntryKind.AUDIT_COMPLETED)],
        "checkpoints": _checkpoints_part(sources, recorded),
        "limits": list(REPORT_LIMITS),
    }
    document["missing"] = missing_fields(recorded, searches)
    return document


def _searches_part(tables: SearchTables, searches: Sequence[RecordedAct]) -> dict[str, Any]:
    return {
        "asked": tables.outcomes.table.total[0] if searches else 0,
        "refused": sum(act.refused for act in searches) if tables.shows_refused or not searches else None,
        "listed_somebody": tables.listed_somebody if searches else 0,
        "people_who_searched": len({act.fields.get("operator_id") for act in searches}),
        "galleries_searched": len({gallery for act in searches for gallery in act.words("gallery_ids")}),
    }


def _rule_words(acts: Sequence[RecordedAct]) -> dict[str, str]:
    words: dict[str, str] = {}
    for act in acts:
        if act.refused:
            rules, reasons = act.words("deciding_rules"), act.words("reasons")
            if len(rules) == len(reasons):
                words.update(zip(rules, reasons, strict=True))
    return words


def _table(item: Breakdown) -> dict[str, Any]:
    shown = item.table
    return {
        "name": item.name,
        "title": item.title,
        "note": item.note,
        "columns": [in_words(column) for column in shown.columns],
        "rows": [{"label": row.label, "cells": list(row.cells)} for row in shown.rows],
        "total": list(shown.total) if shown.adds_up else None,
        "withheld_rows": shown.withheld,
        "all_withheld": shown.all_withheld,
    }


def _errors_part(recorded: Recorded) -> dict[str, Any]:
    """Return the operator's errors and interventions; these are never withheld."""
    reported = recorded.of(EntryKind.RESULT_REPORTED)
    return {
        "acts_failed": sum(act.ended == FAILED for act in recorded.acts),
        "acts_interrupted": sum(act.ended == INTERRUPTED for act in recorded.acts),
        "overrides": [
            {
                "at": utc_text(entry.recorded_at),
                "by": short(entry, "operator_id"),
                "rules": list(_words(entry, "overridden_rules")),
                "entry_id": entry.entry_id,
            }
            for entry in recorded.of(EntryKind.OVERRIDE)
        ],
        "results_reported": len(reported),
        "false_matches_known": sum(entry.fields.get(RESULT_REPORTED_WRONG) is True for entry in reported),
        "reported_as": dict(Counter(in_words(str(entry.fields["result"])) for entry in reported)),
        "disclosed_to_defence": sum(entry.fields.get("disclosed_to_defence") is True for entry in reported),
        "backups_restored": len(recorded.of(EntryKind.BACKUP_RESTORED)),
        "packs_switched_off_now": _packs_off(recorded),
        "federal_law": next(
            (act.word("federal_law_id") for act in reversed(recorded.acts) if act.word("federal_law_id")), None
        ),
    }


def _packs_off(recorded: Recorded) -> list[str]:
    return list(recorded.acts[-1].words("packs_disabled")) if recorded.acts else []


def _galleries_part(sources: Sources, recorded: Recorded) -> dict[str, Any]:
    last: dict[str, RecordedAct] = {}
    for act in recorded.searches:
        for gallery in act.words("gallery_ids"):
            last[gallery] = act
    return {
        "searched": [
            {
                "gallery_id": gallery,
                "name": sources.gallery(gallery),
                "source": in_words(act.word("gallery_source")),
                "people": act.measured("gallery_subjects"),
                "references": act.measured("gallery_references"),
                "as_of": utc_text(act.at),
            }
            for gallery, act in sorted(last.items(), key=lambda item: sources.gallery(item[0]))
        ],
        "created": [
            {
                "at": utc_text(entry.recorded_at),
                "name": sources.gallery(str(entry.fields["gallery_id"])),
                "source": in_words(str(entry.fields.get("gallery_source", ""))),
                "retention_days": entry.fields.get("retention_days"),
                "entry_id": entry.entry_id,
            }
            for entry in recorded.of(EntryKind.GALLERY_CREATED)
        ],
        "deleted": len(recorded.of(EntryKind.GALLERY_DELETED)),
        "references_enrolled": _sum(recorded.of(EntryKind.ENROLMENT), "references"),
        "photos_refused": _sum(recorded.of(EntryKind.ENROLMENT), "refused"),
    }


def _changes_part(recorded: Recorded) -> list[dict[str, Any]]:
    """Return changes of rules, thresholds and certificates, oldest first."""
    changes: list[dict[str, Any]] = []
    for entry in recorded.of(
        EntryKind.POLICY_CHANGED,
        EntryKind.THRESHOLD_CHANGED,
        EntryKind.CERTIFICATE_LOADED,
        EntryKind.LEDGER_KEY_CHANGED,
    ):
        fields = entry.fields
        if entry.kind == EntryKind.POLICY_CHANGED:
            pack = f" {fields['pack']} {fields.get('pack_version', '')}".rstrip() if "pack" in fields else ""
            what = f"{in_words(str(fields['change']))}{pack}"
        elif entry.kind == EntryKind.THRESHOLD_CHANGED:
            before = fields.get("value_before")
            since = f" from {before}" if before is not None else ""
            rate = fields.get("false_match_rate")
            what = f"threshold set{since} to {fields['value_after']}" + (f", measured FMR {rate}" if rate else "")
        elif entry.kind == EntryKind.CERTIFICATE_LOADED:
            accepted = "accepted" if fields["accepted"] is True else "not accepted"
            what = f"certificate {str(fields['certificate_digest'])[:12]} {accepted}"
        else:
            what = "signing key of the ledger changed"
        changes.append(
            {
                "at": utc_text(entry.recorded_at),
                "what": what,
                "by": short(entry, "operator_id"),
                "entry_id": entry.entry_id,
            }
        )
    return changes


def _erasures_part(recorded: Recorded) -> dict[str, Any]:
    """Return what was erased. One request is one act: an entry a gallery for what went, and one for looking again."""
    entries, expired = recorded.of(EntryKind.ERASURE), recorded.of(EntryKind.EXPIRY)
    erased, looked_again = (
        [entry for entry in entries if entry.fields.get("result") == result] for result in (ERASED, LOOKED_AGAIN)
    )
    # Both say the same in each gallery's entry of an act.
    received = {str(entry.fields["act_id"]): entry.fields.get("request_received_at") for entry in erased}
    found = {str(entry.fields["act_id"]): entry.fields.get("found_again") for entry in looked_again}
    hours = [
        (entry.recorded_at - datetime.fromisoformat(moment)).total_seconds() / 3600
        for act_id, entry in {str(entry.fields["act_id"]): entry for entry in erased}.items()
        if isinstance(moment := received[act_id], str)
    ]
    return {
        "on_request": len(received),
        "nothing_held": len({entry.fields["act_id"] for entry in entries if entry.fields.get("result") == NOT_HELD}),
        "references_erased": _sum(erased, "references"),
        "searched_again": len(
            {entry.fields["act_id"] for entry in looked_again if entry.fields["searched_again"] is True}
        ),
        "found_again": sum(count for count in found.values() if isinstance(count, int)),
        "median_hours_from_request": round(median(hours), 1) if hours else None,
        "longest_hours_from_request": round(max(hours), 1) if hours else None,
        "without_request_time": len(received) - len(hours),
        "expiries": len(expired),
        "references_expired": _sum(expired, "references"),
    }


def _disclosure(entry: JournalEntry) -> dict[str, Any]:
    return {
        "at": utc_text(entry.recorded_at),
        "what": in_words(str(entry.fields["what"])),
        "entries": entry.fields.get("entries"),
        "entry_id": entry.entry_id,
    }


def _audit(entry: JournalEntry) -> dict[str, Any]:
    return {
        "at": utc_text(entry.recorded_at),
        "result_digest": entry.fields["result_digest"],
        "entry_id": entry.entry_id,
    }


def _checkpoints_part(sources: Sources, recorded: Recorded) -> dict[str, Any]:
    published = recorded.of(EntryKind.CHECKPOINT_PUBLISHED)
    earlier = sources.journal.entries(
        EntryFilter(kinds=(EntryKind.CHECKPOINT_PUBLISHED,), before=recorded.period.end), limit=1
    )
    return {
        "published": [
            {
                "at": utc_text(entry.recorded_at),
                "entries": entry.fields["entries"],
                "root": entry.fields["root"],
                "to": in_words(str(entry.fields.get("destination_kind", ""))),
                "witnesses": list(_words(entry, "witnesses")),
            }
            for entry in published
        ],
        "last": utc_text(earlier[0].recorded_at) if earlier else None,
    }


def short(entry: JournalEntry, name: str) -> str:
    """Return the beginning of an identifier of an entry, for people."""
    value = entry.fields.get(name)
    return f"operator {str(value)[:SHORT]}" if value else "not recorded"


def _words(entry: JournalEntry, name: str) -> tuple[str, ...]:
    value = entry.fields.get(name)
    return tuple(map(str, value)) if isinstance(value, tuple) else ()


def _sum(entries: Sequence[JournalEntry], name: str) -> int:
    return sum(value for entry in entries if isinstance(value := entry.fields.get(name), int))
