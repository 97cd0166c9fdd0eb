"""A list of people → who is in which photo and how the data set labels them, with everything odd about it.

Rules kept here:

- Columns are recognised by name and shown; the caller can name others. No label is guessed from a face or a name.
- Stray spaces are trimmed and letters composed (Unicode NFC), and both are counted. Spellings of one label that differ
  in case, hyphens or the width of letters are shown and merged only when asked for.
- Who has no label, or declined to say, is a group. One person in two groups is an error that names the lines.
"""

from __future__ import annotations

import csv
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from countenance.audit.groups import UNKNOWN, group_labels
from countenance.core.errors import FileUnreadable, ListInvalid
from countenance.service.audits.people_photos import Columns, ListedPhoto, match_photos, photo_files

SUBJECT_NAMES = ("subject", "subject_id", "person", "person_id", "identity", "id", "name")
FILE_NAMES = ("file", "files", "photo", "photos", "image", "images", "filename", "path", "folder")
ROLE_NAMES = ("role", "part", "set")
#: Columns taken for labels when none are named: what demographic lists call them.
LABEL_NAMES = (
    "sex", "gender", "skin_tone", "skin_type", "skin", "fitzpatrick", "monk", "race", "ethnicity", "race_ethnicity",
    "country", "country_of_birth", "region", "age_group", "age_band", "age_range", "group",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class PeopleFindings:
    """What was understood and what was not.

    Attributes:
        columns: Which column is which.
        other_columns: Columns that are not used.
        people: People with a photo.
        photos: Photos with a person.
        people_without_photo: Lines of the list whose photo was not found, as ``line N``.
        photos_without_person: Files in the folder that nobody on the list has.
        spellings: Label → sets of spellings that look like one value.
        merged: Whether those were merged.
        trimmed: Cells with stray spaces.
        recomposed: Cells whose letters were coded another way.
        unknown: Label → people of whom it is not known.
        values: Label → value → people.
    """

    columns: Columns
    other_columns: tuple[str, ...]
    people: int
    photos: int
    people_without_photo: tuple[str, ...]
    photos_without_person: tuple[str, ...]
    spellings: Mapping[str, tuple[tuple[str, ...], ...]]
    merged: bool
    trimmed: int
    recomposed: int
    unknown: Mapping[str, int]
    values: Mapping[str, Mapping[str, int]]


@dataclass(frozen=True, slots=True)
class PeopleChoices:
    """What the caller says about the list.

    Attributes:
        labels: Columns to use as labels; those with a known name when empty.
        subject: Column of the person; recognised when None.
        file: Column of the file; recognised when None.
        merge_spellings: Whether spellings that look like one value become the most frequent one.
    """

    labels: tuple[str, ...] = ()
    subject: str | None = None
    file: str | None = None
    merge_spellings: bool = False


def read_people(people: Path, photos: Path, choices: PeopleChoices) -> tuple[tuple[ListedPhoto, ...], PeopleFindings]:
    """Return the photos of a list of people, and what was found about it.

    Raises:
        FileUnreadable: The list or the folder cannot be read.
        ListInvalid: A column is missing, a file stands there twice, one person has two values of a label, or no photo
            of anybody was found.
    """
    rows, counts = _rows(people)
    columns = _columns(tuple(rows[0]), choices, people.name)
    files = photo_files(photos)
    labels, spellings = _labels(rows, columns, merge=choices.merge_spellings)
    found, missing = match_photos(rows, columns, labels, files, photos, people.name)
    if not found:
        raise ListInvalid(
            f"No photo of anybody in {people.name} was found in {photos.name}.",
            remedy="Give a column with file names (--file-column), or name files or folders after the people.",
        )
    _require_one_value(rows, columns, labels, people.name)
    used = {photo.file for photo in found}
    whose = {photo.subject: photo.labels for photo in found}
    values = {name: Counter(of[name] for of in whose.values()) for name in columns.labels}
    known = {columns.subject, columns.file, columns.role, *columns.labels}
    return tuple(found), PeopleFindings(
        columns=columns,
        other_columns=tuple(name for name in rows[0] if name not in known),
        people=len(whose),
        photos=len(found),
        people_without_photo=tuple(missing),
        photos_without_person=tuple(sorted(set(files) - used)),
        spellings=spellings,
        merged=choices.merge_spellings and any(spellings.values()),
        trimmed=counts["trimmed"],
        recomposed=counts["recomposed"],
        unknown={name: values[name].get(UNKNOWN, 0) for name in columns.labels},
        values={name: dict(sorted(value.items())) for name, value in values.items()},
    )


def _rows(path: Path) -> tuple[list[dict[str, str]], Counter[str]]:
    """Return the rows as text with trimmed, composed cells, and how many cells that changed."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise ListInvalid(f"{path.name} is not a UTF-8 text file.", remedy="Save it as CSV in UTF-8.") from error
    except OSError as error:
        raise FileUnreadable(f"{path} cannot be read: {(error.strerror or 'unknown reason').lower()}.") from error
    first = text.partition("\n")[0]
    separator = max(",;\t", key=first.count)
    counts: Counter[str] = Counter()

    def clean(cell: str | None) -> str:
        trimmed = " ".join((cell or "").split())
        composed = unicodedata.normalize("NFC", trimmed)
        counts["trimmed"] += trimmed != (cell or "")
        counts["recomposed"] += composed != trimmed
        return composed

    try:
        reader = csv.DictReader(text.splitlines(), delimiter=separator, strict=True)
        names = [clean(name) for name in reader.fieldnames or []]
        reader.fieldnames = names
        rows = [{name: clean(row.get(name)) for name in names} for row in reader]
    except csv.Error as error:
        raise ListInvalid(f"{path.name} is not a CSV file: {error}.", remedy="Save it as CSV in UTF-8.") from error
    if not rows or len(set(names)) != len(names) or "" in names:
        raise ListInvalid(
            f"{path.name} needs a line of different column names and at least one line below it.",
            remedy="Give a CSV file such as: subject,file,sex",
        )
    return rows, counts


def _columns(names: Sequence[str], choices: PeopleChoices, file: str) -> Columns:
    plain = {name.casefold().replace(" ", "_").replace("-", "_"): name for name in names}

    def wanted(name: str | None, usual: Sequence[str]) -> str | None:
        if name is None:
            return next((plain[word] for word in usual if word in plain), None)
        if name not in names:
            raise ListInvalid(f"{file} has no column {name!r}.", remedy=f"Its columns are: {', '.join(names)}.")
        return name

    subject = wanted(choices.subject, SUBJECT_NAMES)
    if subject is None:
        raise ListInvalid(
            f"{file} has no column that names the person (found: {', '.join(names)}).",
            remedy="Call it 'subject', or name it with --subject-column.",
        )
    labels = tuple(wanted(name, ()) or "" for name in choices.labels) or tuple(
        plain[word] for word in LABEL_NAMES if word in plain
    )
    return Columns(subject, wanted(choices.file, FILE_NAMES), wanted(None, ROLE_NAMES), labels)


def _labels(
    rows: Sequence[Mapping[str, str]], columns: Columns, *, merge: bool
) -> tuple[list[dict[str, str]], dict[str, tuple[tuple[str, ...], ...]]]:
    """Return each row's labels, and the spellings that look like one value."""
    labels: list[dict[str, str]] = [{} for _ in rows]
    spellings: dict[str, tuple[tuple[str, ...], ...]] = {}
    for name in columns.labels:
        values = group_labels([row[name] for row in rows])
        often = Counter(values)
        alike: dict[str, list[str]] = {}
        for value in often:
            alike.setdefault(folded(value), []).append(value)
        several = {key: sorted(group, key=lambda v: (-often[v], v)) for key, group in alike.items() if len(group) > 1}
        spellings[name] = tuple(tuple(group) for group in several.values())
        for row, value in zip(labels, values, strict=True):
            row[name] = several[folded(value)][0] if merge and folded(value) in several else value
    return labels, spellings


def folded(value: str) -> str:
    """Return a label without what spellings of one word differ in: case, width and coding of letters, hyphens."""
    plain = unicodedata.normalize("NFKC", value).casefold()
    return " ".join("".join(" " if letter in "-_‐‑–—./" else letter for letter in plain).split())


def _require_one_value(
    rows: Sequence[Mapping[str, str]], columns: Columns, labels: Sequence[Mapping[str, str]], listed: str
) -> None:
    first: dict[tuple[str, str], tuple[int, str]] = {}
    for line, (row, label) in enumerate(zip(rows, labels, strict=True), start=2):
        for name in columns.labels:
            at, value = first.setdefault((row[columns.subject], name), (line, label[name]))
            if value != label[name]:
                raise ListInvalid(
                    f"{listed}, lines {at} and {line}: one person has two values of '{name}'.",
                    remedy="Correct one of them, or merge spellings with --merge-spellings; a person has one group.",
                )
