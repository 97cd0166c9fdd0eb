"""An index of what has changed answers as one built anew from the same references."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from countenance.core.errors import ModelMismatch
from countenance.core.vocabulary import Reference, Template
from countenance.gallery.index import build_index
from countenance.gallery.table_changes import identifiers
from tests.unit.gallery.slow_search import model_of, random_gallery, reference, slow_rank_list, slow_search, template

MODEL = model_of(4)


def rows(numbers: list[tuple[int, int]]) -> list[Reference]:
    """Return references by (number, subject): the same number is always the same reference."""
    made = []
    for number, subject in numbers:
        vector = np.random.default_rng(number).standard_normal(4).astype(np.float32)
        vector /= np.linalg.norm(vector)
        made.append(Reference(f"r{number}", f"s{subject}", Template(vector, MODEL), "", ""))
    return made


numbered = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 9)), max_size=30, unique_by=lambda pair: pair[0])


@given(before=numbered, after=numbered, smaller_copy=st.booleans(), probe=st.integers(100, 120))
def test_whatever_goes_and_comes_the_answers_are_those_of_a_new_index(
    before: list[tuple[int, int]], after: list[tuple[int, int]], smaller_copy: bool, probe: int
) -> None:
    old = {item.reference_id: item for item in rows(before)}
    # A reference is of one subject for as long as it exists.
    subjects = {item.reference_id: item.subject for item in old.values()}
    new = {
        item.reference_id: item for item in rows(after) if subjects.get(item.reference_id, item.subject) == item.subject
    }
    index = build_index(old.values(), model=MODEL, revision=1, smaller_copy=smaller_copy)
    added = [item for name, item in new.items() if name not in old]
    changed = index.changed(old.keys() - new.keys(), added, revision=2)
    anew = build_index(new.values(), model=MODEL, revision=2, smaller_copy=smaller_copy)
    (asked,) = rows([(probe, 0)])
    for threshold in (-1.0, 0.2, 0.8):
        found = changed.search(asked.template, threshold_value=threshold, limit=5)
        assert found == anew.search(asked.template, threshold_value=threshold, limit=5)
        assert found == slow_search(list(new.values()), asked.template, threshold_value=threshold, limit=5, revision=2)
    assert list(changed.nearest(asked.template, limit=40)) == slow_rank_list(list(new.values()), asked.template, -2.0)
    assert (changed.reference_ids(), changed.revision) == (frozenset(new), 2)
    assert (index.reference_ids(), index.revision) == (frozenset(old), 1), "the old one stays as it is"


def test_identifiers_come_back_in_order_whatever_their_letters() -> None:
    names = ["é", "", "aa", "日本", "b"]
    vector = np.array([1.0, 0.0, 0.0, 0.0], dtype=np.float32)
    made = [Reference(name, "s", Template(vector, MODEL), "", "") for name in names]
    assert identifiers(build_index(made, model=MODEL, revision=1)._table) == names


def test_a_template_of_another_model_is_refused_and_nothing_is_made() -> None:
    index = build_index(random_gallery(10, 4, seed=1), model=MODEL, revision=1)
    other = reference("x", "y", template([1.0, 0.0, 0.0], model_of(3)))
    with pytest.raises(ModelMismatch):
        index.changed(frozenset(), [other], revision=2)
