"""A file of scores from any system → the material and evidence of an audit, with everything that was understood.

Rules kept here:

- Two steps: ``understand`` reads and shows, ``settle`` decides on direction and scale. Nobody's scores are turned round
  or rescaled without being told.
- What is left out is counted and said; what cannot be used without guessing is an error.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from countenance.audit.allpairs import Request
from countenance.audit.pair_counts import PairCounts
from countenance.audit.score_rows import CleanRows, Design, RawRows, Repeated, RowTally, clean_rows
from countenance.audit.score_scale import Direction, Scale, ScoreScale
from countenance.audit.score_searches import NotSearched, not_searched, score_searches
from countenance.audit.score_table import ScoreTable, count_scores
from countenance.audit.search_outcomes import SearchOutcomes
from countenance.core.errors import AuditInputInvalid
from countenance.service.audits.evidence import TableEvidence
from countenance.service.audits.material import AuditedPhoto, Material
from countenance.service.audits.score_columns import NamedColumns, ScoreColumns, find_columns
from countenance.service.audits.score_direction import (
    KnownScores,
    SeenDirection,
    see_direction,
    see_scale,
    settle_direction,
    settle_scale,
    text_histogram,
)
from countenance.service.audits.score_files import CodedRows, TableFile, open_table, read_rows
from countenance.service.audits.score_people import People, PeopleChoices, find_people

FloatNumbers = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

__all__ = [
    "Design",
    "Direction",
    "ImportChoices",
    "ImportedScores",
    "NamedColumns",
    "PeopleChoices",
    "Repeated",
    "Scale",
    "ScorePicture",
    "Understanding",
    "import_scores",
    "understand",
]

NO_SCORE = "no score in the file"
NOT_COMPARED = "listed, but in no comparison of the file"
#: Roles of the photos of two sets.
PROBE, REFERENCE = "probe", "reference"


@dataclass(frozen=True, slots=True)
class ImportChoices:
    """What somebody says about a score file.

    Attributes:
        columns: Names of columns.
        people: Where subjects and labels are from.
        direction: What a higher score means; seen if None.
        scale: The range; seen if None.
        repeated: Which score holds where a pair has several.
        design: One set or probes and references.
        delimiter: Of delimited text; seen if None.
        absent_failed: Whether photos that are listed and in no comparison are failures to acquire.
    """

    columns: NamedColumns = field(default_factory=NamedColumns)
    people: PeopleChoices = field(default_factory=PeopleChoices)
    direction: Direction | None = None
    scale: Scale | None = None
    repeated: Repeated = Repeated.REFUSE
    design: Design = Design.DETECT
    delimiter: str | None = None
    absent_failed: bool = False


@dataclass(frozen=True, slots=True)
class ScorePicture:
    """The two text histograms shown before an import, and what stands beside them.

    Attributes:
        low: Lowest score, as written.
        high: Highest.
        lines: Kind of comparison → (number, line of bars).
    """

    low: float
    high: float
    lines: Mapping[str, tuple[int, str]]


@dataclass(frozen=True, slots=True, eq=False)
class Understanding:
    """What a score file looks like, before anything is measured.

    Attributes:
        file: The file.
        columns: Which column is which.
        rows: Its rows.
        people: Subjects and labels.
        scores: Scores by what is known of them.
        seen_direction: With the reason.
        seen_scale: The scale its range suggests.
        choices: What somebody said.
    """

    file: TableFile
    columns: ScoreColumns
    rows: CodedRows = field(repr=False)
    people: People = field(repr=False)
    scores: KnownScores = field(repr=False)
    seen_direction: SeenDirection
    seen_scale: Scale
    choices: ImportChoices

    @property
    def stated(self) -> bool:
        """Return whether direction and scale were both stated, so that nothing is left to confirm."""
        return self.choices.direction is not None and self.choices.scale is not None

    def picture(self) -> ScorePicture:
        """Return the distributions of mated and non-mated scores as text, as written in the file."""
        low, high = self.scores.extent
        parts = {"mated": self.scores.mated, "non-mated": self.scores.non_mated}
        lines = {name: (int(part.size), text_histogram(part, low, high)) for name, part in parts.items() if part.size}
        return ScorePicture(low, high, lines)

    def settle(self) -> ImportedScores:
        """Return the material and scores, with direction and scale as stated, or as seen.

        Raises:
            AuditInputInvalid: Stated and seen contradict, nothing shows a direction, all scores are equal, scales are
                mixed, or a pair has several scores.
        """
        direction = settle_direction(self.seen_direction, self.choices.direction)
        scale = settle_scale(self.scores, direction, self.choices.scale)
        raw = RawRows(self.rows.probe, self.rows.reference, _kept(self.rows.score, scale), len(self.rows.photos))
        clean = clean_rows(raw, repeated=self.choices.repeated, design=self.choices.design)
        table, material = _table(self, clean, scale)
        return ImportedScores(
            material=material,
            table=table,
            scale=scale,
            tally=clean.tally,
            people=self.people,
            not_searched=not_searched(table),
            notes=tuple(_notes(self, clean, material)),
        )


@dataclass(frozen=True, slots=True, eq=False)
class ImportedScores:
    """Scores of any system, ready to be measured.

    Attributes:
        material: Photos with subjects and labels; those without a score are failures to acquire.
        table: The comparisons, higher more alike.
        scale: How scores were read; thresholds are written on it.
        tally: What became of the rows.
        people: Subjects and labels.
        not_searched: Why probes and references give no identification rates, or None.
        notes: What to know about the file, in sentences.
    """

    material: Material = field(repr=False)
    table: ScoreTable = field(repr=False)
    scale: ScoreScale
    tally: RowTally
    people: People = field(repr=False)
    not_searched: NotSearched | None
    notes: tuple[str, ...]

    @property
    def searching(self) -> str:
        """Return what becomes of identification rates, in a sentence."""
        if self.table.reference_subjects is not None:
            return "Every probe met the whole gallery." if self.not_searched is None else self.not_searched.reason
        if TableEvidence(self.table).complete:
            return "Each person's first photo makes the gallery; the other photos are searched for in it."
        return "Not all photos of the set were compared with each other, so identification rates are not given."

    def counts(self, groups: Mapping[str, str], request: Request) -> PairCounts:
        """Return all comparisons counted, with a group for every subject."""
        return count_scores(self.table, groups, request)

    def searches(self, groups: Mapping[str, str], thresholds: Sequence[float]) -> SearchOutcomes | NotSearched:
        """Return every probe's search of the references, or why there are none."""
        return score_searches(self.table, groups, thresholds)


