"""What has reached its end goes by itself, whoever sets it off, and is recorded in the same transaction."""

from __future__ import annotations

import time
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import event, text

from countenance.bootstrap.accountability import accountable
from countenance.bootstrap.application import Application
from countenance.bootstrap.subjects import expiring
from countenance.core.errors import InputError, LedgerError
from countenance.core.vocabulary import NewReference
from countenance.ledger.kinds import EntryKind
from countenance.policy.terms import GallerySource
from countenance.service.galleries import create_gallery
from countenance.service.journal import LedgerJournal
from countenance.service.retention import due
from countenance.service.reviews import ABANDONED_AFTER
from tests.storage.conftest import StorePlace
from tests.support.review_place import ReviewPlace
from tests.support.settable_clock import SettableClock
from tests.support.synthetic_engine import synthetic_template

VISITORS = "visitors"


@pytest.fixture
def here(place: StorePlace, tmp_path: Path, clock: SettableClock, monkeypatch: pytest.MonkeyPatch) -> ReviewPlace:
    """Return an installation with a gallery kept for ten days: ada's two references, five days apart, and bob's."""
    (tmp_path / "data").mkdir()
    made = ReviewPlace.made(place.open(), place.url, tmp_path / "data", clock, monkeypatch, reviewers=1)
    parts = made.parts
    parts.create_gallery(
        VISITORS, parts.standing(), basis="test", source=GallerySource.CONSENTED_ENROLMENT, retention_days=10
    )
    made.store.add_references(VISITORS, [new(made, "ada", 1), new(made, "bob", 2)])
    clock.now += timedelta(days=5)
    made.store.add_references(VISITORS, [new(made, "ada", 3)])
    return made


def new(place: ReviewPlace, name: str, number: int) -> NewReference:
    template = synthetic_template(name, str(number), place.app.manifest.identity)
    return NewReference(name, template, f"{number:064x}", f"{number}.jpg")


def expiries(place: ReviewPlace) -> list[dict[str, object]]:
    return [dict(entry.fields) for entry in place.entries() if entry.kind == EntryKind.EXPIRY]


def subjects(place: ReviewPlace) -> list[str]:
    return sorted(reference.subject for reference in place.store.references(VISITORS)[1])


def rows(place: ReviewPlace, table: str) -> int:
    with place.store.database.reading() as connection:
        return int(connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one())  # noqa: S608


def test_what_is_due_goes_and_is_recorded_with_who_stays(here: ReviewPlace) -> None:
    assert not due(here.parts.subjects, here.clock()).anything
    here.clock.now += timedelta(days=5)
    assert dict(due(here.parts.subjects, here.clock()).references) == {VISITORS: 2}
    before = rows(here, "stored_references")
    assert here.parts.expire_due().references == 2
    assert rows(here, "stored_references") == before - 2
    assert subjects(here) == ["ada"]
    (entry,) = expiries(here)
    assert (entry["references"], entry["keys_destroyed"]) == (2, 1)
    assert entry["subject_digests"] == here.parts.journal.subject_digests(VISITORS, ["ada"])
    assert here.parts.expire_due().references == 0
    assert len(expiries(here)) == 1
    assert here.app.ledger(here.store).verify([], []).verified


@pytest.mark.parametrize("way", ["enrol", "erase"])
def test_whoever_makes_room_records_what_had_expired(here: ReviewPlace, way: str) -> None:
    here.clock.now += timedelta(days=6)
    if way == "enrol":
        here.store.add_references(VISITORS, [new(here, "cleo", 4)])
    else:
        here.store.erase_subject(VISITORS, "ada")
    (entry,) = expiries(here)
    assert (entry["references"], entry["keys_destroyed"]) == (2, 1)


def test_what_cannot_be_recorded_does_not_go(here: ReviewPlace, monkeypatch: pytest.MonkeyPatch) -> None:
    here.clock.now += timedelta(days=30)
    before = rows(here, "stored_references")

    def fail(*_: object, **__: object) -> None:
        raise LedgerError("full")

    monkeypatch.setattr(LedgerJournal, "record_many", fail)
    with pytest.raises(LedgerError):
        here.parts.expire_due()
    monkeypatch.undo()
    assert rows(here, "stored_references") == before
    assert expiries(here) == []


def test_where_nothing_is_due_one_query_is_all_it_takes(here: ReviewPlace) -> None:
    statements: list[str] = []
    event.listen(
        here.store.database.engine, "before_cursor_execute", lambda _c, _k, statement, *_: statements.append(statement)
    )
    here.parts.expire_due()
    asked = [one for one in statements if not one.startswith(("BEGIN", "COMMIT", "PRAGMA", "SET"))]
    assert len(asked) == 1, asked
    assert asked[0].lstrip().startswith("SELECT")


def test_an_abandoned_review_is_closed(here: ReviewPlace) -> None:
    review_id = here.held("p03")
    here.clock.now += ABANDONED_AFTER + timedelta(days=2)
    # ada and bob have gone by then, too; so has nobody of the gallery that is kept until erased.
    gone = here.parts.expire_due()
    assert (gone.references, gone.reviews) == (3, 1)
    assert here.parts.reviews.find(review_id).state == "closed"


def test_every_command_that_opens_the_store_begins_with_it(here: ReviewPlace, monkeypatch: pytest.MonkeyPatch) -> None:
    here.clock.now += timedelta(days=30)
    monkeypatch.setattr(Application, "store", lambda _self: _Open(here))
    with accountable(here.app, interface="cli", expire=False):
        pass
    assert expiries(here) == []
    with accountable(here.app, interface="cli"):
        pass
    assert sum(int(str(entry["references"])) for entry in expiries(here)) == 3


class _Open:
    """The place's own store, whose clock can be set, in place of one with this machine's."""

    def __init__(self, place: ReviewPlace) -> None:
        self._place = place

    def __enter__(self) -> object:
        return self._place.store

    def __exit__(self, *_: object) -> None:
        return None


def test_a_running_service_looks_again_and_again(here: ReviewPlace) -> None:
    here.clock.now += timedelta(days=30)
    with expiring(here.parts, every_s=0.02):
        for _ in range(200):
            if expiries(here):
                break
            time.sleep(0.02)
    assert expiries(here)


def test_no_gallery_without_a_basis_and_none_without_a_rule(here: ReviewPlace) -> None:
    with pytest.raises(TypeError, match="retention_days"):
        create_gallery("x", here.app.manifest.identity, basis="b")  # type: ignore[call-arg]
    for days in (0, -1, 100_000):
        with pytest.raises(ValueError, match="retention"):
            here.parts.create_gallery(
                "x", here.parts.standing(), basis="b", source=GallerySource.CONSENTED_ENROLMENT, retention_days=days
            )
    with pytest.raises((InputError, LedgerError)):
        here.parts.create_gallery(
            "x", here.parts.standing(), basis="", source=GallerySource.CONSENTED_ENROLMENT, retention_days=None
        )
    assert "x" not in {gallery.name for gallery in here.store.list_galleries()}
