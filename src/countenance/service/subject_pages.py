"""A receipt and an export as self-contained HTML pages for the person they are about. Layout only."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

from countenance.service.accountability_reports.wording import moment, several
from countenance.service.erasure_receipt import Receipt
from countenance.service.subject_export import SubjectExport, held_in_words


def receipt_page(receipt: Receipt) -> str:
    """Return the page of a receipt."""
    return _render("erasure_receipt.html.j2", {"receipt": receipt.content, "sha256": receipt.sha256})


def export_page(export: SubjectExport) -> str:
    """Return the page of an export; the pictures are embedded."""
    pictures = {name: base64.b64encode(data).decode() for name, data in export.pictures.items()}
    return _render(
        "subject_export.html.j2",
        {"export": export.document(), "counts": held_in_words(export), "pictures": pictures},
    )


def _render(name: str, context: Mapping[str, Any]) -> str:
    import jinja2
    import markupsafe

    pages = files("countenance.service") / "pages"
    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["moment"] = moment
    environment.globals["several"] = several
    template = environment.from_string((pages / name).read_text(encoding="utf-8"))
    style = markupsafe.Markup((pages / "ledger.css").read_text(encoding="utf-8"))  # noqa: S704 - our own file
    return template.render(style=style, **context)
