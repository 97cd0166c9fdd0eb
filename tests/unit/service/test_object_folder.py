"""A folder as an object store: what is in it is read, and nothing else, whatever the key says."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from countenance.service.object_folder import ObjectFolder


@pytest.fixture
def folder(tmp_path: Path) -> ObjectFolder:
    bucket = tmp_path / "store" / "bucket"
    (bucket / "a").mkdir(parents=True)
    (bucket / "a" / "one.jpg").write_bytes(b"0123456789")
    (tmp_path / "outside.jpg").write_bytes(b"secret")
    (tmp_path / "other").mkdir()
    (tmp_path / "store" / "linked").symlink_to(tmp_path / "other")
    (tmp_path / "other" / "x.jpg").write_bytes(b"secret")
    (bucket / "link.jpg").symlink_to(tmp_path / "outside.jpg")
    os.mkfifo(bucket / "pipe")
    return ObjectFolder(tmp_path / "store")


def test_an_object_is_read_up_to_one_byte_over_the_limit(folder: ObjectFolder) -> None:
    assert folder.read("bucket", "a/one.jpg", 100) == b"0123456789"
    assert folder.read("bucket", "a/one.jpg", 4) == b"01234"


@pytest.mark.parametrize(
    ("bucket", "key"),
    [
        ("bucket", "nothing.jpg"),
        ("bucket", "../../outside.jpg"),
        ("bucket", "a/../../../outside.jpg"),
        ("bucket", "link.jpg"),
        ("bucket", "pipe"),
        ("bucket", "a"),
        ("bucket", ""),
        ("bucket", "a/one.jpg\0"),
        ("bucket", "x" * 5000),
        ("linked", "x.jpg"),
        ("..", "outside.jpg"),
        ("...", "outside.jpg"),
        ("nothing", "one.jpg"),
        ("bucket/a", "one.jpg"),
    ],
)
def test_everything_else_is_not_there(folder: ObjectFolder, bucket: str, key: str) -> None:
    assert folder.read(bucket, key, 100) is None


def test_a_folder_that_does_not_exist_holds_nothing(tmp_path: Path) -> None:
    assert ObjectFolder(tmp_path / "none").read("bucket", "one.jpg", 10) is None
