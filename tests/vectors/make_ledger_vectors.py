"""Write tests/vectors/ledger: the formats as they are today, so that a change of any byte is seen.

    python -m tests.vectors.make_ledger_vectors

``whole.jsonl``, ``public.jsonl``, ``selection.jsonl``, ``checkpoint_3.txt``, ``checkpoint_7.txt`` and ``key.txt`` come
from tests/support/ledger_samples.py: made-up entries, a key made from words. ``published_notes.json`` is written by
hand from published examples. Files of an earlier version are never rewritten once a version is released: a new format
gets new files.
"""

from __future__ import annotations

from pathlib import Path

from countenance.ledger.entries import public_reason
from tests.support.ledger_samples import ledger_of, sample_entries

FOLDER = Path(__file__).parent / "ledger"


def contents() -> dict[str, bytes]:
    """Return file name → bytes of the generated vectors."""
    ledger = ledger_of(sample_entries())
    return {
        "whole.jsonl": b"".join(ledger.whole(other_sizes=[3])),
        "public.jsonl": b"".join(ledger.whole(withhold=public_reason)),
        "selection.jsonl": b"".join(ledger.selection([1, 3, 6], other_sizes=[3])),
        "checkpoint_3.txt": ledger.checkpoint(3),
        "checkpoint_7.txt": ledger.checkpoint(7),
        "key.txt": f"{ledger.key.verifier_key()}\n".encode(),
    }


if __name__ == "__main__":
    for file_name, content in contents().items():
        (FOLDER / file_name).write_bytes(content)
