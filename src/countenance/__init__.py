"""Countenance: a face recognition service that measures whom it misidentifies, and refuses what its rules forbid.

    >>> import countenance as cn
    >>> cn.__version__
    '0.1.0'

The supported names are those of ``__all__``. They are loaded when first used, so that importing the package costs
nothing and does nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from countenance.api import audit_photos, compare, detect, enrol, galleries, open_audit, search
    from countenance.core.errors import CountenanceError

__version__ = "0.1.0"

__all__ = [
    "CountenanceError",
    "__version__",
    "audit_photos",
    "compare",
    "detect",
    "enrol",
    "galleries",
    "open_audit",
    "search",
]

_HOMES = {
    "CountenanceError": "countenance.core.errors",
    "audit_photos": "countenance.api",
    "compare": "countenance.api",
    "detect": "countenance.api",
    "enrol": "countenance.api",
    "galleries": "countenance.api",
    "open_audit": "countenance.api",
    "search": "countenance.api",
}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'countenance' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