def import_scores(path: Path, choices: ImportChoices | None = None) -> ImportedScores:
    """Return the scores of a file; see ``understand`` for what to show first.

    Raises:
        FileUnreadable: The file or the list of people cannot be read.
        AuditInputInvalid: Anything in them cannot be used without guessing.
    """
    return understand(path, choices).settle()


def understand(path: Path, choices: ImportChoices | None = None) -> Understanding:
    """Return what a score file looks like.

    Args:
        path: CSV, compressed or not, or Parquet.
        choices: What somebody says about it.

    Raises:
        FileUnreadable: The file or the list of people cannot be read.
        AuditInputInvalid: A column, subject or score cannot be used without guessing.
    """
    chosen = ImportChoices() if choices is None else choices
    file = open_table(path, delimiter=chosen.delimiter)
    columns = find_columns(file.columns, chosen.columns, file=file.name)
    rows = read_rows(file, columns.probe, columns.reference, columns.score, columns.mated)
    people = find_people(file, columns, rows, chosen.people)
    if rows.mated is not None:
        _require_agreement(rows, people)
    scores = _known(rows, people, columns.score)
    return Understanding(file, columns, rows, people, scores, see_direction(scores), see_scale(scores), chosen)


def _subject_codes(rows: CodedRows, people: People) -> IntArray:
    position: dict[str, int] = {}
    return np.array([position.setdefault(people.subject[photo], len(position)) for photo in rows.photos])


def _require_agreement(rows: CodedRows, people: People) -> None:
    """Refuse marks of mated comparisons that contradict the subjects."""
    subject = _subject_codes(rows, people)
    same = subject[rows.probe] == subject[rows.reference]
    marked = rows.mated
    if marked is None:
        return
    wrong = np.flatnonzero((marked >= 0) & (same != (marked == 1)))
    # A photo compared with itself is left out anyway, whatever its mark.
    wrong = wrong[rows.probe[wrong] != rows.reference[wrong]]
    if wrong.size:
        raise AuditInputInvalid(
            f"{wrong.size:,} rows are marked otherwise than their subjects say, first row {int(wrong[0]) + 1:,}.",
            remedy="Correct the marks or the subjects; without --mated or with another column the marks are not read.",
        )


def _known(rows: CodedRows, people: People, column: str) -> KnownScores:
    subject = _subject_codes(rows, people)
    finite = np.isfinite(rows.score)
    itself = rows.probe == rows.reference
    same = subject[rows.probe] == subject[rows.reference]
    if not np.any(finite & ~itself):
        raise AuditInputInvalid(
            f"None of {finite.size:,} rows compares two photos with a score.",
            remedy="Check which columns were read; a missing score is an empty cell or NaN.",
        )
    return KnownScores(
        mated=rows.score[finite & same & ~itself],
        non_mated=rows.score[finite & ~same],
        with_itself=rows.score[finite & itself],
        column=column,
    )


