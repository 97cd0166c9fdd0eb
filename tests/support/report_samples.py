"""A ledger with searches, reviews and everything else that reports speak of, all of it made up."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any

from countenance.core.errors import ReviewNotFound, ReviewUndecided
from countenance.core.model_identity import ModelIdentity
from countenance.core.thresholds import Rate, Threshold
from countenance.ledger.entries import utc_text
from countenance.ledger.kinds import EntryKind
from countenance.policy.certificate import Certificate
from countenance.service.accountability_reports.people import people
from countenance.service.accountability_reports.sources import KnownCertificate, Sources
from countenance.service.journal import LedgerJournal
from countenance.service.journal_port import EntryFilter
from countenance.service.ledger_exports import EntryProof
from countenance.service.review_account import AccountItem, AccountVote, ReviewAccount
from tests.support.certificate_samples import certificate
from tests.support.memory_journal import MemoryLedgerRows, memory_journal
from tests.support.settable_clock import SettableClock

START = datetime(2031, 3, 3, 9, tzinfo=UTC)
MODEL = "ab" * 32
CERTIFICATE = "cc" * 32
GALLERY = "9a" * 16
ANNA, BRUNO, CHIARA, DIEGO = ("a1" * 16, "b2" * 16, "c3" * 16, "d4" * 16)
PEOPLE = people([(ANNA, "Anna Sander"), (BRUNO, "Bruno Feld"), (CHIARA, "Chiara Moss"), (DIEGO, "Diego Hart")])
#: An intent as accountability records one for a person looking for a missing child under a case.
INTENT: Mapping[str, Any] = MappingProxyType(
    {
        "action": "search",
        "operator_id": ANNA,
        "role": "searcher",
        "actor_sector": "us_public_agency",
        "on_behalf_of": "none",
        "interface": "cli",
        "purpose": "missing_person",
        "jurisdictions": ("US-OH",),
        "legal_basis": "explicit_consent",
        "authorisation_status": "none",
        "emergency": False,
        "offence_facts_linked": False,
        "offence_most_years": 0,
        "suspicion": "none",
        "consent_status": "given",
        "consent_form": "written_release",
        "notice": "none",
        "targeted": True,
        "mode": "search_1_n",
        "timing": "after_the_fact",
        "space": "private_premises",
        "probe_source": "still_photo",
        "probe_digest": "44" * 32,
        "intended_use": "lead_only",
        "adverse_effect": False,
        "defence_disclosure": False,
        "attested_claims": (
            "actor_sector",
            "adverse_effect",
            "consent_form",
            "consent_status",
            "emergency",
            "intended_use",
            "jurisdictions",
            "legal_basis",
            "purpose",
            "timing",
        ),
        "attester_id": BRUNO,
        "decision": "permit",
        "deciding_rules": ("operator.public_agency_missing_person",),
        "reasons": ("A public agency looks for a missing person with the family's written consent.",),
        "policy_digest": "77" * 32,
        "packs": ("operator", "accuracy", "biometric-privacy"),
        "request_digest": "88" * 32,
        "model_digest": MODEL,
        "threshold_value": "0.42",
        "threshold_digest": "99" * 32,
        "certificate_digest": CERTIFICATE,
        "worst_group_rate": "0.985",
        "false_positive_ratio": "3.21",
        "gallery_ids": (GALLERY,),
        "gallery_source": "missing_persons",
        "gallery_revision": 17,
        "gallery_subjects": 3980,
        "gallery_references": 4120,
    }
)
REFUSAL: Mapping[str, Any] = MappingProxyType(
    {
        **INTENT,
        "actor_sector": "us_local_police",
        "purpose": "suspect_search",
        "legal_basis": "none",
        "offence_tags": ("theft",),
        "decision": "deny",
        "deciding_rules": ("microsoft-2020.no_us_police",),
        "reasons": ("Modelled on Microsoft's public statement of June 2020: no sale to US police departments.",),
    }
)


class ReportLedger:
    """A ledger in memory that acts are written into, one minute apart."""

    def __init__(self) -> None:
        self.clock = SettableClock(START)
        self.rows = MemoryLedgerRows(self.clock)
        self.journal: LedgerJournal = memory_journal(rows=self.rows)
        self.accounts: dict[str, ReviewAccount] = {}
        self._acts = 0

    def record(self, kind: EntryKind, **fields: Any) -> str:
        self.clock.now += timedelta(minutes=1)
        return self.journal.record(kind, fields).entry_id

    def new_act(self) -> str:
        self._acts += 1
        return f"{self._acts:032x}"

    def search(self, result: str = "candidates", **changes: Any) -> str:
        """Record a search that ran, and return its act."""
        act_id = self.new_act()
        outcome = {name: changes.pop(name) for name in list(changes) if name in OUTCOME}
        self.clock.now += timedelta(minutes=1)
        self.journal.begin_act(act_id, {**INTENT, **changes})
        self.clock.now += timedelta(seconds=1)
        system: dict[str, Any] = {
            name: changes[name] for name in ("threshold_value", "model_digest") if name in changes
        }
        ended: dict[str, Any] = {**outcome_fields(result, self.clock.now), **system, **outcome}
        self.journal.finish_act(act_id, ended)
        return act_id

    def refusal(self, **changes: Any) -> str:
        """Record a refused search, and return its act."""
        act_id = self.new_act()
        self.record(EntryKind.ACT_DENIED, **{**REFUSAL, **changes, "act_id": act_id})
        return act_id

    def open_act(self) -> str:
        """Record the intent of a search that never ends, and return its act."""
        act_id = self.new_act()
        self.clock.now += timedelta(minutes=1)
        self.journal.begin_act(act_id, dict(INTENT))
        return act_id

    def open_case(self, case_id: str, **changes: Any) -> str:
        return self.record(
            EntryKind.CASE_OPENED,
            **{
                "case_id": case_id,
                "operator_id": ANNA,
                "actor_sector": "us_public_agency",
                "purpose": "missing_person",
                "purpose_text": "Girl of nine, last seen at the ferry landing; mother asks to compare shelter photos.",
                "case_number": "24-1183",
                "jurisdictions": ("US-OH",),
                "attester_id": BRUNO,
                "attested_claims": ("actor_sector", "purpose"),
                "expires_at": utc_text(self.clock.now + timedelta(hours=8)),
                "case_list_checked": True,
                **changes,
            },
        )

    def sources(self, **changes: Any) -> Sources:
        """Return what reports read, over this ledger."""
        values: dict[str, Any] = {
            "journal": self.journal,
            "origin": "log.example.org/faces",
            "people": PEOPLE,
            "galleries": {GALLERY: "shelter photos"},
            "names": lambda references: {reference: f"subject {reference[:4]}" for reference in references},
            "threshold": made_up_threshold,
            "certificate": made_up_certificate,
            "case": lambda _: None,
            "account": self._account,
            "prove": self._prove,
            "now": self.clock.now + timedelta(hours=1),
            "software_version": "0.0.0+test",
            **changes,
        }
        return Sources(**values)

    def _account(self, review_id: str) -> ReviewAccount:
        if review_id not in self.accounts:
            if self.journal.entries(EntryFilter(review_id=review_id), limit=1):
                raise ReviewUndecided(f"The review {review_id} has not ended.")
            raise ReviewNotFound(f"There is no review {review_id}.")
        return self.accounts[review_id]

    def _prove(self, entry_id: str) -> EntryProof:
        from countenance.service.ledger_exports import LedgerExports

        return LedgerExports(self.rows, self.journal, self.custody()).prove(entry_id)

    def custody(self) -> Any:
        """Return the ledger's custody, with a key made of nothing secret; started once."""
        from countenance.service.ledger_custody import LedgerCustody
        from tests.support.memory_journal import CountedBytes
        from tests.support.memory_ledger_files import MemoryLedgerFiles

        if not hasattr(self, "_custody"):
            self._custody = LedgerCustody(
                self.rows,
                self.journal,
                MemoryLedgerFiles(),
                random_bytes=CountedBytes(),
                origin="log.example.org/faces",
                software_version="0.0.0+test",
            )
            self._custody.start()
        return self._custody


