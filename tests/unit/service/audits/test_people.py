"""A list of people: columns and photos found, oddities counted and shown, contradictions refused by line."""

from __future__ import annotations

from pathlib import Path

import pytest

from countenance.core.errors import FileUnreadable, ListInvalid
from countenance.service.audits.people import PeopleChoices, PeopleFindings, folded, read_people
from countenance.service.audits.people_photos import ListedPhoto


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    for name in ("ana_1.jpg", "ana_2.jpg", "Ben-1.JPG", "cleo/x.png", "cleo/y.png", ".hidden/z.jpg", "notes.txt"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(name.encode())
    return folder


def read(photos: Path, text: str, **choices: object) -> tuple[tuple[ListedPhoto, ...], PeopleFindings]:
    listed = photos.parent / "people.csv"
    listed.write_text(text, encoding="utf-8")
    return read_people(listed, photos, PeopleChoices(**choices))  # type: ignore[arg-type]


def test_columns_with_usual_names_are_found_and_the_others_are_listed(photos: Path) -> None:
    found, findings = read(
        photos, "Person ID,Image,Sex,age-band,notes\nana,ana_1.jpg,f,18-34,x\nben,Ben-1.JPG,m,35-50,y\n"
    )
    assert (findings.columns.subject, findings.columns.file) == ("Person ID", "Image")
    assert findings.columns.labels == ("Sex", "age-band")
    assert findings.other_columns == ("notes",)
    assert [(one.file, one.subject, dict(one.labels)) for one in found] == [
        ("ana_1.jpg", "ana", {"Sex": "f", "age-band": "18-34"}),
        ("Ben-1.JPG", "ben", {"Sex": "m", "age-band": "35-50"}),
    ]
    assert findings.photos_without_person == ("ana_2.jpg", "cleo/x.png", "cleo/y.png")


def test_photos_are_found_by_the_persons_name_in_files_and_folders(photos: Path) -> None:
    found, findings = read(photos, "subject,sex\nANA,f\nben,m\ncleo,f\ndan,m\n")
    assert {(one.subject, one.file) for one in found} == {
        ("ANA", "ana_1.jpg"), ("ANA", "ana_2.jpg"), ("ben", "Ben-1.JPG"), ("cleo", "cleo/x.png"),
        ("cleo", "cleo/y.png"),
    }  # fmt: skip
    assert findings.people_without_photo == ("line 5",)


def test_a_cell_may_name_several_files_a_folder_or_the_folder_of_photos_itself(photos: Path) -> None:
    found, _ = read(photos, "subject;file\nana;photos/ana_1.jpg|ana_2.jpg\ncleo;cleo\n")
    assert [one.file for one in found] == ["ana_1.jpg", "ana_2.jpg", "cleo/x.png", "cleo/y.png"]


def test_stray_spaces_and_other_codings_of_letters_are_mended_and_counted(photos: Path) -> None:
    found, findings = read(photos, "subject,file,group\nana, ana_1.jpg ,Cafe\u0301\nben,Ben-1.JPG,Caf\u00e9\n")
    assert {one.labels["group"] for one in found} == {"Caf\u00e9"}
    assert (findings.trimmed, findings.recomposed) == (1, 1)


SPELT = "subject,file,sex\nana,ana_1.jpg,Non-Binary\nben,Ben-1.JPG,non binary\ncleo,cleo/x.png,Non-Binary\n"


def test_spellings_of_one_label_are_shown_and_merged_only_when_asked_for(photos: Path) -> None:
    found, findings = read(photos, SPELT)
    assert findings.spellings == {"sex": (("Non-Binary", "non binary"),)}
    assert (findings.merged, {one.labels["sex"] for one in found}) == (False, {"Non-Binary", "non binary"})
    found, findings = read(photos, SPELT, merge_spellings=True)
    assert (findings.merged, {one.labels["sex"] for one in found}) == (True, {"Non-Binary"})


@pytest.mark.parametrize(
    ("one", "other"), [("Ｆｅｍａｌｅ", "female"), ("STRASSE", "straße"), ("type_3", "Type-3"), ("ЖЕНЩИНА", "женщина")]
)
def test_labels_of_other_alphabets_fold_as_their_own_readers_would(one: str, other: str) -> None:
    assert folded(one) == folded(other)


def test_different_labels_do_not_fold_together() -> None:
    assert len({folded(value) for value in ("female", "male", "женщина", "type 3", "type 4", "Å", "A")}) == 7


def test_who_is_unknown_or_declined_is_a_group_of_its_own(photos: Path) -> None:
    found, findings = read(
        photos, "subject,file,sex\nana,ana_1.jpg,\nben,Ben-1.JPG,prefer not to say\ncleo,cleo/x.png,f\n"
    )
    assert findings.unknown == {"sex": 2}
    assert findings.values == {"sex": {"f": 1, "unknown/declined": 2}}
    assert found[0].labels["sex"] == "unknown/declined"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("subject,file,sex\nana,ana_1.jpg,f\nana,ana_2.jpg,m\n", "lines 2 and 3: one person has two values of 'sex'"),
        ("subject,file\nana,ana_1.jpg\nben,ana_1.jpg\n", "lines 2 and 3: the same file stands there twice"),
        ("subject,file\n,ana_1.jpg\n", "line 2: the person is not named"),
        ("a,b\nx,y\n", "no column that names the person"),
        ("subject,file\nana,nothing.jpg\n", "No photo of anybody"),
        ("subject,subject\nana,ana\n", "different column names"),
        ("subject,file\n", "at least one line below"),
        ('subject,file\n"ana,ana_1.jpg\n', "not a CSV file"),
    ],
)
def test_a_list_that_contradicts_itself_is_refused_by_line(photos: Path, text: str, message: str) -> None:
    with pytest.raises(ListInvalid, match=message) as caught:
        read(photos, text)
    assert caught.value.remedy


def test_a_column_that_is_asked_for_and_not_there_is_an_error_that_names_those_there_are(photos: Path) -> None:
    with pytest.raises(ListInvalid, match="no column 'tone'") as caught:
        read(photos, SPELT, labels=("tone",))
    assert caught.value.remedy == "Its columns are: subject, file, sex."


def test_files_that_cannot_be_read_are_named(photos: Path, tmp_path: Path) -> None:
    with pytest.raises(FileUnreadable, match="no such file"):
        read_people(tmp_path / "none.csv", photos, PeopleChoices())
    (tmp_path / "latin.csv").write_bytes("subject,file\nJosé,ana_1.jpg\n".encode("latin-1"))
    with pytest.raises(ListInvalid, match="UTF-8"):
        read_people(tmp_path / "latin.csv", photos, PeopleChoices())
    people = tmp_path / "people.csv"
    people.write_text(SPELT, encoding="utf-8")
    with pytest.raises(FileUnreadable, match="not a folder"):
        read_people(people, people, PeopleChoices())
