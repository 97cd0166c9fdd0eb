"""The demonstration as one self-contained HTML file. Layout only: every number comes from ``Demonstration``."""

from __future__ import annotations

import base64
import functools
import io
import math
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from countenance.audit.calibration import METHOD
from countenance.core.thresholds import Rate, one_in
from countenance.service.compare import threshold_in_words
from countenance.service.demonstration import Demonstration, ProbeOutcome, SearchPass

#: Side of the embedded pictures: sharp at the size shown on a dense screen, and the page stays below 3 MB.
PICTURE_PX = 200
_WIDTH, _HEIGHT, _LEFT, _RIGHT = 760, 220, 60, 730


@dataclass(frozen=True, slots=True)
class Pair:
    """A probe beside the reference of the person it was taken for; pictures as base64 JPEG."""

    subject: str
    role: str
    other: str
    similarity: str
    own: str
    probe: str
    reference: str


def demonstration_page(demo: Demonstration, *, references: dict[str, Path], version: str) -> str:
    """Return the page; the cohort's pictures are embedded, made smaller.

    Args:
        demo: The results.
        references: Picture of each gallery subject.
        version: Version to print.
    """
    import jinja2
    import markupsafe

    pages = files("countenance.service") / "pages"
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True)
    template = environment.from_string((pages / "demonstration.html.j2").read_text(encoding="utf-8"))
    context: dict[str, Any] = {
        "style": markupsafe.Markup((pages / "ledger.css").read_text(encoding="utf-8")),  # noqa: S704 - our own file
        "demo": demo,
        "promised": {"all": demo.promised.groups[0]},
        "groups": list(zip(demo.promised.groups, demo.own.groups, strict=True)),
        "searches_promised": one_in(demo.promised.threshold.false_match_rate.estimate * demo.gallery_subjects),
        "chart": _chart(demo.promised),
        "counts_promised": _counts(demo.promised.threshold.false_match_rate, demo.promised.threshold.data_set),
        "counts_here": _counts(demo.promised.here_false_match_rate, "this cohort"),
        "parts": _parts(demo, references),
        "promised_words": threshold_in_words(demo.promised.threshold),
        "method": METHOD,
        "version": version,
    }
    return template.render(context)


def _counts(rate: Rate, where: str) -> str:
    return f"{rate.errors:,} of {rate.trials:,} comparisons on {where}"


def _chart(promised: SearchPass) -> dict[str, Any]:
    """Return positions for a log axis of the false match rate with two rows."""
    rates = [
        ("Promised, on photographs", promised.threshold.false_match_rate, "var(--ink)"),
        ("Measured, on this cohort", promised.here_false_match_rate, "var(--accent)"),
    ]
    lowest = min(rate.low for _, rate, _ in rates if rate.low > 0)
    start = math.floor(math.log10(lowest))

    def across(rate: float) -> float:
        return round(_LEFT + (math.log10(max(rate, 10.0**start)) - start) / -start * (_RIGHT - _LEFT), 1)

    return {
        "width": _WIDTH,
        "height": _HEIGHT,
        "ticks": [
            {"x": across(10.0**k), "rate": f"{10.0**k:g}", "words": "all" if k == 0 else f"1 in {10**-k:,}"}
            for k in range(start, 1)
        ],
        "rows": [
            {
                "label": label,
                "words": f"{rate.estimate:.2g}, about {one_in(rate.estimate)}",
                "y": 56 + 72 * row,
                "x": across(rate.estimate),
                "low": across(rate.low),
                "high": across(rate.high),
                "colour": colour,
            }
            for row, (label, rate, colour) in enumerate(rates)
        ],
    }


def _parts(demo: Demonstration, references: dict[str, Path]) -> list[dict[str, Any]]:
    at_own = [item for item in demo.own.outcomes if item.taken_for is not None]
    shown = {item.photo.file for item in at_own}
    rest = [item for item in demo.promised.outcomes if item.taken_for is not None and item.photo.file not in shown]
    own, promised = demo.own.threshold.value, demo.promised.threshold.value
    return [
        {
            "title": f"{len(at_own)} that pass even the cohort's own threshold {own:.3f}",
            "open": True,
            "pairs": [_pair(item, references) for item in _most_similar_first(at_own)],
        },
        {
            "title": f"{len(rest)} more that pass the promised threshold {promised:.3f}, one picture a search",
            "open": False,
            "pairs": [_pair(item, references) for item in _most_similar_first(rest)],
        },
    ]


def _most_similar_first(outcomes: list[ProbeOutcome]) -> list[ProbeOutcome]:
    return sorted(outcomes, key=lambda item: -(item.taken_for.similarity if item.taken_for else 0.0))


def _pair(item: ProbeOutcome, references: dict[str, Path]) -> Pair:
    if item.taken_for is None:
        raise ValueError("a search without a false candidate has no pair to show")
    return Pair(
        subject=item.photo.subject,
        role=item.photo.role.replace("_", " "),
        other=item.taken_for.subject,
        similarity=f"{item.taken_for.similarity:.3f}",
        own="no face" if item.true_similarity is None else f"{item.true_similarity:.3f}",
        probe=_picture(item.photo.file),
        reference=_picture(references[item.taken_for.subject]),
    )


@functools.lru_cache(maxsize=512)
def _picture(path: Path) -> str:
    from PIL import Image

    with Image.open(path) as image:
        image.thumbnail((PICTURE_PX, PICTURE_PX))
        small = io.BytesIO()
        image.save(small, "JPEG", quality=82)
    return base64.b64encode(small.getvalue()).decode("ascii")
