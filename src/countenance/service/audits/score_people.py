"""Who is in each photo of a score file, and how the data set labels them.

Rules kept here:

- Subjects are named: by a list of people, by columns of the scores, by a pattern over identifiers, or by marks of mated
  comparisons. They are never guessed; where a pattern would fit, the error says which.
- Spellings of a label that differ only in case, spaces or the coding of letters are one label, and that is said.
- A person has one value of a label. Two are an error, not a choice.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from countenance.audit.groups import group_labels
from countenance.audit.mated_photos import people_of_marks
from countenance.core.errors import AuditInputInvalid
from countenance.service.audits.people import LABEL_NAMES
from countenance.service.audits.score_columns import ID_WORDS, SUBJECT_WORDS, ScoreColumns
from countenance.service.audits.score_files import CodedRows, TableFile, open_table, scanned

#: Patterns that data sets build identifiers by, for the error message: folder/file, and name_0001.
PATTERNS = (r"^([^/\\]+)[/\\]", r"^(.+?)[_-]\d+(\.\w+)?$")
#: A column that is not known for a label is taken for one if it has at most so many values, and at most one for every
#: two people; else it is a name or a date.
MOST_VALUES = 30


@dataclass(frozen=True, slots=True)
class People:
    """Subjects and labels.

    Attributes:
        subject: Photo → who is in it.
        labels: Subject → label → value.
        attributes: The labels' names.
        source: Where it is from, in words.
        listed: Photos a list names, whether they were compared or not; empty without a list of photos.
        notes: What was merged or left aside, in sentences.
    """

    subject: Mapping[str, str] = field(repr=False)
    labels: Mapping[str, Mapping[str, str]] = field(repr=False)
    attributes: tuple[str, ...]
    source: str
    listed: frozenset[str] = field(default=frozenset(), repr=False)
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PeopleChoices:
    """Where subjects and labels are from.

    Attributes:
        people: A list: ``id,subject,…`` one row a photo, or ``subject,…`` one row a person.
        labels: Columns to use as labels; those known for labels, or that repeat few values, if empty.
        subject_pattern: Regular expression whose first group is the subject in an identifier.
    """

    people: Path | None = None
    labels: tuple[str, ...] = ()
    subject_pattern: str | None = None


def find_people(table: TableFile, columns: ScoreColumns, rows: CodedRows, choices: PeopleChoices) -> People:
    """Return who is in the photos of a score file.

    Raises:
        FileUnreadable: The list of people cannot be read.
        AuditInputInvalid: Nobody says who is in which photo, photos are unknown, or labels contradict each other.
    """
    rows_of: list[dict[str, str]] = []
    if choices.people is not None:
        rows_of = _list_rows(choices.people)
    by_photo = bool(rows_of) and _first(rows_of[0], ID_WORDS[1:]) is not None
    subject, source = _subjects(table, columns, rows, choices, rows_of if by_photo else None)
    if rows_of:
        named = _labels_of_list(rows_of, subject, by_photo=by_photo)
    else:
        named = _labels_of_columns(table, columns, subject)
    attributes = _attributes(named, choices, known=bool(rows_of))
    labels, notes = _one_value_each(named, attributes, set(subject.values()))
    listed = frozenset(row[str(_first(row, ID_WORDS[1:]))] for row in rows_of) if by_photo else frozenset[str]()
    return People(subject, labels, attributes, source, listed, notes)


def plain(text: str) -> str:
    """Return an identifier with spaces trimmed and letters in their composed form."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def _list_rows(path: Path) -> list[dict[str, str]]:
    table = open_table(path)
    with scanned(table) as frame:
        content = frame.select(pl.all().cast(pl.String).fill_null("")).collect()
    rows = [{name.strip(): plain(cell) for name, cell in row.items()} for row in content.iter_rows(named=True)]
    if not any(_first(rows[0], words) for words in (ID_WORDS[1:], SUBJECT_WORDS)):
        raise AuditInputInvalid(
            f"{path.name} has no column 'id' or 'subject'.",
            remedy="Name the photos' identifiers 'id' and the people 'subject'; other columns are labels.",
        )
    return rows


def _first(row: Mapping[str, str], words: Sequence[str]) -> str | None:
    by_name = {name.casefold().replace(" ", "_"): name for name in row}
    return next((by_name[word] for word in words if word in by_name), None)


