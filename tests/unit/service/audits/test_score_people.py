"""Who is in each photo: from lists, columns, patterns and marks; labels with stray spaces and other alphabets."""

from __future__ import annotations

from pathlib import Path

import pytest

from countenance.audit.groups import UNKNOWN
from countenance.core.errors import AuditInputInvalid, FileUnreadable
from countenance.service.audits.score_columns import NamedColumns, find_columns
from countenance.service.audits.score_files import open_table, read_rows
from countenance.service.audits.score_people import People, PeopleChoices, find_people

SCORES = "probe,reference,score\na1,a2,0.9\na1,b1,0.2\na2,b1,0.3\n"
LIST = "id,subject,sex\na1,Ann,female\na2,Ann,female\nb1,Bob,male\n"


def people(
    folder: Path,
    scores: str = SCORES,
    listed: str | None = None,
    *,
    labels: tuple[str, ...] = (),
    pattern: str | None = None,
) -> People:
    path = folder / "s.csv"
    path.write_text(scores, encoding="utf-8")
    given = None
    if listed is not None:
        given = folder / "people.csv"
        given.write_text(listed, encoding="utf-8")
    table = open_table(path)
    columns = find_columns(table.columns, NamedColumns(), file="s.csv")
    rows = read_rows(table, columns.probe, columns.reference, columns.score, columns.mated)
    return find_people(table, columns, rows, PeopleChoices(given, labels, pattern))


def test_a_list_of_photos_gives_subjects_and_labels(tmp_path: Path) -> None:
    found = people(tmp_path, listed=LIST)
    assert found.subject == {"a1": "Ann", "a2": "Ann", "b1": "Bob"}
    assert found.labels == {"Ann": {"sex": "female"}, "Bob": {"sex": "male"}}
    assert found.attributes == ("sex",)
    assert found.listed == {"a1", "a2", "b1"}
    assert found.notes == ()


def test_a_list_of_people_goes_with_a_pattern(tmp_path: Path) -> None:
    found = people(tmp_path, listed="subject,region\na,north\nb,south\n", pattern=r"^([a-z]+)\d")
    assert found.subject == {"a1": "a", "a2": "a", "b1": "b"}
    assert found.labels == {"a": {"region": "north"}, "b": {"region": "south"}}
    assert found.listed == frozenset()


def test_columns_of_the_scores_give_subjects_and_labels(tmp_path: Path) -> None:
    found = people(
        tmp_path,
        "probe,subject1,sex1,reference,subject2,sex2,score\na1,Ann,f,a2,Ann,f,0.9\na1,Ann,f,b1,Bob,m,0.2\n",
    )
    assert found.subject == {"a1": "Ann", "a2": "Ann", "b1": "Bob"}
    assert found.labels["Bob"] == {"sex": "m"}


def test_marks_of_mated_comparisons_give_subjects(tmp_path: Path) -> None:
    found = people(tmp_path, "probe,reference,score,mated\na1,a2,0.9,1\na2,a3,0.8,1\na1,b1,0.2,0\n")
    assert found.subject == {"a1": "a1", "a2": "a1", "a3": "a1", "b1": "b1"}
    assert "intervals may be too narrow" in found.source


def test_nobody_saying_who_is_who_is_an_error_that_suggests_a_pattern(tmp_path: Path) -> None:
    scores = "probe,reference,score\nAnn_Lee_0001.jpg,Ann_Lee_0002.jpg,1\nAnn_Lee_0001.jpg,Bo_0001.jpg,0\n"
    with pytest.raises(AuditInputInvalid, match="does not say who is in which photo") as refused:
        people(tmp_path, scores)
    assert r"--subject-pattern '^(.+?)[_-]\d+(\.\w+)?$' (2 people)" in refused.value.remedy
    found = people(tmp_path, scores, pattern=r"^(.+?)[_-]\d+(\.\w+)?$")
    assert set(found.subject.values()) == {"Ann_Lee", "Bo"}