def references(count: int, start: int = 0) -> tuple[str, ...]:
    """Return made-up identifiers of references."""
    return tuple(f"{0xE0000000 + start + number:08x}" * 4 for number in range(count))


def outcome_fields(result: str, now: datetime, candidates: int = 3) -> dict[str, Any]:
    """Return the fields of a search's outcome."""
    found = candidates if result == "candidates" else 0
    return {
        "result": result,
        "started_at": utc_text(now - timedelta(seconds=1)),
        "finished_at": utc_text(now),
        "faces_found": 1,
        "candidate_count": found,
        "expected_false_candidates": "0.0412",
        "exact_search": True,
        "model_digest": MODEL,
        "threshold_value": "0.42",
        "threshold_digest": "99" * 32,
        "gallery_revision": 17,
        "gallery_references": 4120,
        "gallery_subjects": 3980,
        "candidate_reference_ids": references(found),
        "candidate_subject_digests": tuple(f"{number:064x}" for number in range(found)),
        "candidate_scores": tuple(f"{0.71 - 0.01 * number:.3f}" for number in range(found)),
    }


#: Names of fields that belong to an outcome when a sample search is changed.
OUTCOME = frozenset(outcome_fields("candidates", START)) - {"model_digest", "threshold_value", "threshold_digest"} | {
    "held_for_review",
    "review_id",
    "error_code",
}


