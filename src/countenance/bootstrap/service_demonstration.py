"""``serve --demo``: a case and a collection of rendered people, made through the ordinary use cases and rules."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from countenance.bootstrap.accountability import now
from countenance.bootstrap.application import SAMPLE_COHORT
from countenance.bootstrap.serving import Service
from countenance.service.case_terms import case_terms
from countenance.service.collection_faces import IndexRequest, index_faces
from countenance.service.collections import create_collection
from countenance.service.credentials import CredentialKind
from countenance.service.demonstration import read_cohort
from countenance.service.sources import read_photo
from countenance.service.standing import Standing
from countenance.service.vendor_quality import QualityFilter
from countenance.web.rekognition.dialect import NAME

COLLECTION = "synthetic-cohort"
CASE_NUMBER = "demonstration"
#: How long the demonstration's credentials are good for.
TERM = timedelta(days=1)
#: What the case states: a private person looks through an album of their own, of rendered people who do not exist.
#: Measuring error rates would be true as well, but the rules hold the candidates of such a search for review,
#: and a demonstration is one person at one machine.
CLAIMS: dict[str, object] = {
    "actor_sector": "individual",
    "on_behalf_of": "none",
    "purpose": "photo_organisation",
    "timing": "after_the_fact",
    "space": "private_premises",
    "probe_source": "still_photo",
    "gallery_source": "consented_enrolment",
    "selection_basis": [],
    "intended_use": "lead_only",
    "adverse_effect": False,
}


@dataclass(frozen=True, slots=True)
class DemonstrationAccess:
    """What a client needs for the demonstration; shown once.

    Attributes:
        access_key_id: For AWS clients.
        secret_access_key: For AWS clients.
        api_key: For Azure and IBM clients.
        token: For the native interface.
        collection: Name of the filled collection.
        faces: How many faces it holds.
    """

    access_key_id: str
    secret_access_key: str
    api_key: str
    token: str
    collection: str
    faces: int


def open_demonstration(
    service: Service, operator: str, progress: Callable[[int, int], None] | None = None
) -> DemonstrationAccess:
    """Open a case, fill the collection if it is not there yet, and return the credentials.

    Raises:
        PolicyError: The rules in force do not permit it.
    """
    parts = service.parts
    values = {
        **CLAIMS,
        # Nobody was asked where this is, so the rules of every place known are asked.
        "jurisdictions": list(parts.rules.current().everywhere()),
        "case_number": CASE_NUMBER,
        "operator": operator,
        "attested_by": operator,
        "purpose_text": "Demonstration on rendered people who do not exist",
        "any_gallery": True,
        "expires": f"{TERM.days}d",
    }
    opened = parts.cases.open(case_terms(values, now=now(), read=_no_document))
    secrets = {item.kind: item for item in opened.credentials}
    standing = parts.case_book.standing_of(opened.case, NAME, now())
    faces = _fill(service, standing, progress)
    aws = secrets[CredentialKind.AWS]
    return DemonstrationAccess(
        aws.lookup,
        aws.secret,
        secrets[CredentialKind.API_KEY].secret,
        secrets[CredentialKind.TOKEN].secret,
        COLLECTION,
        faces,
    )


def _fill(service: Service, standing: Standing, progress: Callable[[int, int], None] | None) -> int:
    collections = service.collections
    if COLLECTION not in {summary.name for summary in service.parts.store.list_galleries()}:
        create_collection(collections, standing, COLLECTION, {"people": "rendered"})
    references = [photo for photo in read_cohort(SAMPLE_COHORT) if photo.role == "reference"]
    if collections.collections.collection(COLLECTION).faces < len(references):
        for done, photo in enumerate(references, start=1):
            # What an interrupted start has stored already is found again and stored once.
            data = read_photo(photo.file)
            index_faces(collections, standing, IndexRequest(COLLECTION, data, photo.subject, 1, QualityFilter.NONE))
            if progress is not None:
                progress(done, len(references))
    return collections.collections.collection(COLLECTION).faces


def _no_document(path: str) -> bytes:
    raise ValueError(f"the demonstration names no document, not {path}")
