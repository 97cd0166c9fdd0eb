"""How quick the console's lists of searches and reviews are when there are very many: milliseconds a page, over HTTP.

A ledger of ``ENTRIES`` made-up entries (searches of a fortnight, one in eight refused) and ``REVIEWS`` made-up reviews
in SQLite on disk, served as ``countenance serve`` serves it, and asked by one client on the same machine.
Each page is asked for ``TIMES`` times, the first one not counted. The reach is the project's: 300 ms at p95.

Run: ``python -m benchmarks.console_lists [FOLDER]``; the folder decides which disk is measured.
"""

from __future__ import annotations

import contextlib
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import insert
from tests.support.console_place import ConsolePlace
from tests.support.governed_place import CASES, SEARCHERS, case_id, governed_place

from countenance.storage.review_tables import review_votes, reviewers, reviews

ENTRIES, REVIEWS, TIMES, REACH_MS = 100_000, 100_000, 30, 300.0
_ENDED = ("released", "closed")


def run(folder: Path) -> dict[str, float]:
    """Measure, print and return page → p95 in milliseconds."""
    found: dict[str, float] = {}
    # Most acts have two entries.
    with governed_place(folder, acts=int(ENTRIES / 1.88)) as place:
        add_reviews(place)
        print(f"{place.parts.journal.size():,} entries, {REVIEWS:,} reviews")
        for role, paths in pages(place).items():
            with _client(place, role) as client:
                for path in paths:
                    found[f"{role} {path}"] = _p95(client, path)
    for page, p95 in found.items():
        print(f"{p95:7.1f} ms  {page}")
    print(f"slowest page: {max(found.values()):.1f} ms at p95; to reach: {REACH_MS:.0f} ms")
    return found


def pages(place: ConsolePlace) -> dict[str, list[str]]:
    """Return account → the pages to ask for: each filter, both ends of the list, a dossier."""
    day = (datetime.now(UTC) - timedelta(days=8)).date()
    outcomes = ("refused", "waiting", "released", "not_released", "candidates", "nobody", "no_result")
    searches = [
        "/searches", "/searches?after=120", f"/searches?after={ENTRIES // 2}", f"/searches?to={day}",
        f"/searches?from={day}&to={day}", f"/searches?case={case_id(CASES[0])}",
        f"/searches?case={case_id(CASES[0])}&outcome=no_result",
        *(f"/searches?outcome={word}" for word in outcomes), f"/searches/{1000:032x}", f"/searches/{1000:032x}/print",
    ]  # fmt: skip
    lists = [f"/reviews/all?show={word}" for word in ("late", "open", "agreed", "released", "closed")]
    middle = (datetime.now(UTC) - timedelta(days=300)).replace(microsecond=0).isoformat()
    after = f"after={middle.replace('+', '%2B')}.{'0' * 32}"
    return {
        "records": [*searches, *lists, f"/reviews/all?show=closed&{after}", "/reviews/reviewers"],
        "searcher": ["/searches", "/searches?outcome=refused", "/searches?outcome=released"],
        "reviewer": ["/reviews", f"/reviews?{after}", "/reviews/done"],
    }


def add_reviews(place: ConsolePlace, *, count: int = REVIEWS, seed: int = 2) -> None:
    """Store made-up reviews of two years, one in five under way, with a vote or two each; nobody's faces."""
    choose, parts = random.Random(seed), place.parts
    me, him = parts.reviews.person("reviewer"), parts.reviews.person("B. Searcher")
    ids = [parts.reviews.person(name) for name in SEARCHERS]
    start = datetime.now(UTC) - timedelta(days=730)
    rows: list[dict[str, Any]] = []
    votes: list[dict[str, Any]] = []
    for number in range(count):
        opened = start + timedelta(days=729) * (number / count)
        state = choose.choices(("open", "agreed", *_ENDED), (15, 5, 40, 40))[0]
        ended = state in _ENDED
        review_id = f"{choose.getrandbits(128):032x}"
        rows.append({
            "review_id": review_id, "act_id": f"{choose.getrandbits(128):032x}", "state": state,
            "gallery_id": "3c" * 16, "gallery": "shelter photos", "requester_id": choose.choice(ids), "standing": "{}",
            "threshold": "{}", "reviewers_needed": 2, "quorum": 2, "filler_seed": "5a" * 32,
            "wrapped_key": None if ended else b"0" * 60, "opened_at": _text(opened),
            "due_at": _text(opened + timedelta(days=1)),
            "ended_at": _text(opened + timedelta(hours=9)) if ended else None,
            "ended_by": None, "end_result": "none_chosen" if state == "closed" else state if ended else None,
            "end_entry_id": None,
        })  # fmt: skip
        voters = ([me] if choose.random() < 0.3 else []) + ([him] if ended else [])
        votes.extend({
            "review_id": review_id, "reviewer_id": voter, "vote_number": place, "voted_at": _text(opened),
            "entry_id": f"{choose.getrandbits(128):032x}", "none_of_these": True, "fillers_shown": 5,
            "fillers_chosen": choose.random() < 0.05, "late": False,
        } for place, voter in enumerate(voters, 1))  # fmt: skip
    with parts.store.transaction() as transaction:
        transaction.connection.execute(insert(reviews), rows)
        transaction.connection.execute(insert(review_votes), votes)
        transaction.connection.execute(
            insert(reviewers),
            [{
                "reviewer_id": me, "name": "reviewer", "trained_until": _text(datetime.now(UTC) + timedelta(days=90)),
                "attested_by": "R. Supervisor", "attested_at": _text(start),
            }],
        )  # fmt: skip


@contextlib.contextmanager
def _client(place: ConsolePlace, name: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=place.url, follow_redirects=True, timeout=60) as client:
        form = client.get("/sign-in").text
        token = form.partition('name="csrf" value="')[2].partition('"')[0]
        fields = {"csrf": token, "name": name, "password": place.passwords[name], "next": "/password"}
        assert client.post("/sign-in", data=fields).status_code == 200
        yield client


def _p95(client: httpx.Client, path: str) -> float:
    taken = []
    for number in range(TIMES + 1):
        started = time.perf_counter()
        answer = client.get(path)
        taken.append((time.perf_counter() - started) * 1000)
        assert answer.status_code == 200, (path, answer.status_code, answer.text[:2000])
        if number == 0:
            taken.pop()
    return statistics.quantiles(taken, n=20)[-1]


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        run(Path(sys.argv[1]))
    else:
        with tempfile.TemporaryDirectory() as made:
            run(Path(made))


__all__ = ["add_reviews", "case_id", "pages", "run"]
