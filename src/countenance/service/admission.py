"""The token a use case asks for: proof that the act was decided and its intent recorded.

Rules kept here:

- Only ``accountability`` makes an ``OngoingAct``. Every use case that touches a face takes one and checks that it is
  for this kind of act, for this gallery, and still under way. A door that goes past accountability has nothing to
  hand in.
- What is recorded during the act carries its number.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from countenance.core.errors import PolicyError
from countenance.core.model_identity import ModelIdentity
from countenance.core.thresholds import Threshold
from countenance.core.vocabulary import PhotoFaces
from countenance.ledger.entries import utc_text
from countenance.ledger.field_types import FieldValue
from countenance.ledger.kinds import EntryKind
from countenance.policy.decision import PolicyDecision
from countenance.service.journal_port import Journal, OpenTransaction, RecordedEntry
from countenance.service.ports import Engine

#: Known to ``accountability`` alone; a test searches the package for anybody else who names it.
_SEAL: Final = object()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an act, for the record.

    Attributes:
        result: A word, such as ``candidates``, ``nobody``, ``match``.
        fields: Further fields of ``act_completed`` as ``countenance.ledger.kinds`` has them.
    """

    result: str
    fields: Mapping[str, FieldValue]


class OngoingAct:
    """An act that was decided on and whose intent is in the ledger; it ends when its outcome is.

    Attributes:
        act_id: Random identifier, 32 hex digits.
        word: What is done: ``search``, ``enrol``, ``compare`` …
        gallery: Name of the gallery it may use, or None.
        gallery_id: The gallery's identifier, or None.
        operator_id: Who acts.
        threshold: The threshold that was judged, or None. A search uses this one.
        most_candidates: Most candidates it may give, or None.
        decision: What the rules said.
        intent_entry_id: Entry of the intent.
        started_at: When it began.
        probe: The photo searched with; empty where there is none or there are many. It is kept nowhere.
    """

    __slots__ = (
        "_journal",
        "_outcome_entry",
        "_over",
        "act_id",
        "decision",
        "gallery",
        "gallery_id",
        "intent_entry_id",
        "most_candidates",
        "operator_id",
        "probe",
        "started_at",
        "threshold",
        "word",
    )

    def __init__(
        self,
        seal: object,
        *,
        act_id: str,
        word: str,
        gallery: str | None,
        gallery_id: str | None,
        operator_id: str,
        threshold: Threshold | None,
        most_candidates: int | None,
        decision: PolicyDecision,
        intent_entry_id: str,
        started_at: datetime,
        journal: Journal,
        probe: bytes = b"",
    ) -> None:
        if seal is not _SEAL:
            raise TypeError("an act is made by service.accountability and nowhere else")
        self.act_id = act_id
        self.word = word
        self.gallery = gallery
        self.gallery_id = gallery_id
        self.operator_id = operator_id
        self.threshold = threshold
        self.most_candidates = most_candidates
        self.decision = decision
        self.intent_entry_id = intent_entry_id
        self.started_at = started_at
        self.probe = probe
        self._journal = journal
        self._over = False
        self._outcome_entry: RecordedEntry | None = None

    def __repr__(self) -> str:
        return f"<OngoingAct {self.word} {self.act_id}{' (over)' if self._over else ''}>"

    def require(self, *words: str, gallery: str | None = None) -> None:
        """Return if this act is under way, of one of these kinds, and about this gallery.

        Raises:
            PolicyError: It is not; nothing may be done under it.
        """
        if self._over:
            raise PolicyError(f"The act {self.act_id} is over.", remedy="Ask anew; each act is decided by itself.")
        if self.word not in words or self.gallery != gallery:
            raise PolicyError(
                f"The act {self.act_id} was admitted to {self.word}"
                + (f" in {self.gallery}" if self.gallery else "")
                + ", nothing else.",
                remedy="Ask anew; each act is decided by itself.",
            )

    @contextmanager
    def transaction(self) -> Iterator[OpenTransaction]:
        """Yield a write transaction of the store that the ledger lies in; rolled back, the act goes on."""
        try:
            with self._journal.transaction() as current:
                yield current
        except BaseException:
            self._over, self._outcome_entry = False, None
            raise

    def record(
        self, kind: EntryKind, fields: Mapping[str, FieldValue], *, transaction: OpenTransaction
    ) -> RecordedEntry:
        """Write an entry that belongs to this act, after the change, in the change's transaction."""
        return self._journal.record(kind, {"act_id": self.act_id, **fields}, transaction=transaction)

    def record_enrolment(self, fields: Mapping[str, FieldValue], *, transaction: OpenTransaction) -> RecordedEntry:
        """Write one ``enrolment`` entry of this act."""
        return self.record(
            EntryKind.ENROLMENT,
            {"operator_id": self.operator_id, "gallery_id": self.gallery_id or "", **fields},
            transaction=transaction,
        )

    def subject_digests(
        self,
        gallery: str,
        subjects: tuple[str, ...],
        *,
        what: str = "subject",
        data: tuple[bytes, ...] | None = None,
        transaction: OpenTransaction | None = None,
    ) -> tuple[str, ...]:
        """Return what stands for people of a gallery in entries; see ``Journal.subject_digests``."""
        return self._journal.subject_digests(gallery, subjects, what=what, data=data, transaction=transaction)

    @property
    def over(self) -> bool:
        """Return whether its outcome is recorded."""
        return self._over

    @property
    def outcome_entry(self) -> RecordedEntry | None:
        """Return the entry of its outcome, once there is one."""
        return self._outcome_entry

    def complete(self, outcome: Outcome, *, finished_at: datetime, transaction: OpenTransaction | None = None) -> None:
        """Record the outcome, in the change's own transaction if there is one; the act is over then.

        Raises:
            PolicyError: It is over already.
            LedgerError, StorageError: The outcome cannot be recorded; nothing of the act may be released.
        """
        if self._over:
            raise PolicyError(f"The act {self.act_id} is over.")
        self._outcome_entry = self._journal.finish_act(
            self.act_id,
            {
                "result": outcome.result,
                "started_at": utc_text(self.started_at),
                "finished_at": utc_text(finished_at),
                **outcome.fields,
            },
            transaction=transaction,
        )
        self._over = True


class AdmittedEngine:
    """An engine that looks at faces for one act only, and no longer than it lasts; for jobs of many steps.

    Args:
        act: Admitted to what the job is.
        engine: Finds faces and makes templates.
    """

    def __init__(self, act: OngoingAct, engine: Engine) -> None:
        self._act = act
        self._engine = engine

    @property
    def model(self) -> ModelIdentity:
        """Return the identity of the recogniser in use."""
        return self._engine.model

    def read_faces(self, data: bytes, *, templates: bool = True, crops: bool = False) -> PhotoFaces:
        """Return all faces of an encoded photo; see ``Engine.read_faces``.

        Raises:
            PolicyError: The act is over.
        """
        self._act.require(self._act.word, gallery=self._act.gallery)
        return self._engine.read_faces(data, templates=templates, crops=crops)
