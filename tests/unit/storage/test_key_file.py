"""The key file: whole or absent, private, never replaced."""

from __future__ import annotations

import base64
import errno
import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from countenance.core.errors import StorageFull, StorageUnavailable
from countenance.storage.key_file import create_key_file, is_private, read_key_file


def test_a_new_file_is_private_and_reads_back(tmp_path: Path) -> None:
    path = tmp_path / "master.key"
    before = os.umask(0)
    try:
        key = create_key_file(path)
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert is_private(path)
    assert len(key.key) == 32
    assert read_key_file(path) == key
    assert list(tmp_path.iterdir()) == [path]


def test_the_file_says_what_it_is(tmp_path: Path) -> None:
    path = tmp_path / "master.key"
    key = create_key_file(path)
    assert path.read_text() == f"countenance-master-key/1 {base64.b64encode(key.key).decode()}\n"


def test_every_file_gets_its_own_key(tmp_path: Path) -> None:
    assert create_key_file(tmp_path / "a").key != create_key_file(tmp_path / "b").key


def test_an_existing_file_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "master.key"
    key, content = create_key_file(path), path.read_bytes()
    assert create_key_file(path) == key
    assert path.read_bytes() == content


def test_all_who_make_it_at_once_get_the_same_key(tmp_path: Path) -> None:
    path = tmp_path / "master.key"
    with ThreadPoolExecutor(16) as pool:
        keys = list(pool.map(lambda _: create_key_file(path), range(64)))
    assert len({key.key for key in keys}) == 1
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o602])
def test_a_file_others_may_use_is_not_private(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "master.key"
    create_key_file(path)
    path.chmod(mode)
    assert not is_private(path)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"countenance-master-key/1",
        b"countenance-master-key/1 not-base64!",
        b"countenance-master-key/1 " + base64.b64encode(bytes(31)),
        b"countenance-master-key/1 " + base64.b64encode(bytes(33)),
        b"countenance-master-key/2 " + base64.b64encode(bytes(32)),
        b"countenance-master-key/1 " + base64.b64encode(bytes(32)) + b" more",
        b"\xff\xfe\x00",
    ],
)
def test_what_is_no_key_file_is_refused_without_showing_it(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "master.key"
    path.write_bytes(content)
    for act in (read_key_file, create_key_file):
        with pytest.raises(StorageUnavailable, match="not a key file") as caught:
            act(path)
        assert caught.value.__cause__ is None
    assert path.read_bytes() == content


def test_a_missing_file_is_told_apart_from_an_unreadable_one(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_key_file(tmp_path / "master.key")
    with pytest.raises(StorageUnavailable, match="cannot be read"):
        read_key_file(tmp_path)


def test_a_folder_that_does_not_exist_is_reported(tmp_path: Path) -> None:
    with pytest.raises(StorageUnavailable, match="cannot be written"):
        create_key_file(tmp_path / "nowhere" / "master.key")


def test_a_full_disk_leaves_no_half_written_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StorageFull):
        create_key_file(tmp_path / "master.key")
    assert list(tmp_path.iterdir()) == []