@pytest.mark.parametrize(
    ("pattern", "words"), [("(", "no regular expression"), ("a", "has no group"), ("(a)", "1 of 3 identifiers")]
)
def test_patterns_that_do_not_work_are_refused(tmp_path: Path, pattern: str, words: str) -> None:
    with pytest.raises(AuditInputInvalid, match=words):
        people(tmp_path, pattern=pattern)


@pytest.mark.parametrize(
    ("listed", "words"),
    [
        ("id,subject\na1,Ann\na2,Ann\n", "1 of 3 identifiers of the scores are not in the list"),
        ("id,subject\na1,Ann\na1,Bob\na2,Ann\nb1,Bob\n", "Line 3 .* gives a photo to a second person"),
        ("id,subject\na1,\na2,Ann\nb1,Bob\n", "Line 2 .* lacks"),
        ("id,subject,sex\na1,Ann,female\na2,Ann,male\nb1,Bob,male\n", "1 people have two values of 'sex'"),
        ("alias,sex\na1,female\n", "no column 'id' or 'subject'"),
    ],
)
def test_lists_that_contradict_themselves_are_refused(tmp_path: Path, listed: str, words: str) -> None:
    with pytest.raises(AuditInputInvalid, match=words) as refused:
        people(tmp_path, listed=listed)
    assert "Ann" not in refused.value.message


def test_a_missing_list_is_another_error(tmp_path: Path) -> None:
    (tmp_path / "s.csv").write_text(SCORES, encoding="utf-8")
    table = open_table(tmp_path / "s.csv")
    columns = find_columns(table.columns, NamedColumns(), file="s.csv")
    rows = read_rows(table, "probe", "reference", "score")
    with pytest.raises(FileUnreadable):
        find_people(table, columns, rows, PeopleChoices(tmp_path / "none.csv"))


def test_labels_that_differ_in_spaces_case_or_coding_are_one_and_that_is_said(tmp_path: Path) -> None:
    composed, decomposed = "nördlich", "no\u0308rdlich"
    listed = f"id,subject,Herkunft\na1,Ann,{composed}\na2,Ann, {decomposed} \nb1,Bob,NÖRDLICH\n"
    found = people(tmp_path, listed=listed)
    assert found.labels["Ann"] == found.labels["Bob"] == {"Herkunft": composed}
    assert "2 spellings are counted as 'nördlich'" in found.notes[0]
    other = people(tmp_path, listed="id,subject,性別\na1,Ann,女\na2,Ann,女\nb1,Bob,男\n", labels=("性別",))
    assert other.labels == {"Ann": {"性別": "女"}, "Bob": {"性別": "男"}}


def test_identifiers_in_another_coding_are_the_same_photos(tmp_path: Path) -> None:
    found = people(tmp_path, "probe,reference,score\nÅ1,b1,0.5\n", "id,subject\nA\u030a1,Ann\nb1,Bob\n")
    assert found.subject == {"Å1": "Ann", "b1": "Bob"}


def test_not_known_is_a_group(tmp_path: Path) -> None:
    found = people(tmp_path, listed="id,subject,sex\na1,Ann,\na2,Ann,n/a\nb1,Bob,declined\n")
    assert found.labels == {"Ann": {"sex": UNKNOWN}, "Bob": {"sex": UNKNOWN}}
    unlisted = people(tmp_path, listed="subject,sex\na,male\n", pattern=r"^([a-z]+)\d")
    assert unlisted.labels["b"] == {"sex": UNKNOWN}
    assert "1 people without one" in unlisted.notes[0]


def test_labels_can_be_chosen_and_names_are_not_labels(tmp_path: Path) -> None:
    rows = "\n".join(f"x{n},p{n},name {n},r{n % 3}" for n in range(40))
    listed = f"id,subject,full_name,region\n{rows}\na1,Ann,Ann A,r1\na2,Ann,Ann A,r1\nb1,Bob,Bob B,r2\n"
    assert people(tmp_path, listed=listed).attributes == ("region",)
    assert people(tmp_path, listed=listed, labels=("full_name",)).attributes == ("full_name",)
    with pytest.raises(AuditInputInvalid, match="has no label 'sex'"):
        people(tmp_path, listed=listed, labels=("sex",))
