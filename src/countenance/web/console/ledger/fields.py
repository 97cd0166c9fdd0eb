"""The fields of an entry with their words: grouped as somebody asks for them, each value shown or said why not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from countenance.ledger.field_types import FieldType, FieldValue
from countenance.ledger.kinds import SCHEMAS, EntryKind
from countenance.service.accountability_reports.wording import in_words
from countenance.service.accountability_reports.wording import moment as second_of
from countenance.service.journal_port import JournalEntry
from countenance.web.console.ledger.sight import REASONS, Sight

#: Headings of an entry's page, each with the beginnings of names that stand under it; the first that fits counts.
_GROUPS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("Who", ("operator_id", "role", "agency_id", "actor_sector", "on_behalf_of", "credential_id", "interface",
             "reviewer_id", "holder_id", "account_id", "second_operator_id", "released_to", "closed_by", "recipient",
             "attester_id")),
    ("Why and under what", ("purpose", "case_", "jurisdictions", "legal_basis", "authorisation_", "emergency",
                            "attested_claims", "offence_", "suspicion", "consent_", "notice", "reason", "basis",
                            "selection_basis", "intended_use", "corroboration", "adverse_effect",
                            "defence_disclosure")),
    ("Decided by", ("decision", "deciding_rules", "reasons", "evaluation_errors", "policy_digest", "packs",
                    "overridden_rules")),
    ("With what", ("model_digest", "threshold_", "certificate_digest", "worst_group_rate", "false_positive_ratio",
                   "gallery_", "exact_search", "measured_recall", "value_", "false_match_rate",
                   "false_non_match_rate", "signer_key")),
    ("The photo", ("probe", "targeted", "mode", "timing", "space", "faces_found")),
)  # fmt: skip
_LABELS: Mapping[str, str] = {
    "operator_id": "Person", "attester_id": "Vouched for by", "case_id": "Case", "case_number": "Case number",
    "purpose_text": "In words", "deciding_rules": "Rules that decided", "packs": "Packs in force",
    "packs_disabled": "Packs switched off", "policy_digest": "Digest of the rules", "request_digest": "Digest of it",
    "model_digest": "Model", "threshold_value": "Threshold, similarity", "threshold_digest": "Threshold record",
    "act_id": "Act", "intent_entry_id": "Intent", "review_id": "Review", "gallery_ids": "Galleries",
    "gallery_id": "Gallery", "candidate_scores": "Similarities", "candidate_reference_ids": "References listed",
    "candidate_subject_digests": "People listed, as digests", "probe_digest": "Photo, as keyed digest",
    "expected_false_candidates": "False candidates to expect", "holder_id": "Whose account",
    "vote_entry_ids": "Votes", "denied_entry_id": "Refusal", "error_code": "Error",
}  # fmt: skip
#: Fields that lead to another page: name → where, with the value in it.
_LINKS: Mapping[str, str] = {
    "act_id": "/searches/{}", "case_id": "/cases/{}", "intent_entry_id": "/ledger/{}", "denied_entry_id": "/ledger/{}",
    "vote_entry_ids": "/ledger/{}",
}  # fmt: skip
_PEOPLE = frozenset(
    {"operator_id", "attester_id", "reviewer_id", "holder_id", "second_operator_id", "released_to", "closed_by"}
)
_SHOWN_MOST = 24


@dataclass(frozen=True, slots=True)
class Shown:
    """One value of a field as a page shows it.

    Attributes:
        text: In words.
        link: Where it leads, or empty.
        code: Whether it is a digest or identifier.
    """

    text: str
    link: str = ""
    code: bool = False


@dataclass(frozen=True, slots=True)
class FieldShown:
    """A field as a page shows it.

    Attributes:
        name: Its name in the ledger.
        label: Its name for people.
        values: Its values; empty where they are hidden or there are none.
        more: How many values were left out because there are many.
        hidden: Why it is not shown, or empty.
    """

    name: str
    label: str
    values: tuple[Shown, ...] = ()
    more: int = 0
    hidden: str = ""


def groups(
    entry: JournalEntry, sight: Sight, *, reviewing: bool, people: Mapping[str, str], galleries: Mapping[str, str]
) -> list[tuple[str, list[FieldShown]]]:
    """Return the fields of an entry under their headings.

    Args:
        entry: The entry.
        sight: What the reader sees.
        reviewing: Whether the review that the entry speaks of goes on.
        people: Identifier → name, of those the reader may see.
        galleries: Identifier → name.
    """
    found: dict[str, list[FieldShown]] = {}
    for name in _order(entry):
        hidden = sight.hidden(entry, name, reviewing=reviewing)
        label = _LABELS.get(name, name.removesuffix("_id").replace("_", " ").capitalize())
        if name in entry.withheld:
            shown = FieldShown(name, label, hidden=f"taken out: {in_words(entry.withheld[name])}")
        elif hidden is not None and not (name in _PEOPLE and entry.fields[name] == sight.own_id):
            shown = FieldShown(name, label, hidden=REASONS.get(hidden, in_words(hidden)))
        else:
            values = tuple(_shown(entry, name, people, galleries))
            shown = FieldShown(name, label, values[:_SHOWN_MOST], max(0, len(values) - _SHOWN_MOST))
        found.setdefault(_heading(name), []).append(shown)
    headings = [*(heading for heading, _ in _GROUPS), _REST]
    return [(heading, found[heading]) for heading in headings if heading in found]


_REST = "What came of it"


def _heading(name: str) -> str:
    return next((heading for heading, starts in _GROUPS if name.startswith(starts)), _REST)


def _order(entry: JournalEntry) -> list[str]:
    """Return the names of an entry's fields in the order of its kind, unknown ones last."""
    present = {**entry.fields, **entry.withheld}
    schema = _schema(entry)
    return [*(name for name in schema if name in present), *sorted(name for name in present if name not in schema)]


def _schema(entry: JournalEntry) -> Mapping[str, object]:
    return SCHEMAS[EntryKind(entry.kind)] if entry.kind in set(EntryKind) else {}


def _shown(
    entry: JournalEntry, name: str, people: Mapping[str, str], galleries: Mapping[str, str]
) -> Iterator[Shown]:  # fmt: skip
    value = entry.fields[name]
    spec = SCHEMAS[EntryKind(entry.kind)].get(name) if entry.kind in set(EntryKind) else None
    kind = FieldType.TEXT if spec is None else spec.type
    for one in value if isinstance(value, tuple) else (value,):
        yield _one(name, kind, one, people, galleries)


def _one(
    name: str, kind: FieldType, value: FieldValue, people: Mapping[str, str], galleries: Mapping[str, str]
) -> Shown:  # fmt: skip
    if isinstance(value, bool):
        return Shown("yes" if value else "no")
    if isinstance(value, int):
        return Shown(f"{value:,}")
    text = str(value)
    if kind is FieldType.TIME:
        return Shown(second_of(datetime.fromisoformat(text).isoformat()))
    if kind in (FieldType.IDENTIFIER, FieldType.DIGEST, FieldType.KEYED_DIGEST):
        known = people.get(text) if name in _PEOPLE else galleries.get(text)
        if known:
            return Shown(known, f"/galleries/{known}" if text in galleries else "")
        return Shown(text, _LINKS.get(name, "").format(text), code=True)
    return Shown(in_words(text) if kind is FieldType.WORD else text, code=name in ("deciding_rules", "packs"))
