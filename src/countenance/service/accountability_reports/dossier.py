"""A search's dossier: who, why, under which authority, with what, whom it listed, who looked, what came of it.

Rules kept here:

- While a review goes on, nobody is told whom the search listed: it would end the reviewers' blindness.
- Candidates who were not chosen and a search that found nobody stand in it like the rest.
- A claim is followed by who attested it. What is not recorded is listed as missing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from countenance.ledger.entries import utc_text
from countenance.ledger.field_types import FieldValue
from countenance.ledger.kinds import EntryKind
from countenance.service.accountability_reports.act_entries import ActEntries, find_act, words_of
from countenance.service.accountability_reports.candidates import Listing, listing
from countenance.service.accountability_reports.claims import claims_part
from countenance.service.accountability_reports.sources import Sources
from countenance.service.accountability_reports.systems import certificate_part, threshold_part
from countenance.service.accountability_reports.told import results_part, review_part, told_part
from countenance.service.accountability_reports.wording import LEAD, LIMITS, NOT_STATED, in_words

SCHEMA = "countenance.dossier/1"


def dossier(sources: Sources, act: str, *, names: bool = True) -> dict[str, Any]:
    """Return everything on record about one act as a document of plain values.

    Args:
        sources: Where the facts are.
        act: The act's identifier, or that of one of its entries or of its review.
        names: Whether candidates who were not released are named. Whoever was released is named in any case.

    Raises:
        InputError: There is no such act.
        LedgerError, ProofInvalid: The ledger cannot prove the entry.
    """
    return dossier_of(sources, find_act(sources.journal, act), names=names)


def dossier_of(sources: Sources, entries: ActEntries, *, names: bool = True) -> dict[str, Any]:
    """Return the dossier of entries that were read already; see ``dossier``."""
    request = entries.request.fields
    listed = listing(sources, entries, names=names)
    document: dict[str, Any] = {
        "schema": SCHEMA,
        "made_at": utc_text(sources.now),
        "software_version": sources.software_version,
        "act_id": entries.act_id,
        "action": in_words(str(request.get("action", ""))),
        "statement": _statement(entries, listed),
        "who": _who(sources, request),
        "when": _when(entries),
        "case": _case(sources, entries),
        "claims": claims_part(sources, request),
        "decision": _decision(request),
        "probe": _probe(entries),
        "gallery": _gallery(sources, entries),
        "system": _system(sources, entries),
        "candidates": listed.document(),
        "review": review_part(sources, entries, listed),
        "results": results_part(sources, entries),
        "disclosures": told_part(sources, entries, listed),
        "ledger": _ledger(sources, entries),
        "limits": list(LIMITS),
    }
    document["missing"] = _missing(document, entries)
    return document


def _statement(entries: ActEntries, listed: Listing) -> str:
    if entries.is_refused:
        return "Refused: nothing was searched."
    if listed.withheld_because:
        return "Held for review: nobody is told yet whom the search listed."
    result = entries.value("result")
    if listed.items:
        return LEAD
    if result == "nobody":
        return "Nobody was found: no stored photo was alike enough."
    return {
        "failed": "The act failed; nothing was given out.",
        "interrupted": "The act was interrupted; nothing was given out.",
        "None": "No outcome is on record: the process died, or the act still goes on.",
        "no_face": "No usable face was found in the probe; nothing was compared.",
    }.get(str(result), "No candidates are on record.")


def _who(sources: Sources, request: Mapping[str, FieldValue]) -> dict[str, Any]:
    operator = str(request["operator_id"])
    attester = str(request.get("attester_id", operator))
    return {
        "operator": sources.people.called(operator),
        "operator_id": operator,
        "role": in_words(str(request.get("role", ""))),
        "door": in_words(str(request.get("interface", ""))),
        "attested_by": sources.people.called(attester),
        "attester_id": attester,
    }


def _when(entries: ActEntries) -> dict[str, Any]:
    outcome = {} if entries.outcome is None else entries.outcome.fields
    started, finished = outcome.get("started_at"), outcome.get("finished_at")
    seconds = None
    if isinstance(started, str) and isinstance(finished, str):
        seconds = (datetime.fromisoformat(finished) - datetime.fromisoformat(started)).total_seconds()
    return {"asked": utc_text(entries.request.recorded_at), "finished": finished, "seconds": seconds}


def _case(sources: Sources, entries: ActEntries) -> dict[str, Any] | None:
    case_id = entries.request.fields.get("case_id")
    if not isinstance(case_id, str):
        return None
    kept = sources.case(case_id)
    opened = next((entry for entry in entries.case if entry.kind == EntryKind.CASE_OPENED), None)
    closed = next((entry for entry in entries.case if entry.kind == EntryKind.CASE_CLOSED), None)
    fields = {} if opened is None else opened.fields
    return {
        "case_id": case_id,
        "number": entries.request.fields.get("case_number") or (kept.case_number if kept else None),
        "operator": kept.operator if kept else sources.people.called(fields.get("operator_id")),
        "attested_by": kept.attested_by if kept else sources.people.called(fields.get("attester_id")),
        "reason": (kept.purpose_text if kept else None) or fields.get("purpose_text"),
        "opened": None if opened is None else utc_text(opened.recorded_at),
        "closed": None if closed is None else utc_text(closed.recorded_at),
        "number_checked_against_list": fields.get("case_list_checked"),
    }


def _decision(request: Mapping[str, FieldValue]) -> dict[str, Any]:
    rules, reasons = words_of(request, "deciding_rules"), words_of(request, "reasons")
    said = reasons if len(reasons) == len(rules) else ("",) * len(rules)
    return {
        "decision": _DECISIONS.get(str(request["decision"]), in_words(str(request["decision"]))),
        "rules": [{"rule": rule, "says": says} for rule, says in zip(rules, said, strict=True)],
        "packs": list(words_of(request, "packs")),
        "packs_switched_off": list(words_of(request, "packs_disabled")),
        "errors": list(words_of(request, "evaluation_errors")),
        "policy_digest": request["policy_digest"],
    }


_DECISIONS = {
    "permit": "No loaded rule objected. That is no finding that the search was lawful.",
    "review": "Allowed to run; its result was held until people had looked.",
    "deny": "Refused.",
    "not_covered": "Refused: no loaded rule covers this.",
}


def _probe(entries: ActEntries) -> dict[str, Any]:
    request = entries.request.fields
    return {
        "digest": request.get("probe_digest"),
        "source": in_words(str(request.get("probe_source", ""))),
        "edits": list(words_of(request, "probe_edits")) if "probe_edits" in request else None,
        "faces_found": entries.value("faces_found"),
        "quality": list(map(str, quality)) if isinstance(quality := entries.value("probe_quality"), tuple) else [],
    }


def _gallery(sources: Sources, entries: ActEntries) -> list[dict[str, Any]]:
    return [
        {
            "gallery_id": gallery,
            "name": sources.gallery(gallery),
            "source": in_words(str(entries.request.fields.get("gallery_source", ""))),
            "revision": entries.value("gallery_revision"),
            "people": entries.value("gallery_subjects"),
            "references": entries.value("gallery_references"),
        }
        for gallery in words_of(entries.request.fields, "gallery_ids")
    ]


def _system(sources: Sources, entries: ActEntries) -> dict[str, Any]:
    model, value = entries.value("model_digest"), entries.value("threshold_value")
    certificate = entries.value("certificate_digest")
    outcome = {} if entries.outcome is None else entries.outcome.fields
    threshold = None
    if isinstance(model, str) and value is not None:
        threshold = threshold_part(sources, model, float(str(value)), outcome)
    return {
        "model_digest": model,
        "model": _model_name(sources, model, threshold),
        "threshold": threshold,
        "expected_false_candidates": outcome.get("expected_false_candidates"),
        "exact_search": outcome.get("exact_search"),
        "measured_recall": outcome.get("measured_recall"),
        "certificate": certificate_part(sources.certificate(certificate), certificate)
        if isinstance(certificate, str)
        else None,
    }


def _model_name(sources: Sources, model: object, threshold: Mapping[str, Any] | None) -> str | None:
    if not isinstance(model, str) or threshold is None:
        return None
    known = sources.threshold(model, float(threshold["value"]))
    return None if known is None else known.model.name


def _ledger(sources: Sources, entries: ActEntries) -> dict[str, Any]:
    proof = sources.prove(entries.last.entry_id)
    return {
        "name": sources.origin,
        "entries": [
            {
                "index": entry.index,
                "kind": in_words(entry.kind),
                "at": utc_text(entry.recorded_at),
                "entry_id": entry.entry_id,
            }
            for entry in entries.everything
        ],
        "proof": {
            "entry_id": entries.last.entry_id,
            "index": entries.last.index,
            "leaf_hash": proof.leaf_hash,
            "hashes": list(proof.hashes),
            "checkpoint_entries": proof.checkpoint.entries,
            "checkpoint": proof.checkpoint.signed.decode(),
        },
    }


def _missing(document: Mapping[str, Any], entries: ActEntries) -> list[str]:
    claims = {claim["name"] for claim in document["claims"]}
    system, probe = document["system"], document["probe"]
    checks: Sequence[tuple[bool, str]] = (
        ("Purpose" not in claims, "purpose"),
        ("Legal basis" not in claims, "legal basis"),
        (document["case"] is None, "case"),
        (probe["digest"] is None, "digest of the probe"),
        (probe["edits"] is None, "whether the probe was edited (nobody stated it)"),
        (probe["source"] == NOT_STATED, "where the probe came from"),
        (not entries.is_refused and system["threshold"] is None, "threshold"),
        (
            bool(system["threshold"]) and system["threshold"]["false_match_rate"] is None,
            "the false match rate at the threshold",
        ),
        (system["certificate"] is None, "error rates by group: no evaluation certificate was in use"),
        (not entries.is_refused and entries.outcome is None, "how the act ended: no outcome is recorded"),
        (not entries.is_refused and not entries.results, "what came of it: no result was reported"),
    )
    return [what for is_missing, what in checks if is_missing]
