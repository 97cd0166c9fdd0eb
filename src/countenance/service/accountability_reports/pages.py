"""Documents as pages: one HTML file each, in the look of the audit report; it opens offline and asks for nothing."""

from __future__ import annotations

import base64
import functools
import hashlib
from collections.abc import Mapping
from datetime import datetime
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from countenance.service.accountability_reports.wording import moment, several
from countenance.service.audit_report.writing import share

if TYPE_CHECKING:
    import jinja2

_PACKAGE = "countenance.service.accountability_reports"
#: Styles in the order in which they lie over one another: those of the audit report first.
_SHARED = ("audit_report.css", "sections.css", "paper.css")


def period_page(document: Mapping[str, Any]) -> str:
    """Return the report for a period as HTML."""
    return _render("period.html.j2", "Report for a period", document)


def dossier_page(document: Mapping[str, Any]) -> str:
    """Return a search's dossier as HTML; it prints to two A4 pages unless candidates are many."""
    return _render("dossier.html.j2", "Search dossier", document)


def exceptions_page(document: Mapping[str, Any]) -> str:
    """Return the list of exceptions as HTML."""
    return _render("exceptions.html.j2", "Exceptions", document)


def _render(template: str, title: str, document: Mapping[str, Any]) -> str:
    style = _style()
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    page = _environment().get_template(template)
    return page.render(
        document=document,
        title=title,
        style=_markup(style),
        content_security_policy=(
            f"default-src 'none'; style-src-elem 'sha256-{digest}'; style-src-attr 'unsafe-inline'; base-uri 'none'; "
            "form-action 'none'"
        ),
    )


@functools.cache
def _style() -> str:
    shared = files("countenance.service.audit_report") / "pages"
    own = files(_PACKAGE) / "pages"
    texts = [(shared / name).read_text(encoding="utf-8") for name in _SHARED]
    return "\n".join([*texts, (own / "records.css").read_text(encoding="utf-8")])


@functools.cache
def _environment() -> jinja2.Environment:
    import jinja2

    environment = jinja2.Environment(
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        loader=jinja2.PackageLoader(_PACKAGE, "pages"),
    )
    environment.filters |= {"moment": moment, "day": _day, "count": _count, "share": share}
    environment.globals |= {"several": several}
    return environment


def _day(text: str) -> str:
    return f"{datetime.fromisoformat(text):%-d %B %Y}"


def _count(value: object) -> str:
    return "not recorded" if value is None else f"{value:,}"


def _markup(text: str) -> Any:
    import markupsafe

    return markupsafe.Markup(text)  # noqa: S704 - our own style sheets
