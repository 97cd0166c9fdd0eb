"""Exact 1:N search over templates in memory.

Rules kept here:

- Exact means: every reference is compared, and the similarity that decides is the one
  ``countenance.core.comparison.similarity`` returns for the two templates, to the last bit. Ties and scores equal to
  the threshold come out the same with and without the smaller copy, alone or in a batch, on any BLAS.
- An index never changes. Another revision of the gallery is another index, so threads may share one without a lock.
- Nobody found is an empty list. There is always a threshold, except in ``nearest``, whose result is no candidate list.
- A subject with k references gives a stranger k chances. For a person who is not in the gallery, the expected number
  of references at or above the threshold is ``references_searched`` × FMR, exactly (expectations add up however the
  scores depend on each other). A subject is listed once, so for *subjects* listed it is an upper bound.

How it is quick: a few long matrix products, looked at in pieces that stay in the cache; a piece whose largest product
is below the cut costs one ``max``; the cut rises to the last listed subject's score; what is left is scored exactly.
With ``smaller_copy`` only half the bytes are read for most rows (``packed_pairs``).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence, Set

import numpy as np

from countenance.core.model_identity import ModelIdentity
from countenance.core.vocabulary import Candidate, CandidateList, Reference, Template
from countenance.gallery.block_products import PROBES_IN_A_BATCH, BlockProducts, stretches
from countenance.gallery.packed_pairs import PackedPairs
from countenance.gallery.reference_table import ReferenceTable, collect_references
from countenance.gallery.shortlist import Shortlist
from countenance.gallery.table_changes import changed_table, identifiers


def build_index(
    references: Iterable[Reference], *, model: ModelIdentity, revision: int, smaller_copy: bool = False
) -> GalleryIndex:
    """Return an index over exactly these references, read once and not kept.

    Args:
        references: May be a stream; memory peaks at 1.25 times the matrix.
        model: Identity all of them must have.
        revision: Of the gallery they were read from.
        smaller_copy: Keep half as many bytes again, to read half as many in a search. The answers are the same.

    Raises:
        ModelMismatch: A template is of another model.
    """
    return GalleryIndex(
        collect_references(references, model), model=model, revision=revision, smaller_copy=smaller_copy
    )


class GalleryIndex:
    """A searchable copy of one gallery at one revision; made by ``build_index``.

    Every method that takes a probe raises ``ModelMismatch`` if the probe is of another model.
    """

    __slots__ = ("_model", "_packed", "_products", "_revision", "_table")

    def __init__(self, table: ReferenceTable, *, model: ModelIdentity, revision: int, smaller_copy: bool) -> None:
        self._table = table
        self._model = model
        self._revision = revision
        self._products = BlockProducts(table.matrix)
        self._packed = PackedPairs(table.matrix) if smaller_copy else None

    @property
    def revision(self) -> int:
        """Return the revision of the gallery this index was built from."""
        return self._revision

    @property
    def model(self) -> ModelIdentity:
        """Return the identity of the model whose templates these are."""
        return self._model

    def reference_ids(self) -> frozenset[str]:
        """Return the identifiers of all references."""
        return frozenset(identifiers(self._table))

    def changed(self, gone: Set[str], added: Sequence[Reference], *, revision: int) -> GalleryIndex:
        """Return an index of another revision, without the references that are gone and with new ones.

        It answers as one built anew from those references would; this one stays as it is.

        Args:
            gone: Identifiers; those that are not here change nothing.
            added: References that are not here yet.
            revision: Of the gallery with these changes.

        Raises:
            ModelMismatch: A template is of another model.
        """
        table = changed_table(self._table, gone, added, self._model)
        return GalleryIndex(table, model=self._model, revision=revision, smaller_copy=self._packed is not None)

    @property
    def memory_bytes(self) -> int:
        """Return the bytes of templates, names, identifiers and, if there is one, the smaller copy."""
        return self._table.memory_bytes + (0 if self._packed is None else self._packed.memory_bytes)

    def search(self, probe: Template, *, threshold_value: float, limit: int) -> CandidateList:
        """Return the candidates at or above the threshold, most similar first, one a subject.

        Equal similarities are in the order of subject, then reference identifier.

        Args:
            probe: Whom to look for.
            threshold_value: Lowest similarity of a candidate.
            limit: Most candidates listed, at least 1; ``cut_off`` says whether there were more.

        Raises:
            ModelMismatch: The probe is of another model.
            ValueError: The threshold is not a number, or the limit is below 1.
        """
        return self._candidate_list(self._shortlist(probe, _checked(threshold_value), keep=_positive(limit) + 1), limit)

    def search_many(self, probes: Sequence[Template], *, threshold_value: float, limit: int) -> list[CandidateList]:
        """Return one candidate list a probe, each equal to what ``search`` returns for it.

        The probes share each pass over the matrix, so this is much cheaper than as many searches; memory is bounded
        by a block, whatever the number of probes or references.

        Args:
            probes: Whom to look for.
            threshold_value: Lowest similarity of a candidate.
            limit: Most candidates listed for each, at least 1.

        Raises:
            ModelMismatch: A probe is of another model; nothing was searched.
            ValueError: The threshold is not a number, or the limit is below 1.
        """
        for probe in probes:
            self._model.require_same(probe.model)
        threshold_value, keep = _checked(threshold_value), _positive(limit) + 1
        found: list[CandidateList] = []
        for start in range(0, len(probes), PROBES_IN_A_BATCH):
            vectors = np.stack([probe.vector for probe in probes[start : start + PROBES_IN_A_BATCH]])
            shortlists = [Shortlist(self._table, threshold_value=threshold_value, keep=keep) for _ in vectors]
            self._products.offer_batch(vectors, shortlists)
            found.extend(self._candidate_list(shortlist, limit) for shortlist in shortlists)
        return found

    def nearest(self, probe: Template, *, limit: int) -> tuple[Candidate, ...]:
        """Return the most similar subjects *without a threshold*, most similar first: for audits, not for identifying.

        Somebody is always nearest, so these are candidates in form only: being listed says nothing. Use ``search`` to
        find out whether a person is in the gallery.

        Args:
            probe: Whose rank list to make.
            limit: Most subjects listed, at least 1.

        Raises:
            ModelMismatch: The probe is of another model.
            ValueError: The limit is below 1.
        """
        return self._listed(self._shortlist(probe, -math.inf, keep=_positive(limit)))

    def _shortlist(self, probe: Template, threshold_value: float, *, keep: int) -> Shortlist:
        self._model.require_same(probe.model)
        shortlist = Shortlist(self._table, threshold_value=threshold_value, keep=keep)
        packed = None if self._packed is None else self._packed.filter_for(probe.vector)
        for start, stop in stretches(len(self._table.matrix), short_first=packed is not None):
            left = None if packed is None else packed.rows_left(start, stop, shortlist.cut)
            if packed is None or left is None:
                self._products.offer_stretch(start, stop, probe.vector, shortlist)
            else:
                self._products.offer_estimated(*left, packed.error_bound, probe.vector, shortlist)
        return shortlist

    def _candidate_list(self, shortlist: Shortlist, limit: int) -> CandidateList:
        listed = self._listed(shortlist)
        return CandidateList(
            candidates=listed[:limit],
            references_searched=len(self._table.matrix),
            subjects_searched=len(self._table.subjects),
            revision=self._revision,
            exact=True,
            cut_off=len(listed) > limit,
        )

    def _listed(self, shortlist: Shortlist) -> tuple[Candidate, ...]:
        table = self._table
        rows, scores = shortlist.best()
        subjects = table.subject_of_row[rows]
        return tuple(
            Candidate(
                subject=table.subjects[subject],
                reference_id=table.reference_ids.at(row),
                similarity=score,
                references_of_subject=count,
            )
            for subject, row, score, count in zip(
                subjects.tolist(),
                rows.tolist(),
                scores.tolist(),
                table.references_of_subject[subjects].tolist(),
                strict=True,
            )
        )


def _checked(threshold_value: float) -> float:
    if math.isnan(threshold_value):
        raise ValueError("a threshold is a number")
    return threshold_value


def _positive(limit: int) -> int:
    if limit < 1:
        raise ValueError("a list has room for one candidate at least")
    return limit
