"""What the native interface works with, ready-made by ``bootstrap``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from countenance.core.model_identity import ModelIdentity
from countenance.core.thresholds import Calibration

if TYPE_CHECKING:
    from countenance.core.vocabulary import GallerySummary
    from countenance.policy.terms import GallerySource
    from countenance.service.accountability import Performed
    from countenance.service.case_ports import StoredCase
    from countenance.service.entry_proofs import EntryProofs
    from countenance.service.erasure import Erasure, ErasureRequest
    from countenance.service.face_jobs import FaceJobs
    from countenance.service.journal_port import Journal
    from countenance.service.policy_port import PolicyStore
    from countenance.service.ports import EnrolmentStore
    from countenance.service.review_release import Lead
    from countenance.service.reviews import Reviews
    from countenance.service.search import GallerySearch
    from countenance.service.standing import Standing
    from countenance.service.subject_port import SubjectStore


class Access(Protocol):
    """Asks whether a case is open and names a gallery; see ``CollectionParts.require_access``."""

    def __call__(self, word: str, standing: Standing, name: str | None) -> None:
        """Return if whoever asks may; raise ``ActRefused`` or a ``CaseError``, recorded, if not."""
        ...


class MakeGallery(Protocol):
    """Makes an empty gallery and records it; see ``service.galleries``."""

    def __call__(
        self, name: str, standing: Standing, *, basis: str, source: GallerySource, retention_days: int | None
    ) -> GallerySummary:
        """Return the new gallery."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class RestParts:
    """Everything the operations are made of.

    Attributes:
        version: Of this software.
        access: For operations that touch no face.
        jobs: On whose behalf → the jobs that touch faces.
        galleries: The store of galleries.
        search: The search over it.
        policies: What rules need to know of galleries.
        subjects: The people in galleries.
        make_gallery: Makes one.
        delete_gallery: (name, on whose behalf) → how many references went.
        erase: Erases somebody; (request, on whose behalf).
        model: The recogniser in use.
        calibration: What its scores mean; raises ``CalibrationMissing``.
        case: Identifier → case; raises ``CaseNotFound``.
        journal: The ledger.
        proofs: Proves entries.
        checkpoint: Returns a new signed checkpoint, as text.
        reviews: Held results.
        release: (review, by whom) → what reviewers agreed on.
    """

    version: str
    access: Access
    jobs: Callable[[Standing], FaceJobs]
    galleries: EnrolmentStore
    search: GallerySearch
    policies: PolicyStore
    subjects: SubjectStore
    make_gallery: MakeGallery
    delete_gallery: Callable[[str, Standing], int]
    erase: Callable[[ErasureRequest, Standing], Erasure]
    model: ModelIdentity
    calibration: Callable[[], Calibration]
    case: Callable[[str], StoredCase]
    journal: Journal
    proofs: Callable[[], EntryProofs]
    checkpoint: Callable[[], str]
    reviews: Reviews
    release: Callable[[str, str], Performed[Lead]]
