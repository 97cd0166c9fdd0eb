"""What the use cases of collections work with, and what they all begin with: who may, which scale, which faces."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from countenance.core.errors import CaseError, ModelMismatch
from countenance.core.vocabulary import PhotoFaces
from countenance.ledger.field_types import FieldValue
from countenance.ledger.kinds import EntryKind
from countenance.policy.terms import Action, GallerySource, Mode
from countenance.service.accountability import Accountability
from countenance.service.act_records import decision_fields
from countenance.service.acts import Act
from countenance.service.admission import OngoingAct
from countenance.service.case_lists import case_rule
from countenance.service.collection_errors import PhotoTooSmall
from countenance.service.collection_index import CollectionIndexes
from countenance.service.collection_port import CollectionStore, NamedCollection
from countenance.service.enrolment_steps import CropKeeper
from countenance.service.journal_port import Journal
from countenance.service.meaning import require_calibration
from countenance.service.policy_port import GalleryFacts, PolicyStore
from countenance.service.ports import CalibrationBook, Engine, GalleryStore
from countenance.service.refusals import ActRefused, refused_by_case
from countenance.service.similarity_scale import VendorScale, vendor_scale
from countenance.service.standing import Standing

#: Shortest side of a photo. Source: Amazon Rekognition Developer Guide, "Guidelines and quotas".
SHORTEST_SIDE_PX = 80


class CaseGate(Protocol):
    """Whether a case allows something now; see ``CaseBook.check``."""

    def check(self, case_id: str, now: datetime, *, credential_id: str | None = None) -> None:
        """Return if something may be done under a case; nothing is counted, and nothing written."""
        ...


@dataclass(frozen=True, slots=True)
class CollectionTerms:
    """On what terms a client's collection is kept: an operator's decision, since no client can state it.

    Attributes:
        source: Where the faces in it come from; also the photos that clients hand over to be compared.
        basis: Why they are kept, in the operator's words.
        retention_days: Days after which a face is deleted; None means until a client or the operator deletes it.
    """

    source: GallerySource
    basis: str
    retention_days: int | None


@dataclass(frozen=True, slots=True, eq=False)
class CollectionParts:
    """Everything the use cases of one dialect's collections are made of.

    Attributes:
        collections: The dialect's collections.
        galleries: The galleries behind them.
        policies: What rules need to know of galleries.
        journal: The ledger.
        accountability: The one way in.
        cases: Whether a case is open, or None where there are none.
        engine: Photo in, faces out.
        calibrations: What scores mean.
        indexes: Searchable copies.
        terms: On what terms a new collection is kept.
        clock: The server's clock.
        new_uuid: Returns a random UUID, lower case with dashes.
        new_act_id: Returns 32 random hex digits.
        crops: Keeps pictures of indexed faces for reviewers; None: none are kept.
    """

    collections: CollectionStore
    galleries: GalleryStore
    policies: PolicyStore
    journal: Journal
    accountability: Accountability
    cases: CaseGate | None
    engine: Engine
    calibrations: CalibrationBook
    indexes: CollectionIndexes
    terms: CollectionTerms
    clock: Callable[[], datetime]
    new_uuid: Callable[[], str]
    new_act_id: Callable[[], str]
    crops: CropKeeper | None = None

    def scale(self) -> VendorScale:
        """Return the vendor scale of the recogniser in use.

        Raises:
            CalibrationMissing: Its scores have no measured meaning.
        """
        return vendor_scale(require_calibration(self.calibrations, self.engine.model))

    def read_faces(self, act: OngoingAct, data: bytes) -> PhotoFaces:
        """Return the faces of a photo with templates and crops, while an act lasts.

        Raises:
            PolicyError: The act is over.
            InputError: The photo cannot be used, or a side is shorter than 80 pixels.
        """
        act.require(act.word, gallery=act.gallery)
        found = self.engine.read_faces(data, crops=True)
        if min(found.photo.width_px, found.photo.height_px) < SHORTEST_SIDE_PX:
            raise PhotoTooSmall(f"The image has a side of less than {SHORTEST_SIDE_PX} pixels.")
        return found

    def usable(self, name: str) -> tuple[NamedCollection, GalleryFacts]:
        """Return a collection of the recogniser in use.

        Raises:
            GalleryNotFound: There is no such collection.
            ModelMismatch: Its templates are of another model.
        """
        collection = self.collections.named(name)
        if collection.model.digest != self.engine.model.digest:
            raise ModelMismatch(
                f"The collection {name} was made with another face model than the one in use; "
                "its faces have to be indexed again from the photos."
            )
        return collection, self.policies.gallery_facts(name)

    def require_access(self, word: str, standing: Standing, name: str | None) -> None:
        """Return if whoever asks may look after a collection: list, tag, group or delete what is in it.

        No face is compared, so no rule is asked; the case and its credential are. A refusal is recorded.

        Args:
            word: What is about to be done, such as ``list_faces``.
            standing: On whose behalf.
            name: The collection, or None for what concerns no particular one.

        Raises:
            ActRefused: The case has ended, or does not name this collection.
            CaseError: The case, or its credential, was closed.
        """
        act = Act(word, Action.VERIFY, Mode.VERIFY)
        if standing.galleries is not None and name is not None and name not in standing.galleries:
            self._refuse(
                act, standing, "case.gallery", "The case does not name this gallery.", "Open a case that names it."
            )
        if standing.case_id is None:
            return
        if self.cases is None:
            self._refuse(act, standing, "case.unknown", "This installation keeps no cases.", "Ask the operator.")
            return
        try:
            self.cases.check(standing.case_id, self.clock(), credential_id=standing.credential_id)
        except CaseError as error:
            fields = self._denied(act, standing)
            fields |= {"decision": "deny", "deciding_rules": (case_rule(error),), "reasons": (error.message,)}
            error.add_note(f"Recorded as entry {self.journal.record(EntryKind.ACT_DENIED, fields).entry_id}.")
            raise

    def _refuse(self, act: Act, standing: Standing, rule: str, says: str, change: str) -> None:
        rules = self.accountability.rules.current()
        decision = refused_by_case(rule, says, change, policy_digest=rules.policies.digest)
        fields = self._denied(act, standing) | decision_fields(decision, rules)
        raise ActRefused(decision, self.journal.record(EntryKind.ACT_DENIED, fields).entry_id)

    def _denied(self, act: Act, standing: Standing) -> dict[str, FieldValue]:
        decided = self.accountability.decide(act, standing)
        return {**decided.fields, "act_id": self.new_act_id()}
