"""Users of a collection: several faces that stand for one person, grouped by the client.

Rules kept here:

- A face belongs to at most one user. Before a face joins a user who has faces, it is compared with them; that is a 1:1
  comparison, judged and recorded as one.
- A request that carries a client's token is done once: repeated, it gets the answer it got before, and with other
  parameters it is an error.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

from countenance.core.comparison import similarity
from countenance.core.vocabulary import Template
from countenance.policy.terms import Action, Mode
from countenance.service.accountability import Performed
from countenance.service.act_records import decimal
from countenance.service.acts import Act
from countenance.service.admission import OngoingAct, Outcome
from countenance.service.collection_errors import TokenReused, TooMany, UserExists, UserMissing
from countenance.service.collection_parts import CollectionParts
from countenance.service.collection_port import NamedCollection
from countenance.service.journal_port import OpenTransaction
from countenance.service.similarity_scale import VendorScale
from countenance.service.standing import Standing

#: Most faces of one user. Source: Rekognition, AssociateFaces.
MOST_FACES_OF_USER = 100
ASSOCIATE = "associate_faces"
FACE_NOT_FOUND = "FACE_NOT_FOUND"
DIFFERENT_USER = "ASSOCIATED_TO_A_DIFFERENT_USER"
LOW_CONFIDENCE = "LOW_MATCH_CONFIDENCE"


@dataclass(frozen=True, slots=True)
class UserPage:
    """One page of users: (identifier, number of faces); ``next_place`` is None on the last page."""

    users: tuple[tuple[str, int], ...]
    next_place: str | None


@dataclass(frozen=True, slots=True)
class NotChanged:
    """A face that was not associated or disassociated.

    Attributes:
        face_id: The face.
        reason: In the vendor's words.
        user_id: The user it belongs to, or None.
        value: How alike it is to the user, on the vendor scale; None where nothing was compared.
    """

    face_id: str
    reason: str
    user_id: str | None = None
    value: float | None = None


@dataclass(frozen=True, slots=True)
class AssociationsChanged:
    """What came of associating or disassociating faces.

    Attributes:
        changed: Identifiers of the faces that were.
        not_changed: The others, but for those that were so already.
        faces: How many faces the user has now.
    """

    changed: tuple[str, ...]
    not_changed: tuple[NotChanged, ...]
    faces: int


def create_user(parts: CollectionParts, standing: Standing, collection: str, user_id: str, token: str | None) -> None:
    """Add a user to a collection.

    Raises:
        ActRefused, CaseError: Whoever asks may not.
        GalleryNotFound: There is no such collection.
        UserExists: There is one of this identifier.
        TokenReused: The token was used with other parameters.
    """
    parts.require_access("create_user", standing, collection)

    def add(current: OpenTransaction) -> AssociationsChanged:
        if not parts.collections.add_user(collection, user_id, transaction=current):
            raise UserExists(f"The user id: {user_id} already exists")
        return AssociationsChanged((), (), 0)

    with parts.journal.transaction() as current:
        once(parts, collection, "create_user", token, [user_id], current, add)


def delete_user(parts: CollectionParts, standing: Standing, collection: str, user_id: str, token: str | None) -> None:
    """Delete a user; its faces stay in the collection.

    Raises:
        ActRefused, CaseError: Whoever asks may not.
        GalleryNotFound: There is no such collection.
        UserMissing: There is none of this identifier.
        TokenReused: The token was used with other parameters.
    """
    parts.require_access("delete_user", standing, collection)

    def remove(current: OpenTransaction) -> AssociationsChanged:
        if not parts.collections.remove_user(collection, user_id, transaction=current):
            raise UserMissing(f"The user id: {user_id} does not exist")
        return AssociationsChanged((), (), 0)

    with parts.journal.transaction() as current:
        once(parts, collection, "delete_user", token, [user_id], current, remove)


def list_users(parts: CollectionParts, standing: Standing, collection: str, *, after: str, limit: int) -> UserPage:
    """Return a page of users.

    Raises:
        ActRefused, CaseError: Whoever asks may not.
        GalleryNotFound: There is no such collection.
    """
    parts.require_access("list_users", standing, collection)
    found = parts.collections.users_page(collection, after=after, limit=limit + 1)
    shown = tuple(found[:limit])
    return UserPage(shown, shown[-1][0] if len(found) > limit and shown else None)


def associate_faces(
    parts: CollectionParts,
    standing: Standing,
    collection: str,
    user_id: str,
    face_ids: Sequence[str],
    *,
    value: float,
    token: str | None,
) -> Performed[AssociationsChanged]:
    """Associate faces with a user, each compared with the faces the user has.

    Args:
        parts: The service.
        standing: On whose behalf.
        collection: The collection.
        user_id: The user.
        face_ids: The faces.
        value: Threshold on the vendor scale.
        token: The client's token, or None.

    Raises:
        ActRefused, CaseError: Whoever asks may not; recorded.
        GalleryNotFound, UserMissing: There is no such collection, or user.
        TooMany: The user would have more than a hundred faces.
        TokenReused: The token was used with other parameters.
    """
    stored, facts = parts.usable(collection)
    scale, wanted = parts.scale(), tuple(dict.fromkeys(face_ids))
    act = Act(
        ASSOCIATE, Action.VERIFY, Mode.VERIFY, model=parts.engine.model, threshold=scale.threshold(value), gallery=facts
    )

    def run(ongoing: OngoingAct) -> AssociationsChanged:
        ongoing.require(ASSOCIATE, gallery=collection)
        with ongoing.transaction() as current:
            answer = once(
                parts, collection, ASSOCIATE, token, [user_id, *wanted, str(value)], current,
                lambda _: _associate(parts, stored, user_id, wanted, scale, value, current),
            )  # fmt: skip
            ongoing.complete(_outcome(answer, scale), finished_at=current.now, transaction=current)
        return answer

    return parts.accountability.perform(act, standing, run, lambda answer: _outcome(answer, scale))


def disassociate_faces(
    parts: CollectionParts,
    standing: Standing,
    collection: str,
    user_id: str,
    face_ids: Sequence[str],
    *,
    token: str | None,
) -> AssociationsChanged:
    """Take faces off a user; they stay in the collection.

    Raises:
        ActRefused, CaseError: Whoever asks may not.
        GalleryNotFound, UserMissing: There is no such collection, or user.
        TokenReused: The token was used with other parameters.
    """
    parts.require_access("disassociate_faces", standing, collection)
    wanted = tuple(dict.fromkeys(face_ids))

    def take_off(current: OpenTransaction) -> AssociationsChanged:
        _require_user(parts, collection, user_id, current)
        known = parts.collections.faces(collection, wanted, transaction=current)
        changed, failed = [], []
        for face_id in wanted:
            face = known.get(face_id)
            if face is None:
                failed.append(NotChanged(face_id, FACE_NOT_FOUND))
            elif face.user_id == user_id:
                changed.append(face_id)
            elif face.user_id is not None:
                failed.append(NotChanged(face_id, DIFFERENT_USER, face.user_id))
        parts.collections.associate(collection, changed, None, transaction=current)
        left = parts.collections.count_of_user(collection, user_id, transaction=current)
        return AssociationsChanged(tuple(changed), tuple(failed), left)

    with parts.journal.transaction() as current:
        return once(parts, collection, "disassociate_faces", token, [user_id, *wanted], current, take_off)


def once(
    parts: CollectionParts,
    collection: str,
    operation: str,
    token: str | None,
    request: Sequence[str],
    current: OpenTransaction,
    do: Callable[[OpenTransaction], AssociationsChanged],
) -> AssociationsChanged:
    """Do something in a transaction and return the answer, or the one that the same token got before.

    Raises:
        TokenReused: The token was used with another request.
    """
    if token is None:
        return do(current)
    digest = hashlib.sha256(json.dumps(request).encode()).hexdigest()
    before = parts.collections.answer(collection, operation, token, transaction=current)
    if before is not None:
        if before[0] != digest:
            raise TokenReused(f"The ClientRequestToken: {token} you have supplied is already in use.")
        return _answer_from_json(before[1])
    answer = do(current)
    parts.collections.keep_answer(collection, operation, token, digest, json.dumps(asdict(answer)), transaction=current)
    return answer


def _answer_from_json(text: str) -> AssociationsChanged:
    """Return an answer kept as JSON; the inverse of ``json.dumps(asdict(answer))``."""
    kept = json.loads(text)
    failed = tuple(NotChanged(**item) for item in kept["not_changed"])
    return AssociationsChanged(tuple(kept["changed"]), failed, int(kept["faces"]))


def _associate(
    parts: CollectionParts,
    stored: NamedCollection,
    user_id: str,
    wanted: tuple[str, ...],
    scale: VendorScale,
    value: float,
    current: OpenTransaction,
) -> AssociationsChanged:
    _require_user(parts, stored.name, user_id, current)
    known = parts.collections.faces(stored.name, wanted, transaction=current)
    before = [face for face, user in parts.collections.users_of_faces(stored.name).items() if user == user_id]
    person = parts.indexes.user_template(stored, before)
    templates = parts.collections.templates(stored.name, [face_id for face_id in wanted if face_id in known])
    changed: list[str] = []
    failed: list[NotChanged] = []
    for face_id in wanted:
        face = known.get(face_id)
        if face is None or face_id not in templates:
            failed.append(NotChanged(face_id, FACE_NOT_FOUND))
        elif face.user_id is not None:
            if face.user_id != user_id:
                failed.append(NotChanged(face_id, DIFFERENT_USER, face.user_id))
        elif (alike := _too_unlike(person, templates[face_id], scale, value)) is not None:
            failed.append(NotChanged(face_id, LOW_CONFIDENCE, value=alike))
        else:
            changed.append(face_id)
    if len(before) + len(changed) > MOST_FACES_OF_USER:
        raise TooMany(f"A user has at most {MOST_FACES_OF_USER} faces.")
    if changed:
        parts.collections.associate(stored.name, changed, user_id, transaction=current)
    return AssociationsChanged(tuple(changed), tuple(failed), len(before) + len(changed))


def _too_unlike(person: Template | None, face: Template, scale: VendorScale, value: float) -> float | None:
    """Return how alike a face is to a person if that is below the threshold, else None; nobody yet is no obstacle."""
    if person is None:
        return None
    score = similarity(person, face)
    return None if scale.reaches(score, value) else scale.value_of(score)


def _require_user(parts: CollectionParts, collection: str, user_id: str, current: OpenTransaction) -> None:
    if not parts.collections.has_user(collection, user_id, transaction=current):
        raise UserMissing(f"The user id: {user_id} does not exist")


def _outcome(answer: AssociationsChanged, scale: VendorScale) -> Outcome:
    scores = [scale.similarity_at(item.value) for item in answer.not_changed if item.value is not None]
    return Outcome(
        "associated" if answer.changed else "none_associated",
        {
            "faces_found": len(answer.changed) + len(answer.not_changed),
            "candidate_scores": tuple(decimal(score) for score in scores),
        },
    )