def _subjects(
    table: TableFile,
    columns: ScoreColumns,
    rows: CodedRows,
    choices: PeopleChoices,
    listed: Sequence[Mapping[str, str]] | None,
) -> tuple[dict[str, str], str]:
    """Return photo → subject, and where it is from."""
    if choices.subject_pattern is not None:
        return _by_pattern(rows.photos, choices.subject_pattern), f"the pattern {choices.subject_pattern!r}"
    if listed is not None and (column := _first(listed[0], SUBJECT_WORDS)) is not None:
        return _by_list(rows.photos, listed, column), "the list of people"
    if "subject" in columns.probe_labels:
        return _by_columns(table, columns, "subject"), "the columns of the score file"
    if rows.mated is not None:
        person = people_of_marks(rows.probe, rows.reference, rows.mated, len(rows.photos))
        return {photo: rows.photos[at] for photo, at in zip(rows.photos, person.tolist(), strict=True)}, (
            "marks of mated comparisons; a photo without one counts as a person of its own, so intervals may be too "
            "narrow"
        )
    raise AuditInputInvalid(
        f"{table.name} does not say who is in which photo.",
        remedy="Give --people with the columns id and subject, a column of mated marks (--mated), or columns "
        f"probe_subject and reference_subject.{_suggestion(rows.photos)}",
    )


def _suggestion(photos: Sequence[str]) -> str:
    for pattern in PATTERNS:
        found = [match[1] for photo in photos if (match := re.search(pattern, photo))]
        if len(found) == len(photos) and len(set(found)) < len(found):
            return f" Or, as identifiers look, --subject-pattern '{pattern}' ({len(set(found)):,} people)."
    return ""


def _by_pattern(photos: Sequence[str], pattern: str) -> dict[str, str]:
    try:
        compiled = re.compile(pattern)
    except re.error as error:
        raise AuditInputInvalid(f"The pattern {pattern!r} is no regular expression: {error}.") from error
    if not compiled.groups:
        raise AuditInputInvalid(
            f"The pattern {pattern!r} has no group.", remedy="Put parentheses around the subject's part."
        )
    found = {photo: compiled.search(photo) for photo in photos}
    missed = sum(match is None or not match[1] for match in found.values())
    if missed:
        raise AuditInputInvalid(
            f"{missed:,} of {len(photos):,} identifiers do not fit the pattern {pattern!r}.",
            remedy="Correct it, or give --people with the columns id and subject.",
        )
    return {photo: plain(match[1]) for photo, match in found.items() if match is not None}


def _by_list(photos: Sequence[str], listed: Sequence[Mapping[str, str]], column: str) -> dict[str, str]:
    identifier = str(_first(listed[0], ID_WORDS[1:]))
    subject: dict[str, str] = {}
    for number, row in enumerate(listed, start=2):
        if not row[identifier] or not row[column]:
            raise AuditInputInvalid(
                f"Line {number:,} of the list of people lacks its identifier or subject.", remedy="Fill both in."
            )
        if subject.setdefault(row[identifier], row[column]) != row[column]:
            raise AuditInputInvalid(
                f"Line {number:,} of the list of people gives a photo to a second person.",
                remedy="A photo is of one person; correct the list.",
            )
    composed = {photo: plain(photo) for photo in photos}
    unknown = [photo for photo, name in composed.items() if name not in subject]
    if unknown:
        raise AuditInputInvalid(
            f"{len(unknown):,} of {len(photos):,} identifiers of the scores are not in the list of people.",
            remedy="Add them to the list with their subject, or check that both write identifiers the same way.",
        )
    # Listed photos that were never compared are known too: they may be failures to acquire.
    return subject | {photo: subject[name] for photo, name in composed.items()}


def _by_columns(table: TableFile, columns: ScoreColumns, label: str) -> dict[str, str]:
    """Return photo → value of a label, from the columns of both sides."""
    sides = (
        (columns.probe, columns.probe_labels[label]),
        (columns.reference, columns.reference_labels[label]),
    )
    with scanned(table) as frame:
        parts = [
            frame.select(
                pl.col(photo).cast(pl.String).alias("photo"),
                pl.col(column).cast(pl.String).fill_null("").alias("value"),
            )
            .unique()
            .collect(engine="streaming")
            for photo, column in sides
        ]
    found: dict[str, str] = {}
    for photo, value in (row for part in parts for row in part.iter_rows()):
        name, said = " ".join(photo.split()), plain(value)
        if label == "subject" and not said:
            raise AuditInputInvalid(f"Rows of {table.name} have no subject.", remedy="Fill them in.")
        if found.setdefault(name, said) != said:
            raise AuditInputInvalid(
                f"A photo has two values of {label!r} in {table.name}.", remedy="A photo is of one person; correct it."
            )
    return found


