"""The page itself: server-rendered, one file, no script, and a policy that lets a browser load nothing else.

To whoever has signed in to the console it is shown as one of its pages.

It needs no credential: it holds counts of operations and measured rates, no names, cases or photos, as ``/metrics``.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse

from countenance.core.errors import CalibrationError
from countenance.service.compatibility import Fate, VendorCoverage, VendorOperation
from countenance.service.scale_meanings import GALLERY_SIZES, MeaningRow, meanings
from countenance.service.similarity_scale import VendorScale
from countenance.web.caller_counts import Counts
from countenance.web.compat.tables import calls_so_far, vendor_tables
from countenance.web.context import WebContext

PATH = "/compat"
#: What dialects call an operation that is none. Source: ``web.observation.Exchange``.
UNKNOWN_OPERATION = "unknown"

#: What the page says → the same as a page of the console, or None for whoever has not signed in to it.
Frame = Callable[[Request, str], Awaitable[Response | None]]


@dataclass(frozen=True, slots=True)
class ReasonGroup:
    """Operations that are not here for one and the same reason."""

    fate: Fate
    why: str
    operations: tuple[VendorOperation, ...]


def compat_router(
    context: WebContext, scale: Callable[[], VendorScale], *, version: str, frame: Frame | None = None
) -> APIRouter:
    """Return the route of the page.

    Args:
        context: The service.
        scale: Returns the vendor scale of the recogniser in use, or raises a ``CalibrationError``.
        version: Of this software.
        frame: Shows it as a page of the console; none: it stands alone for everybody.
    """
    router = APIRouter(include_in_schema=False)
    pages = _Pages(version)

    @router.get(PATH)
    async def compat(request: Request) -> Response:
        """Return the page."""
        address = f"{request.url.scheme}://{request.url.netloc}"
        tables = vendor_tables(calls_so_far(context.metrics))
        own = context.metrics.callers.of(request.client.host if request.client else "")
        values = _values(address, tables, own, *_meanings(scale))
        framed = None if frame is None else await frame(request, pages.body(values))
        return framed or HTMLResponse(pages.alone(values), headers=_headers(pages.style_digest))

    return router


def reason_groups(vendor: VendorCoverage) -> tuple[ReasonGroup, ...]:
    """Return a vendor's operations that are not here, by reason, those refused on purpose first."""
    found: dict[tuple[Fate, str], list[VendorOperation]] = {}
    for operation in vendor.operations:
        if operation.fate is not Fate.WORKS:
            found.setdefault((operation.fate, operation.why), []).append(operation)
    return tuple(ReasonGroup(fate, why, tuple(operations)) for (fate, why), operations in found.items())


def _meanings(scale: Callable[[], VendorScale]) -> tuple[str, tuple[MeaningRow, ...]]:
    try:
        current = scale()
    except CalibrationError as error:
        return error.message, ()
    return current.version, meanings(current)


class _Pages:
    """Draws what the page says, alone or for a frame."""

    def __init__(self, version: str) -> None:
        import jinja2
        import markupsafe

        folder = files("countenance.web.compat") / "templates"
        ledger = files("countenance.service") / "pages" / "ledger.css"
        style = ledger.read_text(encoding="utf-8") + (folder / "compat.css").read_text(encoding="utf-8")
        self.style_digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
        self._environment = jinja2.Environment(
            loader=jinja2.PackageLoader("countenance.web.compat", "templates"),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.globals.update(version=version, style=markupsafe.Markup(style))  # noqa: S704 - our own files

    def alone(self, values: dict[str, Any]) -> str:
        """Return a page of its own."""
        return self._environment.get_template("compat.html.j2").render(values)

    def body(self, values: dict[str, Any]) -> str:
        """Return what it says, without a frame."""
        return self._environment.get_template("compat_body.html.j2").render(values)


def _values(
    address: str,
    tables: tuple[VendorCoverage, ...],
    own: Counts,
    scale_version: str,
    rows: tuple[MeaningRow, ...],
) -> dict[str, Any]:
    called = [(table, item) for table in tables for item in table.operations if item.calls]
    return {
        "address": address,
        "tables": tables,
        "groups": {table.dialect: reason_groups(table) for table in tables},
        "called": called,
        "own": own,
        "own_unknown": sum(own.get((table.dialect, UNKNOWN_OPERATION), (0, 0))[0] for table in tables),
        "not_here": [(table, item) for table, item in called if item.fate is not Fate.WORKS],
        "unknown_calls": sum(table.unknown_calls for table in tables),
        "scale_version": scale_version,
        "rows": rows,
        "sizes": GALLERY_SIZES,
        "fate": Fate,
    }


def _headers(style_digest: str) -> dict[str, str]:
    policy = (
        f"default-src 'none'; style-src 'sha256-{style_digest}'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    )
    return {
        "Content-Security-Policy": policy,
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Cache-Control": "no-store",
    }
