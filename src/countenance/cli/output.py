"""How results leave the command line: JSON on stdout, or a table for people; errors and progress on stderr."""

from __future__ import annotations

import dataclasses
import datetime as dt
import enum
import json
import math
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from countenance.core.errors import CountenanceError, SeveralFaces
from countenance.core.vocabulary import Box, Landmarks, Template
from countenance.service.accountability import Performed
from countenance.service.refusals import ActRefused

#: Version of the JSON that commands print; grows when a field changes its meaning or goes.
JSON_VERSION = 1

out = Console(highlight=False, soft_wrap=False)
err = Console(stderr=True, highlight=False)


def print_json(command: str, content: Mapping[str, Any]) -> None:
    """Print one JSON document with its version and command."""
    document = {"countenance_json": JSON_VERSION, "command": command, **{k: plain(v) for k, v in content.items()}}
    sys.stdout.write(json.dumps(document, ensure_ascii=False, indent=2, allow_nan=False) + "\n")


def plain(value: Any) -> Any:
    """Return a value as JSON types. Templates and pixels are left out: they never leave through here."""
    if isinstance(value, Box):
        return {name: round(number, 1) for name, number in value._asdict().items()}
    if isinstance(value, Landmarks):
        return {name: [round(x, 1), round(y, 1)] for name, (x, y) in value._asdict().items()}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = [f.name for f in dataclasses.fields(value)]
        kept = {name: getattr(value, name) for name in fields}
        return {name: plain(item) for name, item in kept.items() if not isinstance(item, Template | np.ndarray | bytes)}
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, Mapping):
        return {str(plain(key)): plain(item) for key, item in value.items()}
    if isinstance(value, set | frozenset):
        return sorted(plain(item) for item in value)
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, np.ndarray | bytes):
        return None
    if isinstance(value, float | np.floating):
        return float(value) if math.isfinite(value) else None
    if isinstance(value, np.integer):
        return int(value)
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, date):  # a datetime is one, too
        return value.isoformat()
    return value


def print_error(error: CountenanceError, *, as_json: bool) -> None:
    """Print an error with its code and remedy: JSON on stdout if asked for, else words on stderr."""
    if as_json:
        content: dict[str, Any] = {"code": error.code, "message": error.message, "remedy": error.remedy}
        if isinstance(error, SeveralFaces):
            content["boxes_xywh_px"] = [[round(number, 1) for number in box] for box in error.boxes_xywh_px]
        if isinstance(error, ActRefused):
            content |= {
                "decision": error.decision.decision.value,
                "entry_id": error.entry_id,
                "rules": [
                    {
                        "rule": reason.rule_id,
                        "from": reason.source,
                        "says": reason.says,
                        "change": reason.change,
                        "sources": [f"{citation.text} ({citation.address})" for citation in reason.citations],
                    }
                    for reason in error.decision.reasons
                ],
            }
        print_json("error", {"error": content})
        return
    err.print(Text.assemble(("Error: ", "bold red"), error.message, (f"  [{error.code}]", "dim")))
    if error.remedy:
        err.print(Text.assemble(("What to do: ", "bold"), error.remedy))
    for note in getattr(error, "__notes__", ()):
        err.print(Text(note))


def table(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]], *, right: Sequence[int] = ()) -> Table:
    """Return a table with plain rules; ``right`` names the columns of numbers."""
    made = Table(title=title, title_justify="left", title_style="bold", box=None, pad_edge=False, header_style="dim")
    for number, name in enumerate(columns):
        made.add_column(name, justify="right" if number in right else "left", overflow="fold")
    for row in rows:
        made.add_row(*(Text(cell) for cell in row))
    return made


def record_of(done: Performed[Any]) -> dict[str, Any]:
    """Return where an act is recorded and what the rules said, for JSON."""
    return {
        "act_id": done.act_id,
        "intent_entry_id": done.intent_entry_id,
        "outcome_entry_id": done.outcome_entry_id,
        "decision": done.decision.decision.value,
        "rules": list(done.decision.rule_ids),
        "held": done.held,
        "review_id": done.review_id,
    }


class _Rate(ProgressColumn):
    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        return Text("" if speed is None else f"{speed:.1f}/s", style="dim")


@contextmanager
def progress_bar(words: str, *, quiet: bool) -> Iterator[Any]:
    """Yield a callable (done, total, note) that draws a bar with rate and time left on stderr.

    Where stderr is not a terminal, or with ``quiet``, nothing is drawn.
    """
    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=30),
        MofNCompleteColumn(),
        _Rate(),
        TimeRemainingColumn(compact=True),
        TextColumn("{task.fields[note]}", style="dim"),
    )
    with Progress(*columns, console=err, transient=True, disable=quiet or not err.is_terminal) as bar:
        task = bar.add_task(words, total=None, note="")

        def update(done: int, total: int, note: str = "") -> None:
            bar.update(task, completed=done, total=total, note=note)

        yield update