def made_up_threshold(model_digest: str, value: float) -> Threshold | None:
    """Return a threshold with rates that agree with what the sample outcomes record: 1e-5."""
    if model_digest != MODEL:
        return None
    return Threshold(
        value=value,
        target="fixed by the operator",
        false_match_rate=Rate(1e-5, 7e-6, 1.4e-5, 42, 4_200_000),
        false_non_match_rate=Rate(0.02, 0.01, 0.03, 20, 1000),
        data_set="made-up numbers",
        date="2031-01-05",
        model=ModelIdentity("made-up", MODEL, 128),
    )


def made_up_certificate(digest: str) -> KnownCertificate | None:
    """Return a certificate for the digest the samples use, and none for others."""
    held: Certificate = certificate()
    return KnownCertificate(digest, b'{"payload":"made up"}', held) if digest == CERTIFICATE else None


def reviewed_search(ledger: ReportLedger, *, votes: int = 2, end: bool = True, **changes: Any) -> str:
    """Record a search whose result was held, looked at by two reviewers and released, and return its act."""
    review_id = "7e" * 16
    found, fillers = references(4), references(6, start=64)
    act_id = ledger.search(
        decision="review",
        held_for_review=True,
        review_id=review_id,
        candidate_count=4,
        candidate_reference_ids=found,
        candidate_subject_digests=tuple(f"{number:064x}" for number in range(4)),
        candidate_scores=("0.71", "0.662", "0.53", "0.44"),
        **changes,
    )
    due = ledger.clock.now + timedelta(hours=24)
    opened_at = ledger.clock.now
    ledger.record(
        EntryKind.REVIEW_OPENED,
        review_id=review_id,
        act_id=act_id,
        candidates=4,
        fillers=6,
        quorum=2,
        due_at=utc_text(due),
        filler_reference_ids=fillers,
    )
    ratings = [(3, -2, -3, -3), (2, 0, -3, -3)][:votes]
    entries = []
    for reviewer, rated in zip((CHIARA, DIEGO), ratings, strict=False):
        entry_id = ledger.record(
            EntryKind.REVIEW_VOTE,
            review_id=review_id,
            reviewer_id=reviewer,
            shown_reference_ids=(*found, *fillers),
            ratings=(*rated, *(-3,) * 6),
            none_of_these=False,
            fillers_shown=6,
            fillers_taken_for_mates=0,
            seconds_spent=140,
            late=False,
            reason="scar over the left brow",
        )
        entries.append(AccountVote(reviewer, entry_id, ledger.clock.now, False, False, 6, 0))
    if not end:
        return act_id
    released = ledger.record(
        EntryKind.REVIEW_RELEASED,
        review_id=review_id,
        act_id=act_id,
        vote_entry_ids=tuple(vote.entry_id for vote in entries),
        released_reference_ids=found[:1],
        released_to=ANNA,
        decision="permit",
        deciding_rules=("operator.public_agency_missing_person",),
        policy_digest="77" * 32,
    )
    scores = (0.71, 0.662, 0.53, 0.44)
    items = [
        AccountItem(
            1, reference, f"person {rank}", False, True, rank, scores[rank - 1],
            tuple(rated[rank - 1] for rated in ratings), rank == 1,
        )
        for rank, reference in enumerate(found, start=1)
    ]  # fmt: skip
    items += [
        AccountItem(1, reference, "a stranger", True, True, None, None, (-3,) * votes, False) for reference in fillers
    ]
    ledger.accounts[review_id] = ReviewAccount(
        review_id, act_id, ANNA, "shelter photos", "released", opened_at, due, ledger.clock.now, released, 2,
        tuple(entries), tuple(items),
    )  # fmt: skip
    return act_id
