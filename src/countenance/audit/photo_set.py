"""Labelled templates in the order the comparison of all pairs wants them.

Rules kept here:

- Photos are sorted by group, then subject, so that a tile of the score matrix belongs to one pair of groups and a
  subject's photos lie together.
- A subject has one group, in both sets; anything else is an error that names rows.
- Probe and reference set share one list of subjects: the same label is the same person, and its comparisons are mated.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from countenance.audit.labels import code_labels
from countenance.audit.templates import require_templates
from countenance.core.errors import AuditInputInvalid
from countenance.core.vocabulary import FloatArray

IntArray = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class PhotoSet:
    """Templates with their labels, row by row.

    Attributes:
        vectors: Unit templates of one model, float32, shape (photos, dimension).
        subjects: Who is in each photo.
        groups: The subject's group, as the data set labels it.
    """

    vectors: FloatArray = field(repr=False)
    subjects: Sequence[str] = field(repr=False)
    groups: Sequence[str] = field(repr=False)


@dataclass(frozen=True, slots=True, eq=False)
class PhotoLabels:
    """Labels of photos that are known by their scores only.

    Attributes:
        subjects: Who is in each photo.
        groups: The subject's group.
    """

    subjects: Sequence[str] = field(repr=False)
    groups: Sequence[str] = field(repr=False)


@dataclass(frozen=True, slots=True, eq=False)
class SortedPhotos:
    """A set's photos sorted by group and subject.

    Attributes:
        vectors: float32, shape (photos, dimension); of dimension 0 where only scores are known.
        subject: Subject code of each photo; not decreasing.
        group: Group code of each photo; not decreasing.
        row: Row of each photo in the set as it was given.
        photos_each: Photos of each subject, zero for subjects of the other set only, shape (subjects,).
    """

    vectors: FloatArray = field(repr=False)
    subject: IntArray = field(repr=False)
    group: IntArray = field(repr=False)
    row: IntArray = field(repr=False)
    photos_each: IntArray = field(repr=False)


@dataclass(frozen=True, slots=True, eq=False)
class PreparedSets:
    """Both sides of a comparison of all pairs, with common codes.

    Attributes:
        probes: The probe side.
        references: The reference side; the same object as ``probes`` for one set.
        one_set: True if a set is compared with itself: every unordered pair once.
        groups: Names of the groups, sorted.
        subject_group: Group code of each subject, not decreasing, shape (subjects,).
    """

    probes: SortedPhotos
    references: SortedPhotos
    one_set: bool
    groups: tuple[str, ...]
    subject_group: IntArray = field(repr=False)


def prepare(probes: PhotoSet, references: PhotoSet | None = None) -> PreparedSets:
    """Return one set, or probes and references, checked, coded and sorted.

    Raises:
        AuditInputInvalid: Templates or labels that cannot be used, templates of different length, a subject with two
            groups, or no photo at all.
    """
    sets = [probes] if references is None else [probes, references]
    for photos in sets:
        require_templates(photos.vectors, rows=len(photos.subjects))
    if len({photos.vectors.shape[1] for photos in sets}) > 1:
        raise AuditInputInvalid(
            "Probe and reference templates have different numbers of elements.",
            remedy="Make both with one model.",
        )
    return _prepared(probes, references)


def prepare_labels(probes: PhotoLabels, references: PhotoLabels | None = None) -> PreparedSets:
    """Return the same of photos whose templates are not known, only scores of them; their vectors have no element.

    Raises:
        AuditInputInvalid: Labels that cannot be used, a subject with two groups, or no photo at all.
    """

    def bare(photos: PhotoLabels) -> PhotoSet:
        return PhotoSet(np.empty((len(photos.subjects), 0), dtype=np.float32), photos.subjects, photos.groups)

    return _prepared(bare(probes), None if references is None else bare(references))


def _prepared(probes: PhotoSet, references: PhotoSet | None) -> PreparedSets:
    sets = [probes] if references is None else [probes, references]
    for photos in sets:
        if len(photos.groups) != len(photos.subjects) or not len(photos.subjects):
            raise AuditInputInvalid(
                f"There are {len(photos.subjects):,} subject labels and {len(photos.groups):,} group labels.",
                remedy="Give each photo both; write 'unknown' for a group that is not known.",
            )
    subjects = code_labels([label for photos in sets for label in photos.subjects], what="subject")
    groups = code_labels([label for photos in sets for label in photos.groups], what="group")
    subject_group = _group_of_subject(subjects.codes, groups.codes, subjects.count)
    # Codes in order of group, then name: sorting by the new code sorts by both.
    order = np.argsort(subject_group, kind="stable")
    rank = np.empty_like(order)
    rank[order] = np.arange(order.size)
    codes = rank[subjects.codes]
    subject_group = subject_group[order]
    first = _sorted(probes.vectors, codes[: len(probes.subjects)], subject_group)
    other = first if references is None else _sorted(references.vectors, codes[len(probes.subjects) :], subject_group)
    return PreparedSets(first, other, references is None, groups.names, subject_group)


def _group_of_subject(subject: IntArray, group: IntArray, subjects: int) -> IntArray:
    found = np.zeros(subjects, dtype=np.int64)
    found[subject] = group
    wrong = np.flatnonzero(found[subject] != group)
    if wrong.size:
        same = np.flatnonzero(subject == subject[wrong[0]])
        other = same[group[same] != group[wrong[0]]][0]
        first, second = sorted((int(wrong[0]) + 1, int(other) + 1))
        raise AuditInputInvalid(
            f"Rows {first:,} and {second:,} put one subject into two groups.",
            remedy="Correct the label, or give a subject of several groups an intersectional group of its own.",
        )
    return found


def _sorted(vectors: FloatArray, subject: IntArray, subject_group: IntArray) -> SortedPhotos:
    row = np.argsort(subject, kind="stable")
    return SortedPhotos(
        vectors=np.ascontiguousarray(vectors[row]),
        subject=subject[row],
        group=subject_group[subject[row]],
        row=row,
        photos_each=np.bincount(subject, minlength=subject_group.size),
    )
