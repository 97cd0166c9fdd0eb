"""A finished audit in the hands of a program: its document, tables as data frames, its report."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from countenance.service.audits.sharing import make_report
from countenance.service.audits.tables import frame, table_names
from countenance.service.audits.workspace import Workspace


@dataclass(frozen=True, slots=True)
class AuditResult:
    """An audit's result.

    Attributes:
        folder: The audit's folder.
        document: The result document, ``countenance.audit-result/1``.
    """

    folder: Path
    document: Mapping[str, Any] = field(repr=False)

    @property
    def tables(self) -> tuple[str, ...]:
        """Return the names ``frame`` knows."""
        return table_names()

    def frame(self, name: str) -> pl.DataFrame:
        """Return one table, a row a number: ``fmr``, ``fnmr``, ``fpir``, ``groups`` and the others of ``tables``.

        Raises:
            AuditInputInvalid: There is no such table.
        """
        return frame(self.document, name)

    def report(self) -> Path:
        """Write the report, one HTML file, and return where it lies."""
        return make_report(Workspace(self.folder))

    def __str__(self) -> str:
        """Return the headline and what the data cannot show."""
        said = [self.document["data"]["caveat"], self.document["headline"]["sentence"], *self.document["limits"]]
        return "\n".join(filter(None, said))


def open_result(folder: Path) -> AuditResult:
    """Return the result of an audit that was run.

    Raises:
        FileUnreadable: There is none in this folder.
        AuditInputInvalid: The file is damaged.
    """
    return AuditResult(folder, Workspace(folder).result())
