"""Uploads arranged as enrolment takes them: who is who is never guessed, and nothing leads outside."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from countenance.core.errors import ArchiveInvalid, InputError, ListInvalid
from countenance.service.job_archives import ArchiveLimits
from countenance.service.job_folders import Incoming
from countenance.service.job_layout import INSIDE, PERSON, Arranged, allowed_folder, arrange, require_inside
from countenance.service.sources import list_photos


class Uploads:
    """Uploads in a folder, arranged into another."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.files: list[Incoming] = []

    def photo(self, name: str, content: bytes = b"photo") -> None:
        path = self.folder / str(len(self.files))
        path.write_bytes(content)
        self.files.append(Incoming(name, path))

    def archive(self, files: Mapping[str, bytes]) -> None:
        path = self.folder / str(len(self.files))
        with zipfile.ZipFile(path, "w") as packed:
            for name, data in files.items():
                packed.writestr(name, data)
        self.files.append(Incoming("photos.zip", path))

    def arranged(self, **parameters: object) -> Arranged:
        return arrange(self.files, self.folder / "photos", parameters, ArchiveLimits(), check=lambda done, total: None)

    def people(self, **parameters: object) -> dict[str, str]:
        """Return photo → subject as enrolment would list them."""
        return {photo.name: photo.subject for photo in list_photos(self.arranged(**parameters).source)}


@pytest.fixture
def uploads(tmp_path: Path) -> Uploads:
    return Uploads(tmp_path)


def test_each_folder_of_an_archive_is_a_person_at_any_depth(uploads: Uploads) -> None:
    uploads.archive({"ada/1.jpg": b"1", "ada/2020/2.jpg": b"2", "bob/1.jpg": b"3"})
    assert uploads.people() == {"ada/1.jpg": "ada", "ada/2020/2.jpg": "ada", "bob/1.jpg": "bob"}


def test_a_photo_in_no_folder_is_named_for_its_file(uploads: Uploads) -> None:
    uploads.archive({"ada.jpg": b"1", "bob/1.jpg": b"2"})
    uploads.photo("C:\\photos\\cyd.lee.png")
    uploads.photo("../../dan.png")
    assert uploads.people() == {
        "ada/ada.jpg": "ada", "bob/1.jpg": "bob", "cyd.lee/cyd.lee.png": "cyd.lee", "dan/dan.png": "dan"
    }  # fmt: skip


def test_one_person_on_all_photos(uploads: Uploads) -> None:
    uploads.archive({"x/1.jpg": b"1", "2.jpg": b"2"})
    uploads.photo("3.jpg")
    assert set(uploads.people(**{PERSON: "Ada"}).values()) == {"Ada"}


@pytest.mark.parametrize("person", ["../x", "a/b", ".x", "x" * 300])
def test_a_person_s_name_that_is_a_path_is_refused(uploads: Uploads, person: str) -> None:
    uploads.photo("1.jpg")
    with pytest.raises(InputError):
        uploads.arranged(**{PERSON: person})


def test_one_folder_that_holds_others_is_taken_for_nothing_until_it_is_said_what_they_are(tmp_path: Path) -> None:
    files = {"all/ada/1.jpg": b"1", "all/bob/1.jpg": b"2"}
    asked, inside, one = (Uploads(tmp_path / name) for name in ("asked", "inside", "one"))
    for made in (asked, inside, one):
        made.folder.mkdir()
        made.archive(files)
    with pytest.raises(ArchiveInvalid, match="2 others"):
        asked.arranged()
    assert inside.people(**{INSIDE: True}) == {"ada/1.jpg": "ada", "bob/1.jpg": "bob"}
    assert set(one.people(**{PERSON: "Ada"}).values()) == {"Ada"}


def test_one_person_s_folder_with_photos_in_it_is_that_person(uploads: Uploads) -> None:
    uploads.archive({"ada/1.jpg": b"1", "ada/album/2.jpg": b"2"})
    assert set(uploads.people().values()) == {"ada"}


