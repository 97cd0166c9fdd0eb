"""Comparing temporary faces: with each other, with a person, with a group, with a list.

Rules kept here:

- Two faces, or a face and one person, are a 1:1 comparison. One face against several is a search, also where the
  several are temporary faces; grouping many faces is finding out who is there more than once. The rules hear of each as
  what it is.
- A search of a group or list that the rules hold comes back without identities and waits for review. Temporary faces
  have no pictures to be reviewed, so where rules want a review a search among them is refused.
- Faces are looked up and their templates opened within the act, not before it was judged.
- Decided on the confidence a client gets (``person_group_confidence``), so that it comes to the same answer.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np

from countenance.core.comparison import similarity
from countenance.core.vocabulary import Template
from countenance.ledger.field_types import LONGEST_LIST, FieldValue
from countenance.policy.terms import Action, Mode
from countenance.service.accountability import Performed
from countenance.service.act_records import decimal, threshold_digest
from countenance.service.acts import COMPARE, SEARCH, Act, comparison
from countenance.service.admission import OngoingAct, Outcome
from countenance.service.collection_search import CollectionSearch, Terms, search_by_template
from countenance.service.person_group_confidence import DEFAULT_CONFIDENCE, confidence_of, value_at
from countenance.service.person_group_detection import outside_galleries, temporary_faces
from countenance.service.person_group_errors import NothingToSearch, PersonMissing
from countenance.service.person_group_people import require_person
from countenance.service.person_group_port import ContainerRef, StoredContainer
from countenance.service.person_groups import PersonGroupParts, require_same_model, require_trained
from countenance.service.similarity_scale import VendorScale
from countenance.service.standing import Standing

T = TypeVar("T")

GROUP = "group"


@dataclass(frozen=True, slots=True)
class Verified:
    """What a 1:1 comparison came to: the confidence, and whether it reaches the default."""

    confidence: float

    @property
    def is_identical(self) -> bool:
        """Return whether both are said to be one person."""
        return self.confidence >= DEFAULT_CONFIDENCE


@dataclass(frozen=True, slots=True)
class Similar:
    """A face that looks like the one asked about, with the confidence."""

    face_id: str
    confidence: float


@dataclass(frozen=True, slots=True)
class Grouped:
    """Faces put together, largest group first, and those that are like no other."""

    groups: tuple[tuple[str, ...], ...]
    alone: tuple[str, ...]


def verify_faces(parts: PersonGroupParts, standing: Standing, first: str, second: str) -> Performed[Verified]:
    """Return how alike two temporary faces are.

    Raises:
        ActRefused, CaseError: Whoever asks may not; recorded.
        TemporaryFaceMissing: One of them is not there.
        OtherRecognitionModel: They were detected for different models.
    """
    scale = parts.base.scale()
    act = comparison(parts.base.engine.model, scale.threshold(value_at(DEFAULT_CONFIDENCE)), b"")

    def pair() -> tuple[Template, Template]:
        faces, _ = temporary_faces(parts, standing, [first, second])
        return faces[0].template, faces[1].template

    return _verify(parts, standing, outside_galleries(parts, standing, act), scale, pair)


def verify_person(
    parts: PersonGroupParts, standing: Standing, face_id: str, ref: ContainerRef, person_id: str
) -> Performed[Verified]:
    """Return how alike a temporary face and a person of a group are: the mean of the person's faces.

    Raises:
        ActRefused, CaseError: Whoever asks may not; recorded.
        TemporaryFaceMissing: The face is not there.
        GalleryNotFound, PersonMissing: There is no such group, or person, or the person has no face.
        OtherRecognitionModel: The group is for another model.
    """
    group = parts.groups.container(ref.gallery)
    stored, facts = parts.base.usable(ref.gallery)

    def pair() -> tuple[Template, Template]:
        faces, model = temporary_faces(parts, standing, [face_id])
        require_same_model(group, model)
        require_person(parts, ref, person_id)
        face_ids = parts.groups.faces_of_persons(ref.gallery, [person_id]).get(person_id, [])
        template = parts.base.indexes.user_template(stored, face_ids)
        if template is None:
            raise PersonMissing("The person has no face.")
        return faces[0].template, template

    scale = parts.base.scale()
    act = Act(
        COMPARE, Action.VERIFY, Mode.VERIFY, model=parts.base.engine.model,
        threshold=scale.threshold(value_at(DEFAULT_CONFIDENCE)), gallery=facts,
    )  # fmt: skip
    return _verify(parts, standing, act, scale, pair)


def identify(
    parts: PersonGroupParts, standing: Standing, face_id: str, ref: ContainerRef, *, confidence: float, limit: int
) -> Performed[CollectionSearch]:
    """Return which persons of a group look like a temporary face; each hit's name is a person's identifier.

    Raises:
        ActRefused, CaseError: Whoever asks may not; recorded.
        TemporaryFaceMissing: The face is not there.
        GalleryNotFound: There is no such group.
        NotTrained, OtherRecognitionModel: The group is not ready, or for another model.
    """
    template = _template(parts, standing, face_id, require_trained(parts, ref))
    return search_by_template(
        parts.base, standing, ref.gallery, template, Terms(value_at(confidence), limit, users=True)
    )


def find_in_list(
    parts: PersonGroupParts, standing: Standing, face_id: str, ref: ContainerRef, *, confidence: float, limit: int
) -> Performed[CollectionSearch]:
    """Return which faces of a list look like a temporary face.

    Raises:
        ActRefused, CaseError: Whoever asks may not; recorded.
        TemporaryFaceMissing: The face is not there.
        GalleryNotFound: There is no such list.
        NotTrained, NothingToSearch, OtherRecognitionModel: The list is not ready, empty, or for another model.
    """
    template = _template(parts, standing, face_id, require_trained(parts, ref))
    if not parts.base.collections.faces_page(ref.gallery, after="", limit=1, user_id=None, face_ids=None):
        raise NothingToSearch("The list holds no face.")
    return search_by_template(parts.base, standing, ref.gallery, template, Terms(value_at(confidence), limit))


def find_among(
    parts: PersonGroupParts, standing: Standing, face_id: str, others: Sequence[str], *, confidence: float, limit: int
) -> Performed[tuple[Similar, ...]]:
    """Return which of several temporary faces look like one of them, most similar first.

    Raises:
        ActRefused, CaseError: Whoever asks may not; recorded.
        TemporaryFaceMissing: One of them is not there.
        OtherRecognitionModel: They were detected for different models.
    """
    wanted = tuple(dict.fromkeys(others))
    scale, value = parts.base.scale(), value_at(confidence)
    act = Act(
        SEARCH, Action.SEARCH, Mode.SEARCH, model=parts.base.engine.model, threshold=scale.threshold(value),
        candidates_asked=limit, searches=1,
    )  # fmt: skip

    def run(ongoing: OngoingAct) -> tuple[tuple[Similar, float], ...]:
        ongoing.require(SEARCH)
        faces, _ = temporary_faces(parts, standing, [face_id, *wanted])
        scores = [(similarity(faces[0].template, other.template), other.face_id) for other in faces[1:]]
        ranked = sorted((item for item in scores if scale.reaches(item[0], value)), key=lambda item: -item[0])
        most = limit if ongoing.most_candidates is None else min(limit, ongoing.most_candidates)
        return tuple((Similar(name, confidence_of(scale.value_of(score))), score) for score, name in ranked[:most])

    def outcome(found: tuple[tuple[Similar, float], ...]) -> Outcome:
        fields = _fields(parts, scale, value, [score for _, score in found])
        fields |= {"candidate_count": len(found), "gallery_references": len(wanted), "exact_search": True}
        return Outcome("candidates" if found else "nobody", fields)

    done = parts.base.accountability.perform(outside_galleries(parts, standing, act), standing, run, outcome)
    return _with_value(done, tuple(item for item, _ in done.value))


def group_faces(parts: PersonGroupParts, standing: Standing, face_ids: Sequence[str]) -> Performed[Grouped]:
    """Return temporary faces put together so that any two of a group look alike.

    Raises:
        ActRefused, CaseError: Whoever asks may not; recorded.
        TemporaryFaceMissing: One of them is not there.
        OtherRecognitionModel: They were detected for different models.
    """
    wanted = tuple(dict.fromkeys(face_ids))
    scale, value = parts.base.scale(), value_at(DEFAULT_CONFIDENCE)
    act = Act(
        GROUP, Action.SEARCH, Mode.DEDUP, model=parts.base.engine.model, threshold=scale.threshold(value),
        candidates_asked=len(wanted), searches=1,
    )  # fmt: skip

    def run(ongoing: OngoingAct) -> Grouped:
        ongoing.require(GROUP)
        faces, _ = temporary_faces(parts, standing, wanted)
        clusters = alike([face.template for face in faces], scale, value)
        named = [tuple(wanted[number] for number in cluster) for cluster in clusters]
        return Grouped(
            tuple(names for names in named if len(names) > 1), tuple(names[0] for names in named if len(names) == 1)
        )

    def outcome(found: Grouped) -> Outcome:
        fields = _fields(parts, scale, value, [])
        fields |= {"candidate_count": sum(len(names) for names in found.groups), "gallery_references": len(wanted)}
        return Outcome("candidates" if found.groups else "nobody", fields)

    return parts.base.accountability.perform(outside_galleries(parts, standing, act), standing, run, outcome)


def alike(templates: Sequence[Template], scale: VendorScale, value: float) -> list[list[int]]:
    """Return the positions of templates in clusters in which every two reach a value, largest cluster first.

    Complete linkage, greedily: the most similar pairs come first, and two clusters join only if every pair across them
    reaches the value. So nobody is in a group by way of somebody else.
    """
    vectors = np.stack([template.vector for template in templates]).astype(np.float64)
    scores = vectors @ vectors.T
    reached = np.vectorize(lambda score: scale.reaches(float(score), value), otypes=[bool])(scores)
    clusters = {number: [number] for number in range(len(templates))}
    member_of = list(range(len(templates)))
    first, second = np.nonzero(np.triu(reached, k=1))
    order = np.argsort(-scores[first, second], kind="stable")
    for one, other in zip(first[order].tolist(), second[order].tolist(), strict=True):
        left, right = sorted((member_of[one], member_of[other]))
        if left == right or not reached[np.ix_(clusters[left], clusters[right])].all():
            continue
        for number in clusters[right]:
            member_of[number] = left
        clusters[left] += clusters.pop(right)
    return sorted((sorted(cluster) for cluster in clusters.values()), key=lambda cluster: (-len(cluster), cluster[0]))


def _verify(
    parts: PersonGroupParts,
    standing: Standing,
    act: Act,
    scale: VendorScale,
    pair: Callable[[], tuple[Template, Template]],
) -> Performed[Verified]:
    def run(ongoing: OngoingAct) -> tuple[Verified, float]:
        ongoing.require(COMPARE, gallery=None if act.gallery is None else act.gallery.name)
        score = similarity(*pair())
        return Verified(confidence_of(scale.value_of(score))), score

    def outcome(found: tuple[Verified, float]) -> Outcome:
        fields = _fields(parts, scale, value_at(DEFAULT_CONFIDENCE), [found[1]])
        return Outcome("match" if found[0].is_identical else "non_match", fields)

    done = parts.base.accountability.perform(act, standing, run, outcome)
    return _with_value(done, done.value[0])


def _template(
    parts: PersonGroupParts, standing: Standing, face_id: str, found: StoredContainer
) -> Callable[[], Template]:
    """Return what opens a temporary face's template for a search of a container."""

    def opened() -> Template:
        faces, model = temporary_faces(parts, standing, [face_id])
        require_same_model(found, model)
        return faces[0].template

    return opened


def _fields(
    parts: PersonGroupParts, scale: VendorScale, value: float, scores: Sequence[float]
) -> dict[str, FieldValue]:
    threshold = scale.threshold(value)
    return {
        "model_digest": parts.base.engine.model.digest,
        "candidate_scores": tuple(decimal(score) for score in scores[:LONGEST_LIST]),
        "threshold_value": decimal(threshold.value),
        "threshold_digest": threshold_digest(threshold),
    }


def _with_value(done: Performed[Any], value: T) -> Performed[T]:
    return Performed(
        value, done.decision, done.act_id, done.intent_entry_id, done.outcome_entry_id, done.held, done.review_id
    )
