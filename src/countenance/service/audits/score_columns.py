"""Which column of a score file is which, by the names people and vendors give them.

Rules kept here:

- A name is recognised or asked for; no column is guessed from its contents.
- A label of a photo has its side in its name: ``probe_sex``, ``sex_reference``, ``subject1`` and ``subject2``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from countenance.core.errors import AuditInputInvalid

PROBE_WORDS = ("probe", "query", "source", "left", "first", "a", "1")
REFERENCE_WORDS = ("reference", "ref", "gallery", "target", "enrolled", "candidate", "right", "second", "b", "2")
#: What the identifier of a photo is called, besides its side; the first one present is taken.
ID_WORDS = ("", "id", "photo", "image", "img", "file", "filename", "template", "template_id", "path", "name", "face")
SUBJECT_WORDS = ("subject", "subject_id", "person", "person_id", "identity")
DISTANCE_WORDS = frozenset({"distance", "dist", "dissimilarity", "euclidean", "l2"})
SIMILARITY_WORDS = frozenset({"similarity", "sim", "confidence", "cosine", "likeness"})
SCORE_WORDS = frozenset({"score"}) | DISTANCE_WORDS | SIMILARITY_WORDS
MATED_NAMES = ("mated", "genuine", "is_mated", "is_genuine", "same_person", "same", "is_same", "issame")


@dataclass(frozen=True, slots=True)
class NamedColumns:
    """Columns somebody named; None where the name is to be recognised."""

    probe: str | None = None
    reference: str | None = None
    score: str | None = None
    mated: str | None = None


@dataclass(frozen=True, slots=True)
class ScoreColumns:
    """The columns of a score file.

    Attributes:
        probe: Identifier of the probe photo.
        reference: Identifier of the reference photo.
        score: The score.
        mated: Whether both photos are of one person, if the file says so.
        probe_labels: Label → its column for the probe; ``subject`` among them if there is one.
        reference_labels: The same for the reference.
    """

    probe: str
    reference: str
    score: str
    mated: str | None = None
    probe_labels: Mapping[str, str] = field(default_factory=dict)
    reference_labels: Mapping[str, str] = field(default_factory=dict)


def find_columns(names: Sequence[str], named: NamedColumns, *, file: str) -> ScoreColumns:
    """Return which column is which.

    Args:
        names: The file's columns.
        named: Those somebody named.
        file: The file's name, for messages.

    Raises:
        AuditInputInvalid: A named column is missing, or one that is needed is not recognised or not unique.
    """
    for wanted in (named.probe, named.reference, named.score, named.mated):
        if wanted is not None and wanted not in names:
            raise AuditInputInvalid(f"{file} has no column {wanted!r}.", remedy=f"Its columns are: {_list(names)}.")
    sides = {name: side_of(name) for name in names}
    found = {
        "probe": named.probe or _identifier(sides, "probe"),
        "reference": named.reference or _identifier(sides, "reference"),
        "score": named.score or _score(names, file),
    }
    missing = [what for what, column in found.items() if column is None]
    if missing:
        raise AuditInputInvalid(
            f"{file} has no column recognised as {' or '.join(missing)}; its columns are: {_list(names)}.",
            remedy=f"Name it: {' '.join(f'--{what} COLUMN' for what in missing)}.",
        )
    mated = named.mated or next((name for name in names if _plain(name) in MATED_NAMES), None)
    used = {*found.values(), mated}
    labels: dict[str, dict[str, str]] = {"probe": {}, "reference": {}}
    for name, side in sides.items():
        if side is not None and name not in used and side[1] not in ID_WORDS:
            labels[side[0]].setdefault("subject" if side[1] in SUBJECT_WORDS else side[1], name)
    both = labels["probe"].keys() & labels["reference"].keys()
    return ScoreColumns(
        probe=str(found["probe"]),
        reference=str(found["reference"]),
        score=str(found["score"]),
        mated=mated,
        probe_labels={label: labels["probe"][label] for label in labels["probe"] if label in both},
        reference_labels={label: labels["reference"][label] for label in labels["probe"] if label in both},
    )


def side_of(name: str) -> tuple[str, str] | None:
    """Return the side a column speaks of and what of it, such as ``("probe", "sex")``, or None."""
    plain = _plain(name)
    numbered = re.fullmatch(r"([a-z_]*[a-z])_?([12])", plain)
    if numbered:
        plain = f"{numbered[1]}_{numbered[2]}"
    for side, words in (("probe", PROBE_WORDS), ("reference", REFERENCE_WORDS)):
        for word in words:
            if plain == word:
                return side, ""
            if plain.startswith(f"{word}_"):
                return side, plain.removeprefix(f"{word}_")
            if plain.endswith(f"_{word}"):
                return side, plain.removesuffix(f"_{word}")
    return None


def words_of(name: str) -> set[str]:
    """Return the words of a column's name in small letters."""
    return set(_plain(name).split("_"))


def _identifier(sides: Mapping[str, tuple[str, str] | None], side: str) -> str | None:
    for word in ID_WORDS:
        for name, found in sides.items():
            if found == (side, word):
                return name
    return None


def _score(names: Sequence[str], file: str) -> str | None:
    found = [name for name in names if words_of(name) & SCORE_WORDS]
    if len(found) > 1:
        raise AuditInputInvalid(
            f"{file} has several columns that could be the score: {_list(found)}.",
            remedy=f"Name the one to audit, such as --score {found[0]}.",
        )
    return found[0] if found else None


def _plain(name: str) -> str:
    return re.sub(r"[^0-9a-z]+", "_", re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name.strip()).casefold()).strip("_")


def _list(names: Sequence[str]) -> str:
    return ", ".join(repr(name) for name in names) or "none"
