"""Searchable copies of collections: one over faces and one over users, each for as long as its revision is current.

A user stands for several faces of one person. Its template is the mean direction of its faces' templates: one
comparison a user, and closer to each of the person's photos than the photos are to one another. The measured rates of
the calibration record are those of single photos; with several faces a user, false matches are rarer and mated scores
higher than the record says.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Iterator

import numpy as np

from countenance.core.vocabulary import Reference, Template
from countenance.service.collection_port import CollectionStore, NamedCollection
from countenance.service.current_index import current_index
from countenance.service.ports import GalleryStore, IndexBuilder, SearchIndex


class CollectionIndexes:
    """Builds indexes when they are needed and keeps one of each kind a collection. Safe for several threads."""

    def __init__(self, collections: CollectionStore, galleries: GalleryStore, build: IndexBuilder) -> None:
        self._collections = collections
        self._galleries = galleries
        self._build = build
        self._faces: dict[str, SearchIndex] = {}
        self._users: dict[str, tuple[tuple[int, int], SearchIndex, dict[str, str]]] = {}
        self._lock = threading.Lock()

    def faces(self, collection: NamedCollection) -> SearchIndex:
        """Return a current index over a collection's faces; a candidate's subject is the face's identifier."""
        revision, _ = self._collections.revisions(collection.name)
        with self._lock:
            index = self._faces.get(collection.collection_id)
            if index is None or index.revision != revision:
                index = current_index(
                    index, collection.name, collection.model, store=self._galleries, build=self._build
                )
                self._faces[collection.collection_id] = index
            return index

    def users(self, collection: NamedCollection) -> tuple[SearchIndex, dict[str, str]]:
        """Return a current index over a collection's users, and for each user one of its faces."""
        revisions = self._collections.revisions(collection.name)
        with self._lock:
            known = self._users.get(collection.collection_id)
            if known is not None and known[0] == revisions:
                return known[1], known[2]
            grouped: dict[str, list[str]] = defaultdict(list)
            for face_id, user_id in sorted(self._collections.users_of_faces(collection.name).items()):
                grouped[user_id].append(face_id)
            index = self._build(
                self._user_references(collection, grouped), model=collection.model, revision=revisions[0]
            )
            first = {user_id: face_ids[0] for user_id, face_ids in grouped.items()}
            self._users[collection.collection_id] = (revisions, index, first)
            return index, first

    def user_template(self, collection: NamedCollection, face_ids: list[str]) -> Template | None:
        """Return the template of a user with these faces, or None without any."""
        templates = self._collections.templates(collection.name, face_ids)
        return mean_template([templates[face_id] for face_id in sorted(templates)])

    def _user_references(self, collection: NamedCollection, grouped: dict[str, list[str]]) -> Iterator[Reference]:
        face_ids = [face_id for some in grouped.values() for face_id in some]
        templates = self._collections.templates(collection.name, face_ids)
        # One of its faces stands for a user where a reference has to be named: in the ledger, in a review.
        first = self._collections.reference_ids(collection.name, [some[0] for some in grouped.values()])
        for user_id, some in grouped.items():
            template = mean_template([templates[face_id] for face_id in some if face_id in templates])
            if template is not None and some[0] in first:
                yield Reference(
                    reference_id=first[some[0]],
                    subject=user_id,
                    template=template,
                    source_sha256="",
                    source_name="",
                )


def mean_template(templates: list[Template]) -> Template | None:
    """Return the mean direction of templates of one model, or None without any, or where they cancel out."""
    if not templates:
        return None
    for other in templates[1:]:
        templates[0].model.require_same(other.model)
    total = np.sum([template.vector.astype(np.float64) for template in templates], axis=0)
    length = float(np.linalg.norm(total))
    if length < 1e-6:
        return None
    return Template((total / length).astype(np.float32), templates[0].model)
