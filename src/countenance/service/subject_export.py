"""Everything held about one person, for them: references, pictures, faces, reviews, and what the ledger says.

Rules kept here:

- Only what is about this person: of an entry that speaks of many, their own position in its lists, and no field that is
  personal to somebody else or typed by an operator.
- An entry speaks of them if it names one of their references, or a digest under their own key. Entries about references
  that are gone already are found by the digest only.
- No template is handed out: it is of use to nobody but a recogniser, and a copy of it is one more to lose.
- That it was handed out is recorded with the digest of what was.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from countenance.ledger.entries import public_reason, utc_text
from countenance.ledger.field_types import FieldValue
from countenance.ledger.kinds import EntryKind
from countenance.service.journal import LARGEST_PAGE
from countenance.service.journal_port import EntryFilter, Journal, JournalEntry, OpenTransaction
from countenance.service.policy_port import PolicyStore
from countenance.service.standing import Standing
from countenance.service.subject_port import Held, SubjectStore

EXPORT_FORMAT = "countenance-subject-export/1"
#: Kinds whose entries can speak of a data subject.
_KINDS = (
    EntryKind.ACT_COMPLETED,
    EntryKind.ENROLMENT,
    EntryKind.ERASURE,
    EntryKind.EXPIRY,
    EntryKind.REVIEW_OPENED,
    EntryKind.REVIEW_VOTE,
    EntryKind.REVIEW_RELEASED,
    EntryKind.EXPORT_MADE,
)
#: Lists in which a person has a position, each with the lists that stand in the same order.
_POSITIONS: Mapping[str, tuple[str, ...]] = {
    "candidate_reference_ids": ("candidate_subject_digests", "candidate_scores"),
    "candidate_subject_digests": ("candidate_reference_ids", "candidate_scores"),
    "reference_ids": (),
    "subject_digests": (),
    "photo_digests": (),
    "shown_reference_ids": ("ratings",),
    "filler_reference_ids": (),
    "released_reference_ids": (),
}
#: Words in which an export says what it is.
ABOUT = (
    "Everything this installation holds about one person under one name, as of the time above.",
    "Photos that somebody searched with are not kept, so it cannot be said whether the person was in one.",
    "Entries of the ledger show what concerns this person; what concerns others, or was typed, is left out.",
    "Templates, the numbers a face was turned into, are held for each reference and are not handed out.",
    "What is held outside this database (photo files, backups, audit folders, other systems) is not in it.",
)


@dataclass(frozen=True, slots=True)
class SubjectExport:
    """What is held about a person.

    Attributes:
        name: As asked for.
        made_at: When.
        galleries: Gallery by gallery, in plain values.
        entries: What the ledger says, oldest first, in plain values.
        reviews: Reviews in which they were a candidate or a filler.
        pictures: Reference → JPEG of the face, of those kept.
    """

    name: str
    made_at: datetime
    galleries: tuple[Mapping[str, object], ...]
    entries: tuple[Mapping[str, object], ...]
    reviews: tuple[Mapping[str, object], ...]
    pictures: Mapping[str, bytes] = field(repr=False)

    def document(self) -> dict[str, object]:
        """Return it as JSON has it; pictures stand as names of files."""
        return {
            "format": EXPORT_FORMAT,
            "name": self.name,
            "made_at": utc_text(self.made_at),
            "about": list(ABOUT),
            "galleries": [dict(one) for one in self.galleries],
            "searches_that_listed_them": sum(entry["kind"] == EntryKind.ACT_COMPLETED for entry in self.entries),
            "ledger_entries": [dict(one) for one in self.entries],
            "reviews": [dict(one) for one in self.reviews],
        }


def collect(
    name: str, gallery: str | None, *, store: SubjectStore, journal: Journal, policies: PolicyStore, now: datetime
) -> SubjectExport:
    """Return everything held about a person; nothing held is empty lists.

    Args:
        name: The operator's name for them; in a collection also a user's, or a client's name for a picture.
        gallery: One gallery, or None for all.
        store: People in the database.
        journal: The ledger.
        policies: Facts about galleries.
        now: The server's clock.
    """
    galleries: list[Mapping[str, object]] = []
    identifiers: set[str] = set()
    digests: set[str] = set()
    reference_ids: list[str] = []
    for held in store.find(name, gallery):
        references = store.references_of(held)
        own = [one.reference_id for one in references]
        reference_ids += own
        digests |= _digests(held, [(one.subject, one.source_sha256) for one in references], journal)
        facts = policies.gallery_facts(held.gallery)
        galleries.append(
            {
                "gallery": held.gallery,
                "gallery_id": held.gallery_id,
                "basis": facts.basis,
                "source": facts.source,
                "retention_days": facts.retention_days,
                "held_as": list(held.names),
                "user": held.user,
                "references": [
                    {
                        "reference_id": one.reference_id,
                        "subject": one.subject,
                        "photo": one.source_name,
                        "photo_sha256": one.source_sha256,
                        "enrolled_at": one.created_at,
                        "expires_at": one.expires_at,
                        "model": held.model.short,
                        "picture": f"pictures/{one.reference_id}.jpg" if one.picture else None,
                    }
                    for one in references
                ],
                "collection_faces": [dict(face) for face in store.faces_of(held)],
                "enrolment_records": [dict(one) for one in store.outcomes_of(held)],
            }
        )
    identifiers.update(reference_ids)
    found = identifiers | digests
    return SubjectExport(
        name=name,
        made_at=now,
        galleries=tuple(galleries),
        entries=tuple(_spoken_of(journal, found)) if found else (),
        reviews=tuple(dict(one) for one in store.reviews_of(reference_ids)),
        pictures=store.pictures(reference_ids),
    )


def record_export(
    export: SubjectExport, content: bytes, *, journal: Journal, standing: Standing, recipient: str = ""
) -> tuple[str, ...]:
    """Record that what is held about a person was handed out; return the entries, one a gallery that holds them.

    Args:
        export: What was.
        content: Its JSON document, for the digest.
        journal: The ledger.
        standing: Who hands it out.
        recipient: To whom, as typed; empty if not said.
    """
    with journal.transaction() as current:
        digests = list(_export_digests(export, journal, current)) or [None]
        entries = []
        for digest in digests:
            fields: dict[str, FieldValue] = {
                "operator_id": standing.operator_id,
                "what": "subject",
                "entries": len(export.entries),
                "content_digest": hashlib.sha256(content).hexdigest(),
            }
            if digest is not None:
                fields["subject_digest"] = digest
            if recipient.strip():
                fields["recipient"] = recipient
            entries.append((EntryKind.EXPORT_MADE, fields))
        return tuple(entry.entry_id for entry in journal.record_many(entries, transaction=current))


def _export_digests(export: SubjectExport, journal: Journal, current: OpenTransaction) -> Iterator[str | None]:
    for one in export.galleries:
        names = one["held_as"]
        if isinstance(names, list) and names:
            yield journal.subject_digests(str(one["gallery"]), names[:1], transaction=current)[0]


def _digests(held: Held, photos: Sequence[tuple[str, str]], journal: Journal) -> set[str]:
    subjects = [subject for subject, _ in photos]
    data = [sha256.encode() for _, sha256 in photos]
    found = set(journal.subject_digests(held.gallery, held.names))
    return found | set(journal.subject_digests(held.gallery, subjects, what="photo", data=data))


def _spoken_of(journal: Journal, found: set[str]) -> Iterator[dict[str, object]]:
    """Yield what entries say of somebody, oldest first."""
    start = 0
    while page := journal.entries(EntryFilter(kinds=_KINDS), limit=LARGEST_PAGE, from_index=start):
        for entry in page:
            own = _own(entry, found)
            if own is not None:
                yield own
        start = page[-1].index + 1


def _own(entry: JournalEntry, found: set[str]) -> dict[str, object] | None:
    """Return what an entry says of somebody, or None if it does not speak of them."""
    theirs: dict[str, object] = {}
    for name, beside in _POSITIONS.items():
        values = entry.fields.get(name)
        if not isinstance(values, tuple):
            continue
        positions = [number for number, value in enumerate(values) if value in found]
        if not positions:
            continue
        theirs[name] = [values[number] for number in positions]
        if name.startswith("candidate_"):
            theirs["rank"] = [number + 1 for number in positions]
        for other in beside:
            values_beside = entry.fields.get(other)
            if isinstance(values_beside, tuple) and len(values_beside) == len(values):
                theirs[other] = [values_beside[number] for number in positions]
    if not theirs and entry.fields.get("subject_digest") not in found:
        return None
    public = {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in entry.fields.items()
        if public_reason(entry.kind, name) is None
    }
    return {
        "entry_id": entry.entry_id,
        "index": entry.index,
        "kind": entry.kind,
        "recorded_at": utc_text(entry.recorded_at),
        "of_them": theirs,
        "entry": public,
    }


def held_in_words(export: SubjectExport) -> dict[str, int]:
    """Return counts for people."""
    return {
        "galleries": len(export.galleries),
        "references": sum(len(_list(one["references"])) for one in export.galleries),
        "pictures": len(export.pictures),
        "ledger entries": len(export.entries),
        "reviews": len(export.reviews),
    }


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []
