"""The running list of the best subjects, against sorting everything at the end."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from countenance.gallery.reference_table import ReferenceTable, collect_references
from countenance.gallery.shortlist import Shortlist
from tests.unit.gallery.slow_search import model_of, reference, template

MODEL = model_of(2)
Offer = tuple[int, float]


def table_of(subjects: list[int], identifiers: list[int]) -> ReferenceTable:
    """Return a table whose rows belong to these subjects and have these identifiers; all templates are the same."""
    return collect_references(
        (
            reference(f"s{subject}", f"r{identifier:02}", template([1, 0], MODEL))
            for subject, identifier in zip(subjects, identifiers, strict=True)
        ),
        MODEL,
    )


def slow_best(table: ReferenceTable, offers: list[Offer], threshold_value: float, keep: int) -> list[Offer]:
    """Return what must be kept, by sorting all offers and taking each subject's first."""
    order = sorted(
        (-score, table.subjects[table.subject_of_row[row]], table.reference_ids.at(row), row)
        for row, score in offers
        if score >= threshold_value
    )
    best: dict[str, Offer] = {}
    for negative, subject, _, row in order:
        best.setdefault(subject, (row, -negative))
    return list(best.values())[:keep]


@st.composite
def offered_rows(draw: st.DrawFn) -> tuple[ReferenceTable, list[list[Offer]]]:
    rows = draw(st.integers(1, 40))
    subjects = draw(st.lists(st.integers(0, 6), min_size=rows, max_size=rows))
    table = table_of(subjects, draw(st.permutations(range(rows))))
    scores = draw(st.lists(st.sampled_from([-1.0, 0.0, 0.25, 0.5, 1.0]), min_size=rows, max_size=rows))
    offers = draw(st.permutations(list(enumerate(scores))))
    ends = [*sorted(draw(st.lists(st.integers(0, rows), max_size=6))), rows]
    return table, [offers[start:end] for start, end in zip([0, *ends], ends, strict=False)]


def offer(shortlist: Shortlist, part: list[Offer]) -> None:
    shortlist.offer(np.array([row for row, _ in part], dtype=np.intp), np.array([score for _, score in part]))


@given(offered=offered_rows(), threshold=st.sampled_from([-math.inf, -1.0, 0.25, 0.3, 2.0]), keep=st.integers(1, 9))
def test_any_order_and_any_parts_keep_what_sorting_everything_keeps(
    offered: tuple[ReferenceTable, list[list[Offer]]], threshold: float, keep: int
) -> None:
    table, parts = offered
    shortlist = Shortlist(table, threshold_value=threshold, keep=keep)
    for part in parts:
        offer(shortlist, part)
        offer(shortlist, part[:3])  # again: a row offered twice changes nothing
    rows, scores = shortlist.best()
    expected = slow_best(table, [each for part in parts for each in part], threshold, keep)
    assert list(zip(rows.tolist(), scores.tolist(), strict=True)) == expected


def test_the_cut_rises_to_the_last_kept_subject_and_no_further() -> None:
    shortlist = Shortlist(table_of([0, 0, 1, 2, 3], [0, 1, 2, 3, 4]), threshold_value=0.1, keep=2)
    offer(shortlist, [(0, 0.9), (1, 0.8)])
    assert shortlist.cut == 0.1  # two rows, but one subject
    offer(shortlist, [(2, 0.5), (3, 0.3)])
    assert shortlist.cut == 0.5
    offer(shortlist, [(4, 0.4)])
    assert shortlist.best()[0].tolist() == [0, 2]


def test_what_is_held_depends_on_what_is_kept_not_on_what_reaches_the_threshold() -> None:
    rows = 5000
    shortlist = Shortlist(table_of(list(range(rows)), list(range(rows))), threshold_value=-1.0, keep=3)
    for start in range(0, rows, 50):
        offer(shortlist, [(row, row / rows) for row in range(start, start + 50)])
        assert sum(map(len, shortlist._rows)) <= 3
    assert shortlist.best()[0].tolist() == [4999, 4998, 4997]
