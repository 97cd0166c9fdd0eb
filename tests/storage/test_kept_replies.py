"""Replies kept for requests that come again: claimed once, sealed, gone after a day, on both databases."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import select

from countenance.service.idempotency import (
    CLAIM,
    KEPT,
    LARGEST_BODY,
    Conflict,
    Fresh,
    IdempotencyKeys,
    InProgress,
    Replay,
    fingerprint_of,
)
from countenance.storage.job_tables import kept_replies
from countenance.storage.kept_reply_store import SqlKeptReplies
from countenance.storage.store import SqlGalleryStore
from tests.support.settable_clock import SettableClock

SCOPE, KEY = "credential:1", "0b6f0e6e-8d1c-4f7e-9c57-1d0c0d7d2f11"
PRINT = fingerprint_of("POST", "/v1/jobs", b"{}")


@pytest.fixture
def keys(sql_store: SqlGalleryStore) -> IdempotencyKeys:
    return IdempotencyKeys(SqlKeptReplies(sql_store))


def claimed(keys: IdempotencyKeys, scope: str = SCOPE, print_: str = PRINT) -> Fresh:
    found = keys.begin(scope, KEY, print_)
    assert isinstance(found, Fresh)
    return found


def test_the_reply_is_given_again_for_a_day(keys: IdempotencyKeys, clock: SettableClock) -> None:
    fresh = claimed(keys)
    assert keys.finish(fresh, status=202, headers={"location": "/v1/jobs/1"}, body=b'{"job": 1}')
    clock.advance(seconds=KEPT.total_seconds() - 1)
    assert keys.begin(SCOPE, KEY, PRINT) == Replay(202, {"location": "/v1/jobs/1"}, b'{"job": 1}')
    clock.advance(seconds=2)
    claimed(keys)


def test_one_of_many_does_it(keys: IdempotencyKeys) -> None:
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: keys.begin(SCOPE, KEY, PRINT), range(16)))
    assert sum(isinstance(one, Fresh) for one in found) == 1
    assert sum(isinstance(one, InProgress) for one in found) == 15


def test_a_key_belongs_to_one_request_and_one_scope(keys: IdempotencyKeys) -> None:
    keys.finish(claimed(keys), status=200, headers={}, body=b"first")
    assert keys.begin(SCOPE, KEY, fingerprint_of("POST", "/v1/jobs", b"{} ")) == Conflict()
    claimed(keys, "credential:2")


def test_an_abandoned_key_can_be_used_again_and_a_finished_one_cannot(keys: IdempotencyKeys) -> None:
    keys.abandon(claimed(keys))
    fresh = claimed(keys)
    keys.finish(fresh, status=200, headers={}, body=b"done")
    keys.abandon(fresh)
    assert isinstance(keys.begin(SCOPE, KEY, PRINT), Replay)


def test_a_claim_whose_request_died_lapses_and_its_late_reply_is_not_kept(
    keys: IdempotencyKeys, clock: SettableClock
) -> None:
    dead = claimed(keys)
    clock.advance(seconds=CLAIM.total_seconds() + 1)
    second = claimed(keys)
    assert not keys.finish(dead, status=200, headers={}, body=b"late")
    assert keys.begin(SCOPE, KEY, PRINT) == InProgress()
    assert keys.finish(second, status=200, headers={}, body=b"second")


@pytest.mark.parametrize("body", [b"Ada Lovelace", b"x" * (LARGEST_BODY + 1)], ids=["identities", "large"])
def test_what_holds_identities_or_is_large_is_not_kept(
    sql_store: SqlGalleryStore, keys: IdempotencyKeys, body: bytes
) -> None:
    kept = keys.finish(claimed(keys), status=200, headers={"x-act": "1"}, body=body, identities=len(body) < 100)
    assert not kept
    assert keys.begin(SCOPE, KEY, PRINT) == Replay(200, {"x-act": "1"}, None)
    with sql_store.database.reading() as connection:
        assert connection.execute(select(kept_replies.c.sealed_body)).scalar_one() is None


def test_neither_key_nor_body_can_be_read_from_the_database(sql_store: SqlGalleryStore, keys: IdempotencyKeys) -> None:
    keys.finish(claimed(keys), status=200, headers={}, body=b"words of the reply")
    with sql_store.database.reading() as connection:
        row = connection.execute(select(kept_replies)).one()
    assert KEY not in str(row)
    assert b"words" not in bytes(row.sealed_body)


def test_a_reply_moved_to_another_scope_does_not_open(sql_store: SqlGalleryStore, keys: IdempotencyKeys) -> None:
    keys.finish(claimed(keys), status=200, headers={}, body=b"mine")
    with sql_store.database.writing() as connection:
        connection.execute(kept_replies.update().values(scope="credential:2"))
    assert keys.begin("credential:2", KEY, PRINT) == Replay(200, {}, None)


def test_after_another_master_key_the_reply_counts_as_not_kept(
    sql_store: SqlGalleryStore, keys: IdempotencyKeys, tmp_path: Path
) -> None:
    keys.finish(claimed(keys), status=200, headers={}, body=b"mine")
    sql_store.rotate_master_key(tmp_path / "new.key")
    assert keys.begin(SCOPE, KEY, PRINT) == Replay(200, {}, None)


def test_what_has_reached_its_end_is_deleted(keys: IdempotencyKeys, clock: SettableClock) -> None:
    keys.finish(claimed(keys), status=200, headers={}, body=b"")
    assert keys.forget_expired() == 0
    clock.advance(seconds=KEPT.total_seconds() + 1)
    assert keys.forget_expired() == 1
