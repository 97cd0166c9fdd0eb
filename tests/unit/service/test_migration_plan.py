"""Photos find their names by path, name or folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from countenance.core.errors import FileUnreadable
from countenance.service.migration_plan import plan
from countenance.service.old_faces import OldFace


def planned(folder: Path, files: tuple[str, ...], old: tuple[str, ...] | None) -> dict[str, str]:
    for name in files:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"x")
    names = None if old is None else {name: (OldFace("f", "i", name, None),) for name in old}
    return {photo.name: photo.external_image_id for photo in plan(folder, names)}


@pytest.mark.parametrize(
    ("file", "old"),
    [
        ("staff/ada/1.jpg", "staff:ada:1.jpg"), ("staff/ada/1.jpg", "staff_ada_1"), ("staff/ada/1.jpg", "1.jpg"),
        ("staff/ada/1.jpg", "1"), ("staff/ada/1.jpg", "ada"), ("staff/ada/1.jpg", "staff"), ("ada.jpg", "ada.jpg"),
    ],
)  # fmt: skip
def test_every_usual_way_to_name_a_picture_is_found(file: str, old: str, tmp_path: Path) -> None:
    assert planned(tmp_path, (file,), (old, "other")) == {file: old}


def test_the_longest_spelling_wins_and_a_photo_of_no_old_name_has_none(tmp_path: Path) -> None:
    files = ("ada/1.jpg", "bob/1.jpg", "cleo/2.jpg")
    assert planned(tmp_path, files, ("ada", "ada:1.jpg", "1")) == {
        "ada/1.jpg": "ada:1.jpg", "bob/1.jpg": "1", "cleo/2.jpg": ""
    }  # fmt: skip


def test_without_a_list_folder_or_file_is_the_name_if_the_vendor_would_take_it(tmp_path: Path) -> None:
    files = ("ada/1.jpg", "bob.jpg", "not a name.jpg", ".hidden/1.jpg", "ada/.x")
    assert planned(tmp_path, files, None) == {"ada/1.jpg": "ada", "bob.jpg": "bob", "not a name.jpg": ""}


def test_a_folder_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileUnreadable):
        plan(tmp_path / "gone", None)
