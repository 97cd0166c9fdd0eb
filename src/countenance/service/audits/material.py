"""What an audit measures: photos with their subjects, labels and what reading them came to.

Rules kept here:

- Labels come from the data set. Who is unknown or declined to say is a group; nothing is read off a face.
- A photo without a usable template stays: it is a failure to acquire and part of every rate that counts those.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from countenance.audit.groups import group_labels, intersect

#: Where the data set has no labels at all: everybody in one group.
EVERYBODY = "everybody"
#: Between the attributes in the name of their intersection.
BY = " × "
#: Roles that put a photo into the gallery of identification searches.
GALLERY_ROLES = frozenset({"reference", "gallery", "enrolled", "enrolment"})


@dataclass(frozen=True, slots=True)
class AuditedPhoto:
    """One photo of the audit.

    Attributes:
        file: Name relative to the photos' folder.
        subject: Who is in it.
        labels: Attribute → value, as the data set labels the subject.
        role: The data set's word for its part (``reference``, ``probe``); empty if there is none.
        sha256: Hex digest of the file; empty if there is no file.
        failure: Why there is no template, in words; None if there is one.
        quality: Reasons why the photo is below the quality limits, in words.
    """

    file: str = field(repr=False)
    subject: str = field(repr=False)
    labels: Mapping[str, str]
    role: str = ""
    sha256: str = ""
    failure: str | None = None
    quality: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Grouping:
    """A way to divide the people into groups.

    Attributes:
        name: The attribute, or several joined by ``BY``.
        attributes: The attributes.
    """

    name: str
    attributes: tuple[str, ...]

    def of(self, photos: Sequence[AuditedPhoto]) -> list[str]:
        """Return each photo's group; one group where there is no attribute."""
        if not self.attributes:
            return [EVERYBODY] * len(photos)
        columns = {name: [photo.labels.get(name, "") for photo in photos] for name in self.attributes}
        return intersect(columns) if len(columns) > 1 else group_labels(next(iter(columns.values())))


@dataclass(frozen=True, slots=True)
class Material:
    """Everything that is measured, apart from the scores.

    Attributes:
        photos: The one set, or the probes; failures to acquire included.
        references: The gallery's photos if they are another set, else None.
        attributes: Names of the labels.
    """

    photos: tuple[AuditedPhoto, ...] = field(repr=False)
    references: tuple[AuditedPhoto, ...] | None = field(repr=False)
    attributes: tuple[str, ...]

    @property
    def usable(self) -> tuple[AuditedPhoto, ...]:
        """Return the photos with a template, in order: the rows of the scores."""
        return tuple(photo for photo in self.photos if photo.failure is None)

    @property
    def usable_references(self) -> tuple[AuditedPhoto, ...] | None:
        """Return the references with a template, in order: the columns of the scores."""
        if self.references is None:
            return None
        return tuple(photo for photo in self.references if photo.failure is None)

    def groupings(self) -> tuple[Grouping, ...]:
        """Return each attribute, then all of them together."""
        each = tuple(Grouping(name, (name,)) for name in self.attributes)
        return (*each, Grouping(BY.join(self.attributes), self.attributes)) if len(each) > 1 else each

    def without(self, left_out: npt.NDArray[np.bool_], left_out_references: npt.NDArray[np.bool_] | None) -> Material:
        """Return the material without some usable photos; failures stay."""
        return Material(
            _kept(self.photos, left_out),
            None if self.references is None or left_out_references is None
            else _kept(self.references, left_out_references),
            self.attributes,
        )  # fmt: skip


def _kept(photos: Sequence[AuditedPhoto], left_out: npt.NDArray[np.bool_]) -> tuple[AuditedPhoto, ...]:
    usable = iter(left_out.tolist())
    return tuple(photo for photo in photos if photo.failure is not None or not next(usable))


def enrolled_rows(photos: Sequence[AuditedPhoto]) -> npt.NDArray[np.bool_]:
    """Return which usable photos of one set make up the gallery of searches.

    Photos whose role says so; where nobody has such a role, each person's first photo as listed.
    """
    by_role = np.array([photo.role.casefold() in GALLERY_ROLES for photo in photos], dtype=np.bool_)
    if by_role.any():
        return by_role
    first = {photo.subject: at for at, photo in reversed(list(enumerate(photos)))}
    return np.array([first[photo.subject] == at for at, photo in enumerate(photos)], dtype=np.bool_)


def described(photo: AuditedPhoto) -> dict[str, Any]:
    """Return a photo as the result document names it."""
    return {"file": photo.file, "subject": photo.subject, "labels": dict(photo.labels)}
