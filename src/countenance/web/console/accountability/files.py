"""A period's report as files, as ``countenance report`` writes them."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from typing import Any

from countenance.service.accountability_reports.pages import exceptions_page, period_page
from countenance.service.accountability_reports.statutes import Answer, Template
from countenance.service.accountability_reports.tables_csv import csv_files

#: Policy of a page that is one file with its style in it; its own policy names the style's digest besides.
ONE_FILE_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'self'"
)
#: Kind of file → media type.
TYPES = {
    "html": "text/html; charset=utf-8",
    "json": "application/json",
    "csv": "application/zip",
}


def report_file(kind: str, document: Mapping[str, Any]) -> bytes:
    """Return a report as one file: ``html``, ``json``, or ``csv`` for its tables in a zip."""
    if kind == "html":
        return period_page(document).encode()
    if kind == "json":
        return (json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False) + "\n").encode()
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in csv_files(document).items():
            archive.writestr(name, content)
    return packed.getvalue()


def exceptions_file(kind: str, document: Mapping[str, Any]) -> bytes:
    """Return the list of exceptions as one file: ``html`` or ``json``."""
    if kind == "html":
        return exceptions_page(document).encode()
    return (json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False) + "\n").encode()


def template_csv(template: Template, answers: Sequence[Answer]) -> bytes:
    """Return what a report says to a law, as CSV; missing items are rows too."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("law", "item", "found", "missing", "who would know"))
    for one in answers:
        writer.writerow((template.title, one.item, _safe(one.found), "" if one.found else "missing", one.who))
    return text.getvalue().encode()


def _safe(cell: str) -> str:
    # A spreadsheet takes a cell that begins so for a formula; source: OWASP, CSV injection.
    return f"'{cell}" if cell[:1] in ("=", "+", "-", "@", "\t", "\r") else cell
