"""The ledger's files: private, whole or absent, never overwritten."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from countenance.bootstrap.ledger_files import LedgerFolder
from countenance.core.errors import StorageUnavailable


def test_a_key_is_made_once_and_privately(tmp_path: Path) -> None:
    folder = LedgerFolder(tmp_path)
    assert folder.read_key() is None
    with ThreadPoolExecutor(8) as pool:
        made = set(pool.map(lambda number: folder.create_key(b"key %d" % number), range(16)))
    assert made == {folder.read_key()}
    assert stat.S_IMODE(folder.key_file.stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["ledger.key"]


def test_a_key_that_is_replaced_is_kept(tmp_path: Path) -> None:
    folder = LedgerFolder(tmp_path)
    folder.create_key(b"first")
    for key in (b"second", b"third"):
        folder.stage_key(key)
        assert folder.read_staged_key() == key
        folder.adopt_staged_key()
        assert (folder.read_key(), folder.read_staged_key()) == (key, None)
    assert sorted(path.read_bytes() for path in tmp_path.glob("ledger-*.key")) == [b"first", b"second"]
    folder.key_file.unlink()
    folder.stage_key(b"fourth")
    folder.adopt_staged_key()
    assert folder.read_key() == b"fourth"


def test_the_memory_is_replaced_whole(tmp_path: Path) -> None:
    folder = LedgerFolder(tmp_path)
    assert folder.read_remembered() is None
    for note in (b"one", b"two"):
        folder.remember(note)
        assert folder.read_remembered() == note
    assert [path.name for path in tmp_path.iterdir()] == ["ledger.remembered"]


def test_what_cannot_be_read_or_written_is_said(tmp_path: Path) -> None:
    gone = LedgerFolder(tmp_path / "gone")
    for act in (lambda: gone.create_key(b"x"), lambda: gone.remember(b"x"), lambda: gone.stage_key(b"x")):
        with pytest.raises(StorageUnavailable, match="cannot be written"):
            act()
    folder = LedgerFolder(tmp_path)
    folder.key_file.mkdir()
    with pytest.raises(StorageUnavailable, match="cannot be read"):
        folder.read_key()