def _kept(score: FloatNumbers, scale: ScoreScale) -> FloatNumbers:
    return score if scale.sign > 0 else -score + 0.0


def _table(seen: Understanding, clean: CleanRows, scale: ScoreScale) -> tuple[ScoreTable, Material]:
    """Return comparisons and photos: of one set all photos with a score, else probes and references."""
    photos, people = seen.rows.photos, seen.people
    failed = {photos[at]: NO_SCORE for at in clean.without_score.tolist()}
    if seen.choices.absent_failed:
        failed |= dict.fromkeys(people.listed - set(photos), NOT_COMPARED)
    as_probe = _named(seen.rows.probe, len(photos))
    used_probe, used_reference = _named(clean.probe, len(photos)), _named(clean.reference, len(photos))

    def described(codes: IntArray, failures: Sequence[str], role: str = "") -> tuple[AuditedPhoto, ...]:
        usable = [_photo(photos[at], people, None, role) for at in codes.tolist()]
        return (*usable, *(_photo(photo, people, failed[photo], role) for photo in failures))

    def places(codes: IntArray) -> npt.NDArray[np.int32]:
        place = np.full(len(photos), -1, dtype=np.int32)
        place[codes] = np.arange(codes.size, dtype=np.int32)
        return place

    if clean.one_set:
        used = np.flatnonzero(used_probe | used_reference)
        place = places(used)
        material = Material(described(used, sorted(failed)), None, people.attributes)
        subjects = [photo.subject for photo in material.usable]
        return ScoreTable(
            subjects, None, place[clean.probe], place[clean.reference], clean.score, scale.edges()
        ), material
    of_probes = {photos[at] for at in np.flatnonzero(as_probe).tolist()}
    first, second = np.flatnonzero(used_probe), np.flatnonzero(used_reference)
    material = Material(
        described(first, sorted(photo for photo in failed if photo in of_probes), PROBE),
        described(second, sorted(photo for photo in failed if photo not in of_probes), REFERENCE),
        people.attributes,
    )
    table = ScoreTable(
        [photo.subject for photo in material.usable],
        [photo.subject for photo in material.usable_references or ()],
        places(first)[clean.probe],
        places(second)[clean.reference],
        clean.score,
        scale.edges(),
    )
    return table, material


def _named(codes: npt.NDArray[np.int32], photos: int) -> npt.NDArray[np.bool_]:
    named = np.zeros(photos, dtype=np.bool_)
    named[codes] = True
    return named


def _photo(photo: str, people: People, failure: str | None, role: str) -> AuditedPhoto:
    subject = people.subject[photo]
    return AuditedPhoto(photo, subject, people.labels.get(subject, {}), role, failure=failure)


def _notes(seen: Understanding, clean: CleanRows, material: Material) -> list[str]:
    tally = clean.tally
    counted = (
        (tally.missing, "rows have no score or one that is not finite; they are left out"),
        (tally.with_itself, "rows compare a photo with itself; they are left out"),
        (tally.repeated, "rows repeat a comparison with the same score; each counts once"),
        (
            tally.repeated_differently,
            f"rows repeat a comparison with another score; the {seen.choices.repeated.value} counts",
        ),
        (tally.other_order, "comparisons stand in both orders; each counts once"),
        (
            tally.not_symmetric,
            "pairs have another score in the other order; each order is a comparison of its own"
            if not clean.one_set
            else "pairs have another score in the other order; one of them counts",
        ),
        (int(clean.without_score.size), "photos have no score at all; they count as failures to acquire"),
    )
    notes = [f"{number:,} {words}." for number, words in counted if number]
    notes.append(f"Subjects are from {seen.people.source}.")
    notes.extend(seen.people.notes)
    absent = len(seen.people.listed - set(seen.rows.photos))
    if absent and not seen.choices.absent_failed:
        notes.append(
            f"{absent:,} listed photos are in no comparison; they are not counted as failures to acquire "
            "(--absent-failed does)."
        )
    if not seen.scores.mated.size:
        notes.append("No comparison is mated: there is no false non-match rate.")
    everybody = (*material.photos, *(material.references or ()))
    for attribute in material.attributes:
        who = {photo.subject: photo.labels[attribute] for photo in everybody}
        alone = sorted(value for value, number in Counter(who.values()).items() if number == 1)
        notes.extend(f"Label {attribute!r}: {value!r} has one person; no rate within it." for value in alone)
    return notes
