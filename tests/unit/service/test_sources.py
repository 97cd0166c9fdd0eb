"""What a folder or a list names, and what is refused before anything is looked at."""

from __future__ import annotations

from pathlib import Path

import pytest

from countenance.core.errors import FileUnreadable, ListInvalid
from countenance.service.sources import SourcePhoto, list_photos, read_photo


def put(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(name.encode())


def test_a_folder_is_one_person_a_folder_at_any_depth_in_order(tmp_path: Path) -> None:
    put(tmp_path, "bea/2.jpg", "bea/1.jpg", "anna/old/3.jpg", "anna/1.jpg", "not-in-a-person.jpg")
    found = list_photos(tmp_path)
    assert [(photo.subject, photo.name) for photo in found] == [
        ("anna", "anna/1.jpg"),
        ("anna", "anna/old/3.jpg"),
        ("bea", "bea/1.jpg"),
        ("bea", "bea/2.jpg"),
    ]
    assert found[0].path == tmp_path / "anna" / "1.jpg"


def test_hidden_files_and_folders_are_left_out(tmp_path: Path) -> None:
    put(tmp_path, "anna/1.jpg", "anna/.DS_Store", "anna/.thumbs/1.jpg", ".cache/x/1.jpg")
    assert [photo.name for photo in list_photos(tmp_path)] == ["anna/1.jpg"]


@pytest.mark.parametrize("names", [(), ("1.jpg",), (".hidden/1.jpg",)])
def test_a_folder_of_nobody_is_refused(names: tuple[str, ...], tmp_path: Path) -> None:
    put(tmp_path, *names)
    with pytest.raises(ListInvalid, match="no folder with photos") as caught:
        list_photos(tmp_path)
    assert "folder named for the person" in caught.value.remedy


def test_a_list_is_read_by_its_columns_with_paths_beside_it(tmp_path: Path) -> None:
    (tmp_path / "people.csv").write_text("age,subject,file\n30,bea,b/1.jpg\n31, anna , a.jpg \n")
    assert list_photos(tmp_path / "people.csv") == [
        SourcePhoto("anna", "a.jpg", tmp_path / "a.jpg"),
        SourcePhoto("bea", "b/1.jpg", tmp_path / "b/1.jpg"),
    ]


def test_a_list_as_a_spreadsheet_saves_it_is_read(tmp_path: Path) -> None:
    (tmp_path / "people.csv").write_bytes('\ufeffsubject,file\r\nZoë,"a, b.jpg"\r\n'.encode())
    assert [(photo.subject, photo.name) for photo in list_photos(tmp_path / "people.csv")] == [("Zoë", "a, b.jpg")]


def test_one_photo_may_be_listed_for_two_people(tmp_path: Path) -> None:
    (tmp_path / "people.csv").write_text("subject,file\nbea,a.jpg\nanna,a.jpg\n")
    assert [photo.subject for photo in list_photos(tmp_path / "people.csv")] == ["anna", "bea"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "no column 'subject'"),
        (b"name,file\nanna,a.jpg\n", "no column 'subject'"),
        (b"subject,path\nanna,a.jpg\n", "no column 'file'"),
        (b"subject;file\nanna;a.jpg\n", "no column 'subject'"),
        (b"subject,file\n", "lists no photo"),
        (b"subject,file\nanna,a.jpg\n,b.jpg\n", "line 3"),
        (b"subject,file\nanna,\n", "line 2"),
        (b"subject,file\nanna\n", "line 2"),
        (b"subject,file\nanna,a.jpg\nanna,a.jpg\n", "line 3.*twice"),
        (b"subject,file\nanna,\xff.jpg\n", "not a UTF-8"),
        (b'subject,file\nanna,"a.jpg\n', "not a CSV"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "not a UTF-8"),
    ],
)
def test_a_list_that_cannot_be_understood_is_refused_with_the_place(content: bytes, words: str, tmp_path: Path) -> None:
    (tmp_path / "people.csv").write_bytes(content)
    with pytest.raises(ListInvalid, match=words):
        list_photos(tmp_path / "people.csv")


def test_a_source_that_does_not_exist_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileUnreadable, match="does not exist"):
        list_photos(tmp_path / "nowhere")


def test_a_photo_is_read_whole(tmp_path: Path) -> None:
    put(tmp_path, "a.jpg")
    assert read_photo(tmp_path / "a.jpg") == b"a.jpg"
