"""Templates with everything escaped, and the few ways in which pages write numbers and times."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from markupsafe import Markup, escape

from countenance.service.accountability_reports.wording import several
from countenance.service.scale_meanings import rate_in_words

if TYPE_CHECKING:
    import jinja2


def templates(static: Callable[[str], str], *, version: str, notes: Mapping[str, str]) -> jinja2.Environment:
    """Return the console's templates.

    Args:
        static: Name of a static file → its address.
        version: Of this software.
        notes: What every page knows besides.
    """
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("countenance.web.console", "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(static=static, version=version, notes=dict(notes))
    environment.filters.update(
        count=count, several=several, percent=percent, similarity=similarity, rate=rate_in_words,
        moment=moment, day=day, lasting=lasting, ids=short_id, marked=marked,
    )  # fmt: skip
    return environment


def count(number: int) -> str:
    """Return a whole number with its thousands parted: ``12,040``."""
    return f"{number:,}"


def percent(share: float) -> str:
    """Return a share as a percentage to one decimal: ``1.3 %``."""
    return f"{100 * share:.1f} %"


def similarity(score: float) -> str:
    """Return a similarity or threshold to three decimals, with a true minus: ``−0.042``."""
    return f"{score:.3f}".replace("-", "−")


def moment(when: datetime | str | None) -> str:
    """Return a time as pages write it, in UTC to the minute: ``24 Nov 2026, 10:15 UTC``; a dash for none."""
    if when is None or when == "":
        return "–"
    when = datetime.fromisoformat(when) if isinstance(when, str) else when
    when = when.astimezone(UTC)
    return f"{when.day} {when:%b %Y, %H:%M} UTC"


def day(when: datetime | str | None) -> str:
    """Return a date as pages write it: ``24 Nov 2026``; a dash for none."""
    if when is None or when == "":
        return "–"
    when = datetime.fromisoformat(when) if isinstance(when, str) else when
    return f"{when.day} {when:%b %Y}"


def lasting(span: timedelta | float) -> str:
    """Return a length of time in its two largest units: ``2 h 5 min``."""
    seconds = int(span.total_seconds() if isinstance(span, timedelta) else span)
    if seconds < 0:
        return f"{lasting(-seconds)} ago"
    parts = [(seconds // 86400, "d"), (seconds // 3600 % 24, "h"), (seconds // 60 % 60, "min"), (seconds % 60, "s")]
    shown = next((index for index, (number, _) in enumerate(parts) if number), len(parts) - 1)
    return " ".join(f"{number} {unit}" for number, unit in parts[shown : shown + 2] if number or unit == "s") or "0 s"


def marked(text: str) -> Markup:
    """Return text with what stands between two backticks as code, and everything escaped."""
    plain, *rest = text.split("`")
    pairs = zip(rest[::2], rest[1::2], strict=False)
    said = escape(plain) + Markup().join(Markup("<code>{}</code>{}").format(code, after) for code, after in pairs)
    return said + ("`" + rest[-1] if len(rest) % 2 else "")


def short_id(identifier: str) -> str:
    """Return the beginning of a long identifier, as pages show it where the whole one stands behind a link."""
    return f"{identifier[:8]}…" if len(identifier) > 12 else identifier