def test_a_list_in_the_archive_says_who_is_who_and_other_tables_do_not(tmp_path: Path) -> None:
    listed, other = Uploads(tmp_path / "listed"), Uploads(tmp_path / "other")
    for made in (listed, other):
        made.folder.mkdir()
    listed.archive({"1.jpg": b"1", "people.csv": b'\xef\xbb\xbf"subject",file,age\nAda,1.jpg,36\n'})
    assert listed.people() == {"1.jpg": "Ada"}
    other.archive({"ada/1.jpg": b"1", "budget.csv": b"year,sum\n2026,1\n"})
    assert "ada" in other.people().values()


@pytest.mark.parametrize(
    "lines", ["Eve,../secret.jpg", "Eve,/etc/passwd", "Eve,sub/../../secret.jpg"], ids=["up", "root", "winding"]
)
def test_a_list_that_leads_outside_is_refused(uploads: Uploads, lines: str) -> None:
    (uploads.folder / "secret.jpg").write_bytes(b"secret")
    uploads.archive({"sub/1.jpg": b"1", "people.csv": f"subject,file\n{lines}\n".encode()})
    with pytest.raises(ListInvalid):
        require_inside(uploads.arranged().source)


def test_lists_that_leave_it_open_whose_photos_are_meant_are_refused(tmp_path: Path) -> None:
    beside, two = Uploads(tmp_path / "beside"), Uploads(tmp_path / "two")
    for made in (beside, two):
        made.folder.mkdir()
    beside.photo("people.csv", b"subject,file\nAda,1.jpg\n")
    two.archive({"a.csv": b"subject,file\nAda,1.jpg\n", "1.jpg": b"1"})
    two.photo("2.jpg")
    for made in (beside, two):
        with pytest.raises(ArchiveInvalid):
            made.arranged()


def test_what_is_refused_has_its_person_and_reason(uploads: Uploads) -> None:
    uploads.archive({"ada/1.jpg": b"1", "ada/in.zip": b"PK\x03\x04", "../x.jpg": b"x"})
    uploads.photo(".hidden.jpg")
    found = uploads.arranged()
    assert {(name, subject) for name, subject, _ in found.refused} == {
        ("ada/in.zip", "ada"), ("../x.jpg", "unnamed"), (".hidden.jpg", "unnamed")
    }  # fmt: skip
    assert all(reason for _, _, reason in found.refused)


def test_two_uploads_of_one_name_are_not_written_over_each_other(uploads: Uploads) -> None:
    uploads.photo("ada.jpg", b"first")
    uploads.photo("ada.jpg", b"second")
    found = uploads.arranged()
    assert (found.source / "ada" / "ada.jpg").read_bytes() == b"first"
    assert len(found.refused) == 1


def test_an_upload_without_a_photo_is_refused_with_the_reason(uploads: Uploads) -> None:
    uploads.archive({"ada/in.zip": b"PK\x03\x04"})
    with pytest.raises(ArchiveInvalid, match="an archive within the archive"):
        uploads.arranged()


def test_uploads_are_still_there_after_arranging_so_that_it_can_be_begun_anew(uploads: Uploads) -> None:
    uploads.photo("ada.jpg", b"photo")
    uploads.archive({"bob/1.jpg": b"1"})
    uploads.arranged()
    assert all(one.path.is_file() for one in uploads.files)


def test_only_allowed_folders_are_enrolled_from(tmp_path: Path) -> None:
    allowed, other = tmp_path / "allowed", tmp_path / "other"
    for folder in (allowed / "staff", other):
        folder.mkdir(parents=True)
    (allowed / "link").symlink_to(other)
    assert allowed_folder(str(allowed / "staff"), [allowed]) == (allowed / "staff").resolve()
    for wrong in (other, allowed / "link", allowed / ".." / "other", allowed / "missing", Path("staff")):
        with pytest.raises(InputError):
            allowed_folder(str(wrong), [allowed])
    with pytest.raises(InputError):
        allowed_folder(str(allowed / "staff"), [])


def test_a_link_out_of_an_allowed_folder_stops_the_job(tmp_path: Path) -> None:
    (tmp_path / "a" / "ada").mkdir(parents=True)
    (tmp_path / "secret.jpg").write_bytes(b"x")
    (tmp_path / "a" / "ada" / "1.jpg").symlink_to(tmp_path / "secret.jpg")
    with pytest.raises(ListInvalid):
        require_inside(tmp_path / "a")
