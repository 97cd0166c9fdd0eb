"""References gathered from a stream: every column right, little memory on the way."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from countenance.core.errors import ModelMismatch
from countenance.core.vocabulary import Reference
from countenance.gallery.reference_table import FIRST_ROWS, GROWTH, collect_references
from tests.unit.gallery.slow_search import model_of, random_gallery, reference, template

MODEL = model_of(2)
NAMES = st.text(st.characters(exclude_categories=["Cs"]), max_size=5)


@given(rows=st.lists(st.tuples(NAMES, NAMES), max_size=30))
def test_columns_hold_what_was_given_in_order(rows: list[tuple[str, str]]) -> None:
    table = collect_references((reference(s, r, template([n, 1], MODEL)) for n, (s, r) in enumerate(rows)), MODEL)
    assert [table.subjects[number] for number in table.subject_of_row] == [subject for subject, _ in rows]
    assert [table.reference_ids.at(row) for row in range(len(rows))] == [identifier for _, identifier in rows]
    assert list(table.subjects) == sorted({subject for subject, _ in rows})
    subjects = [subject for subject, _ in rows]
    assert table.references_of_subject.tolist() == [subjects.count(subject) for subject in table.subjects]
    assert [row.tolist() for row in table.matrix] == [template([n, 1], MODEL).vector.tolist() for n in range(len(rows))]


@pytest.mark.parametrize("rows", [0, 1, FIRST_ROWS, FIRST_ROWS + 1, 4 * FIRST_ROWS])
def test_a_stream_that_does_not_know_its_length_ends_in_a_matrix_of_its_length(rows: int) -> None:
    references = random_gallery(rows, 3, seed=rows) if rows else []
    table = collect_references((each for each in references), model_of(3))
    assert table.matrix.shape == (rows, 3)
    assert table.matrix.flags.c_contiguous
    assert not table.matrix.flags.writeable
    assert all((row == each.template.vector).all() for row, each in zip(table.matrix, references, strict=True))


def test_a_template_of_another_model_is_refused() -> None:
    stream = [reference("ada", "r1", template([1, 0], model_of(2, weights="1")))]
    with pytest.raises(ModelMismatch):
        collect_references(stream, MODEL)


def test_memory_peaks_at_a_quarter_over_the_matrix_and_ends_at_the_columns() -> None:
    rows, dimension = 20_000, 256
    vector = template(np.arange(1, dimension + 1), model_of(dimension))

    def stream() -> Iterator[Reference]:
        for row in range(rows):
            yield reference("ada", f"{row:032}", vector)

    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    table = collect_references(stream(), model_of(dimension))
    after, peak = (value - before for value in tracemalloc.get_traced_memory())
    tracemalloc.stop()
    matrix = rows * dimension * 4
    names = rows * (32 + 8 + 4)
    assert matrix + names <= table.memory_bytes < matrix + 1.01 * names
    # An eighth of surplus on the growing columns of names, and the stream's own objects.
    assert after < 1.01 * matrix + 1.2 * names
    assert peak < GROWTH * (matrix + FIRST_ROWS * dimension * 4) + 1.5 * names
