"""The command line run inside the test's process, as a person would type it."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from typing import Any

import pytest

from countenance.cli.main import main


@dataclass(frozen=True)
class Run:
    """What a command left: exit code, words on stdout and on stderr."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> dict[str, Any]:
        """Return the JSON document on stdout: there is one and nothing else."""
        return dict(json.loads(self.out))

    @property
    def words(self) -> str:
        """Return both streams as one line, whatever the width they were wrapped to."""
        return " ".join((self.out + " " + self.err).split())


class CommandLine:
    """Runs ``countenance`` with its outermost error handler; a traceback would be the test's failure."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self._monkeypatch = monkeypatch
        self._capsys = capsys

    def __call__(self, *words: object) -> Run:
        self._monkeypatch.setattr(sys, "argv", ["countenance", *map(str, words)])
        self._capsys.readouterr()
        code: object = 0
        try:
            main()
        except SystemExit as stop:
            code = stop.code
        out, err = self._capsys.readouterr()
        assert "Traceback" not in out + err
        return Run(code if isinstance(code, int) else 0, out, err)
