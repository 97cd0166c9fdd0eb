"""Looks through a database's files, byte by byte, for pieces of what was deleted; run in a process of its own.

Rules kept here:

- A process of its own, because closing a file of an open SQLite database drops all locks this process holds on it.
  Source: https://www.sqlite.org/howtocorrupt.html, section 2.2.
- What is looked for comes in on standard input and is written nowhere.
- Only the standard library: the file is run as it is.
"""

from __future__ import annotations

import json
import mmap
import sys
from pathlib import Path

#: Length of a piece. Sealed bytes look random, so 16 of them are found by chance in none of 2**128 places.
PIECE_BYTES = 16


def pieces_of(secret: bytes) -> list[bytes]:
    """Return pieces of a sealed value: its two ends, and every 256 bytes between, since pages cut long values."""
    if len(secret) < PIECE_BYTES:
        return []
    last = len(secret) - PIECE_BYTES
    return [secret[start : start + PIECE_BYTES] for start in sorted({0, last, *range(0, last, 256)})]


def scan(paths: list[Path], secrets: list[bytes]) -> tuple[int, int]:
    """Return (how many of the secrets are in one of the files, whole or in part; bytes looked through)."""
    found: set[int] = set()
    looked = 0
    for path in paths:
        if not path.exists() or not path.stat().st_size:
            continue
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
            looked += len(content)
            for number, secret in enumerate(secrets):
                if any(content.find(piece) >= 0 for piece in pieces_of(secret)):
                    found.add(number)
    return len(found), looked


def main() -> None:
    """Read ``{"files": [...], "secrets": [hex, ...]}`` and print ``{"found": n, "looked": bytes}``."""
    asked = json.load(sys.stdin)
    found, looked = scan([Path(name) for name in asked["files"]], [bytes.fromhex(text) for text in asked["secrets"]])
    json.dump({"found": found, "looked": looked}, sys.stdout)


if __name__ == "__main__":
    main()
