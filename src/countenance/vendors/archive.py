"""What was asked of a vendor and what it answered, on disk, so that an answered call is never sent or paid again.

A folder with three things in it:

- ``run.json``: whose answers these are (vendor, endpoint, operation, photos); another run cannot use the folder.
- ``journal.jsonl``: one line an event, in order: ``attempt`` (about to be sent, with its price), ``answered``,
  ``failed``, ``expired``.
  A line is on the disk before the next step begins, so after a kill at any moment the money counted is at least the
  money spent.
- ``replies/``: one JSON file an answered call: request, raw answer, times, endpoint, SDK. Photos appear as SHA-256 and
  length only.

An attempt without an answer (the process was killed in between) counts as paid, and the call is sent again: its answer
is not known. That is the only call that can be paid twice.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from countenance.core.errors import AuditInputInvalid, FileUnreadable

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ArchivedFile:
    """One file of the archive.

    Attributes:
        name: Path relative to the archive's folder, with forward slashes.
        sha256: Digest of its bytes.
    """

    name: str
    sha256: str


class Archive:
    """An open archive; the only writer of its folder.

    Args:
        folder: Where it lies; made if it does not exist.

    Raises:
        FileUnreadable: The folder cannot be read or written.
        AuditInputInvalid: The journal is damaged other than by a torn last line.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.spent = Decimal(0)
        self.attempts = 0
        self._attempts_of: dict[str, int] = {}
        self._answers: dict[str, str] = {}
        self._answered_operations: dict[str, int] = {}
        try:
            (folder / "replies").mkdir(parents=True, exist_ok=True)
            self._read_journal()
        except OSError as error:
            raise FileUnreadable(f"{folder} cannot be used: {(error.strerror or 'unknown reason').lower()}.") from error

    def claim(self, about: Json) -> Json:
        """Return the stored description of the run, writing ``about`` as such if there is none yet.

        ``run_id`` and ``started_at`` of ``about`` are kept from the first run.

        Raises:
            AuditInputInvalid: The folder holds the answers of another run.
        """
        path = self.folder / "run.json"
        if not path.exists():
            _write_durably(path, _dumps(about, indent=2))
            return about
        stored: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        asked: dict[str, Any] = json.loads(_dumps(about))
        for key in sorted(asked.keys() - {"run_id", "started_at"}):
            if stored.get(key) != asked[key]:
                was, now = stored.get(key), asked[key]
                raise AuditInputInvalid(
                    f"{self.folder} holds the answers of another run: {key} was {was!r}, is {now!r}.",
                    remedy="Repeat the first command to go on with it, or move the folder away to begin anew.",
                )
        return stored

    def answer(self, call: str) -> Json | None:
        """Return the archived document of an answered call, or None if it was never answered."""
        name = self._answers.get(call)
        if name is None:
            return None
        document: dict[str, Any] = json.loads((self.folder / name).read_text(encoding="utf-8"))
        return document

    def answered(self, operation: str) -> int:
        """Return how many calls of an operation are answered."""
        return self._answered_operations.get(operation, 0)

    def attempts_of(self, call: str) -> int:
        """Return how often a call was sent, over all runs."""
        return self._attempts_of.get(call, 0)

    def about_to_send(self, call: str, operation: str, *, price: Decimal, at: str) -> None:
        """Record an attempt before it is sent."""
        self._append({"event": "attempt", "call": call, "operation": operation, "price": str(price), "at": at})

    def failed(self, call: str, operation: str, *, why: str, at: str) -> None:
        """Record that a call got no answer that settles it; it may be sent again."""
        self._append({"event": "failed", "call": call, "operation": operation, "why": why, "at": at})

    def keep_answer(self, call: str, operation: str, document: Json, *, at: str) -> None:
        """Store the document of an answered call and record it; it will not be sent again."""
        name = f"replies/{len(self._answers) + 1:06d}-{operation}.json"
        text = _dumps(document, indent=2)
        _write_durably(self.folder / name, text)
        digest = hashlib.sha256(text.encode()).hexdigest()
        self._append(
            {"event": "answered", "call": call, "operation": operation, "reply": name, "sha256": digest, "at": at}
        )

    def forget_answer(self, call: str) -> None:
        """Let a call be sent again, because its answer has expired at the vendor; the old file stays."""
        self._append({"event": "expired", "call": call})

    def documents(self) -> Iterator[Json]:
        """Yield the documents of all answered calls in the order they were answered."""
        for name in self._answers.values():
            yield json.loads((self.folder / name).read_text(encoding="utf-8"))

    def files(self) -> list[ArchivedFile]:
        """Return all files of the archive with their digests, by name."""
        return [
            ArchivedFile(path.relative_to(self.folder).as_posix(), hashlib.sha256(path.read_bytes()).hexdigest())
            for path in sorted(self.folder.rglob("*"))
            if path.is_file() and path.suffix in {".json", ".jsonl"}
        ]

    def _read_journal(self) -> None:
        path = self.folder / "journal.jsonl"
        if not path.exists():
            return
        data = path.read_bytes()
        whole = data[: data.rfind(b"\n") + 1]
        if whole != data:
            # A line torn by a crash was never acted upon: the step it announces comes after it is on the disk.
            os.truncate(path, len(whole))
        for number, line in enumerate(whole.splitlines(), start=1):
            try:
                self._apply(json.loads(line))
            except (ValueError, KeyError, ArithmeticError) as error:
                raise AuditInputInvalid(
                    f"Line {number:,} of {path} cannot be read.",
                    remedy="Restore the file from a copy, or move the folder away to begin anew.",
                ) from error

    def _append(self, event: Json) -> None:
        with (self.folder / "journal.jsonl").open("ab") as file:
            file.write((_dumps(event) + "\n").encode())
            file.flush()
            os.fsync(file.fileno())
        self._apply(event)

    def _apply(self, event: Json) -> None:
        call = event["call"]
        if event["event"] == "attempt":
            self.attempts += 1
            self.spent += Decimal(event["price"])
            self._attempts_of[call] = self.attempts_of(call) + 1
        elif event["event"] == "answered":
            operation = event["operation"]
            self._answers[call] = event["reply"]
            self._answered_operations[operation] = self.answered(operation) + 1
        elif event["event"] == "expired":
            # The file name is kept under another key, so that the numbering of files goes on.
            self._answers[f"{call} (expired {len(self._answers)})"] = self._answers.pop(call)


def _dumps(document: Json, *, indent: int | None = None) -> str:
    return json.dumps(document, ensure_ascii=False, indent=indent, sort_keys=True)


def _write_durably(path: Path, text: str) -> None:
    part = path.with_name(path.name + ".part")
    with part.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
