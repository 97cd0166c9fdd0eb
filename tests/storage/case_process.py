"""Run by tests as a process of its own: asks for a number of searches of a case and says how many it was given.

``python -m tests.storage.case_process URL KEY_FILE CASE_ID NOW ATTEMPTS``. Says ``ready`` and goes on with the next
line of input.
"""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from typing import cast

from countenance.core.errors import CaseLimitReached
from countenance.service.case_book import CaseBook
from countenance.service.case_ports import CaseStore
from countenance.service.journal import LedgerJournal
from countenance.service.ledger_port import LedgerRows
from countenance.storage.case_store import SqlCaseStore
from countenance.storage.ledger_store import SqlLedgerRows
from countenance.storage.store import open_store

REPOSITORY = Path(__file__).parents[2]


def start(url: str, key_file: str, case_id: str, now: datetime, attempts: int) -> subprocess.Popen[str]:
    """Start the process and return it."""
    return subprocess.Popen(
        [sys.executable, "-m", "tests.storage.case_process", url, key_file, case_id, now.isoformat(), str(attempts)],
        cwd=REPOSITORY,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def main() -> None:
    """Do what the command line says."""
    url, key_file, case_id, now_text, attempts = sys.argv[1:]
    now = datetime.fromisoformat(now_text)
    store = open_store(url, Path(key_file), lambda: now)
    try:
        journal = LedgerJournal(cast("LedgerRows", SqlLedgerRows(store)), os.urandom, "0.0.0+test")
        book = CaseBook(cast("CaseStore", SqlCaseStore(store)), None, journal.keyed_digest)
        print("ready", flush=True)
        sys.stdin.readline()
        taken = 0
        for _ in range(int(attempts)):
            try:
                book.admit(case_id, now)
            except CaseLimitReached:
                continue
            taken += 1
        print(taken, flush=True)
    finally:
        store.close()


if __name__ == "__main__":
    main()
