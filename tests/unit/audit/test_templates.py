"""Templates that cannot be measured on."""

from __future__ import annotations

import numpy as np
import pytest

from countenance.audit.templates import require_templates
from countenance.core.errors import AuditInputInvalid


def unit(rows: int) -> np.ndarray:
    vectors = np.random.default_rng(0).normal(size=(rows, 8))
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def test_unit_templates_pass() -> None:
    require_templates(unit(4), rows=4)


@pytest.mark.parametrize("value", [np.nan, np.inf, 0.0, 5.0])
def test_a_template_that_is_not_finite_or_not_of_unit_length_is_named_by_row(value: float) -> None:
    vectors = unit(4)
    vectors[2] = value
    with pytest.raises(AuditInputInvalid, match=r"1 templates .* \(rows 3\)"):
        require_templates(vectors, rows=4)


def test_many_bad_rows_are_cut_short() -> None:
    with pytest.raises(AuditInputInvalid, match="rows 1, 2, 3, 4, 5 …"):
        require_templates(np.zeros((9, 8), dtype=np.float32), rows=9)


def test_labels_and_templates_must_be_as_many() -> None:
    with pytest.raises(AuditInputInvalid, match="4 templates and 5 labels"):
        require_templates(unit(4), rows=5)


def test_other_types_and_shapes_are_refused() -> None:
    with pytest.raises(AuditInputInvalid, match="float64"):
        require_templates(unit(4).astype(np.float64), rows=4)
    with pytest.raises(AuditInputInvalid, match="shape"):
        require_templates(unit(4)[0], rows=4)