#: Subject and its labels, one entry a row of the source.
_Named = list[tuple[str, dict[str, str]]]


def _labels_of_list(rows: Sequence[Mapping[str, str]], subject: Mapping[str, str], *, by_photo: bool) -> _Named:
    identifier, column = _first(rows[0], ID_WORDS[1:]), _first(rows[0], SUBJECT_WORDS)
    apart = {identifier, column}
    composed = {plain(photo): who for photo, who in subject.items()}
    found = []
    for row in rows:
        who = composed.get(row[str(identifier)]) if by_photo else row[str(column)]
        if who is not None:
            found.append((who, {name: value for name, value in row.items() if name not in apart}))
    return found


def _labels_of_columns(table: TableFile, columns: ScoreColumns, subject: Mapping[str, str]) -> _Named:
    found: _Named = []
    for label in columns.probe_labels:
        if label != "subject":
            values = _by_columns(table, columns, label)
            found.extend((subject[photo], {label: value}) for photo, value in values.items())
    return found


def _attributes(named: _Named, choices: PeopleChoices, *, known: bool) -> tuple[str, ...]:
    there = list(dict.fromkeys(label for _, labels in named for label in labels))
    missing = [label for label in choices.labels if label not in there]
    if missing:
        where = "list of people" if known else "score file"
        raise AuditInputInvalid(
            f"The {where} has no label {missing[0]!r}.", remedy=f"Its labels are: {', '.join(there) or 'none'}."
        )
    if choices.labels:
        return choices.labels
    most = min(MOST_VALUES, len({who for who, _ in named}) / 2)
    values = {label: {row[label].casefold() for _, row in named if label in row} for label in there}
    return tuple(label for label in there if label.casefold() in LABEL_NAMES or len(values[label]) <= most)


def _one_value_each(
    named: _Named, attributes: Sequence[str], people: Iterable[str]
) -> tuple[dict[str, dict[str, str]], tuple[str, ...]]:
    """Return subject → label → value, spellings merged, and what was merged."""
    labels: dict[str, dict[str, str]] = {who: {} for who in people}
    notes: list[str] = []
    for attribute in attributes:
        rows = [(who, row[attribute]) for who, row in named if attribute in row and who in labels]
        spelling, merged = _spellings([value for _, value in rows])
        notes.extend(f"Label {attribute!r}: {note}" for note in merged)
        torn: set[str] = set()
        for who, value in rows:
            if labels[who].setdefault(attribute, spelling[value]) != spelling[value]:
                torn.add(who)
        if torn:
            raise AuditInputInvalid(
                f"{len(torn):,} people have two values of {attribute!r}.",
                remedy="Correct the labels: a person has one value, or a value of its own such as 'several'.",
            )
        nobody = [who for who in labels if attribute not in labels[who]]
        for who in nobody:
            labels[who][attribute] = group_labels([""])[0]
        if nobody:
            notes.append(f"Label {attribute!r}: {len(nobody):,} people without one count as {group_labels([''])[0]!r}.")
    return labels, tuple(notes)


def _spellings(values: Sequence[str]) -> tuple[dict[str, str], list[str]]:
    """Return written value → value used, and a sentence for each merge of several spellings."""
    counts = Counter(values)
    alike: dict[str, list[str]] = {}
    for value in counts:
        cleaned = group_labels([unicodedata.normalize("NFKC", value)])[0]
        alike.setdefault(cleaned.casefold(), []).append(value)
    chosen, notes = {}, []
    for written in alike.values():
        best = max(written, key=lambda value: (counts[value], value))
        used = group_labels([unicodedata.normalize("NFKC", best)])[0]
        chosen.update(dict.fromkeys(written, used))
        if len(written) > 1:
            notes.append(f"{len(written)} spellings are counted as {used!r}.")
    return chosen, notes
