"""A small ledger about nobody, the same at every run: entries, keys, checkpoints, exports."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from countenance.ledger.checkpoint import Checkpoint, sign_checkpoint
from countenance.ledger.entries import Entry, public_reason
from countenance.ledger.export import Withholding, export_selection, export_whole, show_everything
from countenance.ledger.field_types import FieldValue
from countenance.ledger.hash_store import MemoryHashStore
from countenance.ledger.kinds import EntryKind
from countenance.ledger.merkle import MerkleTree, RunningRoot, grow
from countenance.ledger.sealing import SealedEntry, seal
from countenance.ledger.signing_keys import SigningKey, load_signing_key, signing_key_pem

ORIGIN = "ledger.example/countenance"
STARTED = datetime(2026, 8, 1, 9, 30, tzinfo=UTC)
MADE_AT = datetime(2026, 9, 1, 12, 0, tzinfo=UTC)


def made_up_bytes(what: str) -> bytes:
    """Return 32 bytes that only look random, the same for the same words."""
    return hashlib.sha256(f"countenance test sample: {what}".encode()).digest()


def identifier(what: str) -> str:
    """Return an identifier made from words."""
    return made_up_bytes(what)[:16].hex()


def signing_key(name: str = ORIGIN, what: str = "ledger key") -> SigningKey:
    """Return a signing key made from words."""
    return load_signing_key(signing_key_pem(made_up_bytes(what)), name)


def sample_entry(number: int, kind: EntryKind, fields: dict[str, FieldValue]) -> SealedEntry:
    """Return a sealed entry with identifier, time and salts made from its number."""
    entry = Entry(kind, identifier(f"entry {number}"), STARTED + timedelta(minutes=number), fields)
    return seal(entry, made_up_bytes(f"seed {number}"))


def sample_entries() -> list[SealedEntry]:
    """Return the story of a search in seven entries: start, gallery, enrolment, search, outcome, review, denial."""
    request: dict[str, FieldValue] = {
        "operator_id": identifier("operator"),
        "actor_sector": "us_local_police",
        "action": "Search1N",
        "purpose": "missing_person",
        "jurisdictions": ("US", "US-WA"),
        "policy_digest": made_up_bytes("policy").hex(),
    }
    search = {
        **request,
        "act_id": identifier("search"),
        "purpose_text": "Missing since Tuesday, last seen at the ferry – «camera 4».",
        "case_number": "26-0117 / B",
        "legal_basis": "court_order",
        "decision": "review",
        "deciding_rules": ("permit.missing-person", "review.two-people"),
        "probe_digest": made_up_bytes("probe").hex(),
        "gallery_ids": (identifier("gallery"),),
        "threshold_value": "0.494",
    }
    stories: list[tuple[EntryKind, dict[str, FieldValue]]] = [
        (EntryKind.LEDGER_STARTED, {"origin": ORIGIN, "software_version": "0.1.0"}),
        (
            EntryKind.GALLERY_CREATED,
            {
                "operator_id": identifier("operator"),
                "gallery_id": identifier("gallery"),
                "model_digest": made_up_bytes("model").hex(),
                "basis": "Photos given by families, for search while the case is open.",
                "retention_days": 90,
            },
        ),
        (
            EntryKind.ENROLMENT,
            {
                "operator_id": identifier("operator"),
                "gallery_id": identifier("gallery"),
                "reference_ids": (identifier("reference 1"), identifier("reference 2")),
                "subject_digests": (made_up_bytes("subject 1").hex(), made_up_bytes("subject 2").hex()),
                "references": 2,
            },
        ),
        (EntryKind.ACT_INTENDED, search),
        (
            EntryKind.ACT_COMPLETED,
            {
                "act_id": identifier("search"),
                "intent_entry_id": identifier("entry 3"),
                "result": "held_for_review",
                "started_at": "2026-08-01T09:33:00.000000Z",
                "finished_at": "2026-08-01T09:33:00.081250Z",
                "candidate_count": 1,
                "candidate_reference_ids": (identifier("reference 2"),),
                "candidate_scores": ("0.6132",),
                "exact_search": True,
            },
        ),
        (
            EntryKind.REVIEW_VOTE,
            {
                "review_id": identifier("review"),
                "reviewer_id": identifier("reviewer"),
                "shown_reference_ids": (identifier("filler"), identifier("reference 2")),
                "ratings": (-3, 2),
                "none_of_these": False,
            },
        ),
        (
            EntryKind.ACT_DENIED,
            {
                **request,
                "act_id": identifier("refused search"),
                "purpose": "event_monitoring",
                "decision": "denied",
                "deciding_rules": ("wa-6280.no-ongoing-surveillance",),
                "reasons": ("Ongoing surveillance needs a warrant, and none was named.",),
            },
        ),
    ]
    return [sample_entry(number, kind, fields) for number, (kind, fields) in enumerate(stories)]


@dataclass(frozen=True, slots=True)
class SampleLedger:
    """A ledger in memory with its key."""

    entries: tuple[SealedEntry, ...]
    store: MemoryHashStore
    key: SigningKey

    def checkpoint(self, size: int | None = None) -> bytes:
        """Return the signed checkpoint of the first ``size`` entries, of all by default."""
        size = len(self.entries) if size is None else size
        root = MerkleTree(self.store, size).root()
        return sign_checkpoint(Checkpoint(self.key.name, size, root), self.key)

    def whole(
        self,
        size: int | None = None,
        *,
        signed: bytes | None = None,
        withhold: Withholding = show_everything,
        other_sizes: Sequence[int] = (),
    ) -> list[bytes]:
        """Return the lines of a whole export."""
        size = len(self.entries) if size is None else size
        return list(
            export_whole(
                signed_checkpoint=signed or self.checkpoint(size),
                entries=self.entries[:size],
                store=self.store,
                withhold=withhold,
                made_at=MADE_AT,
                other_sizes=other_sizes,
            )
        )

    def selection(
        self, indices: Iterable[int], *, size: int | None = None, other_sizes: Sequence[int] = ()
    ) -> list[bytes]:
        """Return the lines of an export of some entries, with what is not public withheld."""
        return list(
            export_selection(
                signed_checkpoint=self.checkpoint(size),
                entries=[(index, self.entries[index]) for index in indices],
                store=self.store,
                withhold=public_reason,
                made_at=MADE_AT,
                other_sizes=other_sizes,
            )
        )


def ledger_of(entries: Sequence[SealedEntry], key: SigningKey | None = None) -> SampleLedger:
    """Return a ledger of these entries."""
    store = MemoryHashStore()
    grow(store, RunningRoot(), [entry.leaf_hash() for entry in entries])
    return SampleLedger(tuple(entries), store, key or signing_key())
