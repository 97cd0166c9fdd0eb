"""Formulas of the methods, set as a book sets them, from the one-line form of the result document."""

from __future__ import annotations

import re
from typing import Any

#: Signs by which a line is known as a formula and not as prose.
_MATHEMATICS = re.compile(r"[=^ΣΠ]")
_SUBSCRIPT = re.compile(r"([^\W_]+)_(?:\(([^()]*)\)|([A-Za-z0-9]+))")
_SUPERSCRIPT = re.compile(r"\^(?:\(([^()]*)\)|([A-Za-z0-9]+))")
_MINUS = re.compile(r"(?<![^\W\d_]{2})-(?![^\W\d_]{2})")


def well_set(formula: str) -> Any:
    """Return a formula with subscripts, superscripts and minus signs set; None for a line of prose.

    ``n_eff = p(1-p)^(N_h)`` has subscripts after ``_``, superscripts after ``^``, brackets around longer ones.
    """
    import markupsafe

    if not _MATHEMATICS.search(formula):
        return None
    text = str(markupsafe.escape(formula))
    text = _MINUS.sub("−", text)
    text = _SUBSCRIPT.sub(lambda found: f"{found[1]}<sub>{found[2] or found[3]}</sub>", text)
    text = _SUPERSCRIPT.sub(lambda found: f"<sup>{found[1] or found[2]}</sup>", text)
    return markupsafe.Markup(text)  # noqa: S704 - escaped above, then only sub and sup added
