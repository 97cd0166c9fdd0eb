"""An index follows its gallery: changes are added to it, and only what it cannot hold is read anew."""

from __future__ import annotations

import functools
from collections.abc import Iterable

import pytest

from countenance.core.model_identity import ModelIdentity
from countenance.core.vocabulary import Reference
from countenance.gallery.index import build_index
from countenance.service.current_index import current_index
from countenance.service.ports import SearchIndex
from tests.support.made_up_templates import MADE_UP_MODEL, OTHER_MODEL, made_up_reference
from tests.support.memory_store import MemoryStore
from tests.support.settable_clock import SettableClock


class Building:
    """Builds indexes and counts them."""

    def __init__(self) -> None:
        self.built = 0

    def __call__(self, references: Iterable[Reference], *, model: ModelIdentity, revision: int) -> SearchIndex:
        self.built += 1
        return build_index(references, model=model, revision=revision)


@pytest.fixture
def store() -> MemoryStore:
    made = MemoryStore(SettableClock())
    made.create_gallery("album", MADE_UP_MODEL, basis="test", retention_days=None)
    made.add_references("album", [made_up_reference(number) for number in range(20)])
    return made


def test_a_change_is_added_to_the_index_that_is_there(store: MemoryStore) -> None:
    build = Building()
    follow = functools.partial(current_index, gallery="album", model=MADE_UP_MODEL, store=store, build=build)
    first = follow(None)
    store.add_references("album", [made_up_reference(100)])
    store.erase_subject("album", "subject 3")
    second = follow(first)
    assert build.built == 1
    assert second.revision == store.gallery("album").revision
    assert second.reference_ids() == {reference.reference_id for reference in store.references("album")[1]}
    assert len(first.reference_ids()) == 20


def test_too_much_new_and_another_model_are_read_anew(store: MemoryStore, monkeypatch: pytest.MonkeyPatch) -> None:
    build = Building()
    follow = functools.partial(current_index, gallery="album", store=store, build=build)
    first = follow(None, model=MADE_UP_MODEL)
    store.delete_gallery("album")
    store.create_gallery("album", OTHER_MODEL, basis="test", retention_days=None)
    assert follow(first, model=OTHER_MODEL).reference_ids() == frozenset()
    assert build.built == 2
    monkeypatch.setattr(MemoryStore, "reference_changes", lambda *_: None)
    follow(follow(None, model=OTHER_MODEL), model=OTHER_MODEL)
    assert build.built == 4
