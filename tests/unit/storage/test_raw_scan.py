"""Looking through files: a value is found wherever a piece of it is, and nothing else is."""

from __future__ import annotations

import io
import json
import random
import sys
from pathlib import Path

import pytest

from countenance.storage import raw_scan
from countenance.storage.raw_scan import PIECE_BYTES, pieces_of, scan


def naive(paths: list[Path], secrets: list[bytes]) -> int:
    contents = [path.read_bytes() for path in paths if path.exists()]
    return sum(any(piece in content for piece in pieces_of(secret) for content in contents) for secret in secrets)


def test_whole_and_cut_values_are_found_and_others_are_not(tmp_path: Path) -> None:
    chance = random.Random(5)
    secrets = [chance.randbytes(length) for length in (60, 540, 9000, 540)]
    noise = chance.randbytes(20_000)
    (tmp_path / "a").write_bytes(noise + secrets[0] + noise + secrets[1][:300])
    # A long value as pages cut it: a piece from its middle is all that is left.
    (tmp_path / "b").write_bytes(noise + secrets[2][4000:5000])
    (tmp_path / "empty").write_bytes(b"")
    paths = [tmp_path / name for name in ("a", "b", "empty", "missing")]
    found, looked = scan(paths, secrets)
    assert found == naive(paths, secrets) == 3
    assert looked == sum(path.stat().st_size for path in paths[:2])


def test_a_value_shorter_than_a_piece_is_not_looked_for() -> None:
    assert pieces_of(b"x" * (PIECE_BYTES - 1)) == []
    assert pieces_of(b"x" * PIECE_BYTES) == [b"x" * PIECE_BYTES]


def test_it_answers_as_a_program(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    secret = bytes(range(100))
    (tmp_path / "a").write_bytes(secret)
    asked = {"files": [str(tmp_path / "a")], "secrets": [secret.hex(), secret[::-1].hex()]}
    monkeypatch.setattr(sys, "stdin", io.StringIO(json.dumps(asked)))
    raw_scan.main()
    assert json.loads(capsys.readouterr().out) == {"found": 1, "looked": 100}
