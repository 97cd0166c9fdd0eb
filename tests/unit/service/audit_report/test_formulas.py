"""Formulas set with subscripts, superscripts and minus signs; prose left alone; nothing unescaped."""

from __future__ import annotations

import pytest

from countenance.service.audit_report.formulas import well_set


@pytest.mark.parametrize(
    ("formula", "html"),
    [
        ("n_eff = p(1-p) / Var", "n<sub>eff</sub> = p(1−p) / Var"),
        ("1 - (1 - p)^N", "1 − (1 − p)<sup>N</sup>"),
        ("1 - Π_h (1 - p_gh)^(N_h)", "1 − Π<sub>h</sub> (1 − p<sub>gh</sub>)<sup>N<sub>h</sub></sup>"),
        ("Var = Σr_p² / M²", "Var = Σr<sub>p</sub>² / M²"),
        ("a = <b>", "a = &lt;b&gt;"),
        ("c = one-sided bound", "c = one-sided bound"),
    ],
)
def test_formulas_are_set(formula: str, html: str) -> None:
    assert str(well_set(formula)) == html


def test_a_line_of_prose_is_not_set_as_a_formula() -> None:
    assert well_set("1,000 shuffles of whole people") is None
