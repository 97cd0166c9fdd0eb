"""The result document as one HTML file that opens offline and asks for nothing.

Rules kept here:

- No number is computed: what the sliders choose among lies in the document (``packing``, ``showing``).
- The page's policy names the digest of each script and style in it; nothing else runs, nothing is fetched.
- The plotting library is the file of the installed ``plotly`` package, whole, with its licence comment. It starts after
  the page has been painted.
"""

from __future__ import annotations

import base64
import functools
import hashlib
import json
import re
from collections.abc import Callable, Mapping
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from countenance.service.audit_report import controls, listings, opening, statements
from countenance.service.audit_report.packing import pack
from countenance.service.audit_report.pictures import Pictures
from countenance.service.audit_report.showing import Setting, Shown
from countenance.service.audit_report.writing import HEAT_FROM

if TYPE_CHECKING:
    import jinja2

#: Parts of the page below the findings, in reading order; each is left out if the document has nothing for it.
PARTS = ("differences.html.j2", "people.html.j2", "hostile_reading.html.j2", "appendix.html.j2")
#: Our script, in the order the pieces need one another.
SCRIPTS = ("numbers.js", "plot_style.js", "plots.js", "contact_sheet.js", "report.js")
STYLES = ("audit_report.css", "sections.css", "paper.css")
#: The library adds a style for maps, which the page does not draw, unless an element of this name is there already.
_STYLE_MARK = re.compile(r'getElementById\("([0-9a-f]{64})"\)')
SECTIONS = (
    ("findings", "What happens at this setting"),
    ("false-matches-by-group", "Who is taken for somebody else"),
    ("missed-by-group", "Who is missed"),
    ("ratios", "How large the differences are"),
    ("scores", "Scores and thresholds"),
    ("across", "Between which groups"),
    ("growth", "What a larger gallery does"),
    ("pairs", "The false matches, side by side"),
    ("vendor", "What the vendor will say"),
    ("limits", "What this data cannot show"),
    ("summary-measures", "Summary measures"),
    ("methods", "Methods"),
    ("provenance", "Provenance, and how to repeat this"),
)


def render_report(document: Mapping[str, Any], *, photos: Callable[[str], bytes | None] | None = None) -> str:
    """Return the report of a result document as one HTML file.

    Args:
        document: ``countenance.audit-result/1``.
        photos: Gives the bytes of a photo by its file name in the document, or None where it is not to be had. They
            are embedded small; without it the report has no pictures.

    Raises:
        KeyError: The document lacks a part that its schema requires.
    """
    numbers = pack(document)
    setting = Setting(stop=document["headline"]["threshold_stop"], size=controls.size_at_first(document))
    pictures = Pictures(photos)
    shown = Shown(numbers, setting)
    script, style, early = _script(), _style(), _page("before_paint.js")
    library = _plotting_library()
    context: dict[str, Any] = {
        "document": document,
        "shown": shown,
        "setting": setting,
        "sections": [entry for entry in SECTIONS if entry[0] != "growth" or shown.find("growing")],
        "parts": PARTS,
        "growth": shown.find("growing"),
        "heat_steps": _heat_steps(),
        **opening.context(document, shown),
        **controls.context(document, setting),
        **listings.context(document, setting, pictures),
        **statements.context(document, shown),
        "style": _markup(style),
        "early_script": _markup(early),
        "script": _markup(script),
        "plotting_library": _markup(library),
        "style_marks": _STYLE_MARK.findall(library),
        "numbers_json": _json(numbers),
        "content_security_policy": _policy(scripts=(early, script, library), styles=(style,)),
    }
    context["pictures_json"] = _json(pictures.embedded)
    return _template("audit_report.html.j2").render(context)


def _heat_steps() -> list[dict[str, str]]:
    from countenance.core.thresholds import one_in

    rarest = [{"name": "heat-0", "label": "rarer"}]
    return rarest + [{"name": f"heat-{at}", "label": one_in(lower)} for at, lower in enumerate(HEAT_FROM, start=1)]


def _policy(*, scripts: tuple[str, ...], styles: tuple[str, ...]) -> str:
    # The empty style is an element the plotting library makes at start and fills through the object model.
    script_digests = " ".join(_digest(text) for text in scripts)
    style_digests = " ".join(_digest(text) for text in (*styles, ""))
    return (
        f"default-src 'none'; script-src {script_digests}; style-src-elem {style_digests}; "
        "style-src-attr 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"
    )


def _digest(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode('utf-8')).digest()).decode('ascii')}'"


def _json(value: Any) -> Any:
    # "<" is the only character that could end the element the JSON lies in.
    return _markup(
        json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False).replace("<", "\\u003c")
    )


def _script() -> str:
    pieces = "\n".join(_page(name) for name in SCRIPTS)
    return f'(() => {{\n"use strict";\n{pieces}\n}})();\n'


def _style() -> str:
    return "\n".join(_page(name) for name in STYLES)


@functools.cache
def _page(name: str) -> str:
    return (files("countenance.service.audit_report") / "pages" / name).read_text(encoding="utf-8")


@functools.cache
def _plotting_library() -> str:
    text = (files("plotly") / "package_data" / "plotly.min.js").read_text(encoding="utf-8")
    if "</script" in text or "<!--" in text:
        raise ValueError("the installed plotting library cannot lie inside a page: it holds the end of a script")
    return text


@functools.cache
def _template(name: str) -> jinja2.Template:
    import jinja2

    environment = jinja2.Environment(
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        loader=jinja2.PackageLoader("countenance.service.audit_report", "pages"),
    )
    return environment.get_template(name)


def _markup(text: str) -> Any:
    import markupsafe

    return markupsafe.Markup(text)  # noqa: S704 - our own files, the installed library, and JSON without "<"
