"""Searching a collection: for the largest face of a photo, for a face it holds, for a user.

Rules kept here:

- A search is an act: judged, counted and recorded before it runs. What the rules hold for review comes back without
  identities.
- The threshold is given on the vendor scale and decided on it (``similarity_scale``).
- A search that the gallery answers with nobody is an answer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from countenance.core.vocabulary import Candidate, CandidateList, Face, Photo, PhotoFaces, Template
from countenance.ledger.field_types import LONGEST_LIST, FieldValue
from countenance.service import acts
from countenance.service.accountability import Performed
from countenance.service.act_records import decimal, threshold_digest
from countenance.service.admission import OngoingAct, Outcome
from countenance.service.collection_errors import FaceMissing, UserMissing
from countenance.service.collection_parts import CollectionParts
from countenance.service.collection_port import NamedCollection, StoredFace
from countenance.service.meaning import false_candidates
from countenance.service.policy_port import GalleryFacts
from countenance.service.similarity_scale import VendorScale
from countenance.service.standing import Standing
from countenance.service.vendor_faces import template_of
from countenance.service.vendor_quality import QualityFilter, filter_reasons

#: How far below the threshold the index looks, so that rounding on the way to the vendor scale loses nobody.
_SLACK = 1e-6
FACE_NOT_LARGEST = "FACE_NOT_LARGEST"


@dataclass(frozen=True, slots=True)
class Terms:
    """How to search.

    Attributes:
        value: Threshold on the vendor scale.
        limit: Most candidates.
        users: Search users instead of faces.
    """

    value: float
    limit: int
    users: bool = False


@dataclass(frozen=True, slots=True)
class Hit:
    """A face or a user at or above the threshold.

    Attributes:
        name: Identifier of the face or of the user.
        value: Similarity on the vendor scale, 0 to 100.
        face: The face as stored; None for a user.
    """

    name: str
    value: float
    face: StoredFace | None = None


@dataclass(frozen=True, slots=True, eq=False)
class CollectionSearch:
    """What a search came to.

    Attributes:
        photo: The photo searched with, or None.
        face: The face searched with, or None where there was none, or none in a photo.
        not_searched: Other faces of the photo, with the reasons in the vendor's words.
        hits: Most similar first.
        listed: The candidate list behind the hits, for the record and for reviewers; None if nothing was searched, or
            if the result is held.
    """

    photo: Photo | None
    face: Face | None
    not_searched: tuple[tuple[Face, tuple[str, ...]], ...]
    hits: tuple[Hit, ...]
    listed: CandidateList | None = None


_Find = Callable[[OngoingAct, VendorScale], CollectionSearch]


def search_by_image(
    parts: CollectionParts, standing: Standing, collection: str, data: bytes, terms: Terms, quality: QualityFilter
) -> Performed[CollectionSearch]:
    """Return who in a collection looks like the largest face of a photo.

    Raises:
        ActRefused, CaseError: Whoever asks may not; recorded.
        GalleryNotFound: There is no such collection.
        ModelMismatch: It was made with another model.
        InputError: The photo cannot be used.
    """
    stored, facts = parts.usable(collection)

    def find(act: OngoingAct, scale: VendorScale) -> CollectionSearch:
        photo_faces = parts.read_faces(act, data)
        face, not_searched = _largest(photo_faces, quality)
        empty = CollectionSearch(photo_faces.photo, face, not_searched, ())
        return empty if face is None else _search(parts, act, stored, scale, template_of(face), terms, empty)

    return _perform(parts, standing, facts, data, terms, find)


def search_by_face(
    parts: CollectionParts, standing: Standing, collection: str, face_id: str, terms: Terms
) -> Performed[CollectionSearch]:
    """Return who in a collection looks like a face it holds; that face itself is not among the hits.

    Raises:
        ActRefused, CaseError: Whoever asks may not; recorded.
        GalleryNotFound: There is no such collection.
        FaceMissing: It holds no such face.
    """
    stored, facts = parts.usable(collection)

    def find(act: OngoingAct, scale: VendorScale) -> CollectionSearch:
        templates = parts.collections.templates(collection, [face_id])
        if face_id not in templates or face_id not in parts.collections.faces(collection, [face_id]):
            raise FaceMissing("There is no such face in the collection.")
        empty = CollectionSearch(None, None, (), ())
        return _search(parts, act, stored, scale, templates[face_id], terms, empty, leave_out=face_id)

    return _perform(parts, standing, facts, b"", terms, find)


def search_by_user(
    parts: CollectionParts, standing: Standing, collection: str, user_id: str, terms: Terms
) -> Performed[CollectionSearch]:
    """Return which users of a collection look like one of them; a user without faces looks like nobody.

    Raises:
        ActRefused, CaseError: Whoever asks may not; recorded.
        GalleryNotFound: There is no such collection.
        UserMissing: It has no such user.
    """
    stored, facts = parts.usable(collection)

    def find(act: OngoingAct, scale: VendorScale) -> CollectionSearch:
        if not parts.collections.has_user(collection, user_id):
            raise UserMissing("There is no such user in the collection.")
        faces = [face for face, user in parts.collections.users_of_faces(collection).items() if user == user_id]
        template = parts.indexes.user_template(stored, faces)
        empty = CollectionSearch(None, None, (), ())
        if template is None:
            return empty
        return _search(parts, act, stored, scale, template, terms, empty, leave_out=user_id)

    return _perform(parts, standing, facts, b"", terms, find)


def search_by_template(
    parts: CollectionParts, standing: Standing, collection: str, template: Callable[[], Template], terms: Terms
) -> Performed[CollectionSearch]:
    """Return who in a collection looks like a face that is kept elsewhere; ``template`` is asked within the act.

    Raises:
        ActRefused, CaseError: Whoever asks may not; recorded.
        GalleryNotFound: There is no such collection.
        ModelMismatch: It was made with another model.
    """
    stored, facts = parts.usable(collection)

    def find(act: OngoingAct, scale: VendorScale) -> CollectionSearch:
        return _search(parts, act, stored, scale, template(), terms, CollectionSearch(None, None, (), ()))

    return _perform(parts, standing, facts, b"", terms, find)


def _perform(
    parts: CollectionParts, standing: Standing, facts: GalleryFacts, probe: bytes, terms: Terms, find: _Find
) -> Performed[CollectionSearch]:
    scale = parts.scale()
    threshold = scale.threshold(terms.value)
    act = acts.search(parts.engine.model, threshold, facts, probe, terms.limit)

    def run(ongoing: OngoingAct) -> CollectionSearch:
        ongoing.require(acts.SEARCH, gallery=facts.name)
        return find(ongoing, scale)

    def outcome(found: CollectionSearch) -> Outcome:
        fields: dict[str, FieldValue] = {
            "model_digest": parts.engine.model.digest,
            "threshold_value": decimal(threshold.value),
            "threshold_digest": threshold_digest(threshold),
        }
        if found.photo is not None:
            fields["faces_found"] = len(found.not_searched) + (found.face is not None)
        if found.listed is None:
            return Outcome("no_face", fields)
        fields |= _listed(parts, facts.name, found.listed, scale, terms)
        return Outcome("candidates" if found.hits else "nobody", fields)

    return parts.accountability.perform(act, standing, run, outcome, withhold=_without_identities)


def _without_identities(found: CollectionSearch) -> CollectionSearch | None:
    """Return a search as it is shown while it waits for review, or None if there was no face to search with."""
    return None if found.listed is None else replace(found, hits=(), listed=None)


def _listed(
    parts: CollectionParts, collection: str, found: CandidateList, scale: VendorScale, terms: Terms
) -> dict[str, FieldValue]:
    """Return what is recorded of the candidates: identifiers, digests under their own keys, scores."""
    candidates = found.candidates[:LONGEST_LIST]
    rate = scale.threshold(terms.value).false_match_rate
    fields: dict[str, FieldValue] = {
        "candidate_count": len(found.candidates),
        "candidate_scores": tuple(decimal(item.similarity) for item in candidates),
        "expected_false_candidates": decimal(false_candidates(rate, found.references_searched).expected),
        "exact_search": found.exact,
        "gallery_revision": found.revision,
        "gallery_references": found.references_searched,
        "gallery_subjects": found.subjects_searched,
    }
    names = tuple(item.subject for item in candidates)
    if terms.users:
        # A user is several data subjects; one of its faces stands for it.
        _, first = parts.indexes.users(parts.collections.named(collection))
        names = tuple(first.get(name, name) for name in names)
    fields["candidate_reference_ids"] = tuple(item.reference_id for item in candidates)
    fields["candidate_subject_digests"] = parts.journal.subject_digests(collection, names)
    return fields


def _search(
    parts: CollectionParts,
    act: OngoingAct,
    stored: NamedCollection,
    scale: VendorScale,
    template: Template,
    terms: Terms,
    empty: CollectionSearch,
    *,
    leave_out: str | None = None,
) -> CollectionSearch:
    index = parts.indexes.users(stored)[0] if terms.users else parts.indexes.faces(stored)
    limit = min(terms.limit, terms.limit if act.most_candidates is None else act.most_candidates)
    found = index.search(
        template, threshold_value=scale.similarity_at(terms.value) - _SLACK, limit=limit + (leave_out is not None)
    )
    kept = tuple(
        item for item in found.candidates if item.subject != leave_out and scale.reaches(item.similarity, terms.value)
    )[:limit]
    faces = None if terms.users else parts.collections.faces(stored.name, [item.subject for item in kept])
    return replace(empty, hits=_hits(kept, scale, faces), listed=replace(found, candidates=kept))


def _hits(kept: Sequence[Candidate], scale: VendorScale, faces: Mapping[str, StoredFace] | None) -> tuple[Hit, ...]:
    """Return users (``faces`` is None) or faces; a face deleted since the index was read is not shown any more."""
    return tuple(
        Hit(item.subject, scale.value_of(item.similarity), None if faces is None else faces[item.subject])
        for item in kept
        if faces is None or item.subject in faces
    )


def _largest(found: PhotoFaces, quality: QualityFilter) -> tuple[Face | None, tuple[tuple[Face, tuple[str, ...]], ...]]:
    """Return the largest face that a filter leaves in, and the others with reasons."""
    reasons = [filter_reasons(face, quality) for face in found.faces]
    chosen = next((number for number, given in enumerate(reasons) if not given), None)
    others = tuple(
        (face, reasons[number] or (FACE_NOT_LARGEST,)) for number, face in enumerate(found.faces) if number != chosen
    )
    return (None if chosen is None else found.faces[chosen]), others
