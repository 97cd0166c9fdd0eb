"""A served console over a real database whose ledger holds made-up acts of a fortnight; no model is loaded."""

from __future__ import annotations

import contextlib
import hashlib
import random
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from countenance.bootstrap.account_parts import open_demonstration_accounts
from countenance.bootstrap.accountability import AccountableParts, accountable, now
from countenance.bootstrap.application import Application, load_settings
from countenance.bootstrap.console import console
from countenance.bootstrap.serving import new_uuid
from countenance.ledger.kinds import EntryKind
from countenance.service.account_port import Role
from countenance.service.galleries import GallerySource
from countenance.service.standing import operator_id
from countenance.web.app import create_app
from countenance.web.context import WebContext
from countenance.web.observation import Metrics
from countenance.web.rate_limits import RateLimits
from countenance.web.work_pool import WorkPool
from tests.support.console_place import ConsolePlace
from tests.support.report_samples import INTENT, REFUSAL, outcome_fields
from tests.support.serving import served

#: Acts written in one transaction where there are many of them; fewer are written one by one, as they would be.
ONE_TRANSACTION = 1_000
#: Who searched; nobody is meant by them.
SEARCHERS = ("A. Searcher", "B. Searcher", "C. Searcher", "searcher")
ATTESTER, GALLERY = "R. Supervisor", "shelter photos"
CASES = ("26-0417", "26-0533", "26-0611")


class Governed:
    """The service of a console place, as far as tests look at it."""

    def __init__(self, parts: AccountableParts, app: Any) -> None:
        self.parts = parts
        self.app = app


@contextlib.contextmanager
def governed_place(folder: Path, *, acts: int = 120, fill: bool = True, **settings: Any) -> Iterator[ConsolePlace]:
    """Yield a served console with an account a role, named for it, and a ledger with acts until yesterday.

    Args:
        folder: The data folder.
        acts: How many acts are made up, two entries most of them.
        fill: False finds the ledger of an earlier place in the folder.
        **settings: Of the application.
    """
    app = Application(load_settings(data_dir=folder, database_url="", key_file="", **settings))
    with accountable(app, interface="console") as parts:
        if fill:
            write_acts(parts, acts)
            for name in (*SEARCHERS[:3], ATTESTER):
                parts.accounts.add(name, (Role.REVIEWER,), by=parts.standing())
        made = open_demonstration_accounts(parts, tuple(Role))
        work, desk = WorkPool("work", workers=2, queue=8), WorkPool("desk", workers=8, queue=64)
        context = WebContext(
            cases=parts.case_book,
            work=work,
            desk=desk,
            limits=RateLimits(per_second=0, burst=1, monotonic=time.monotonic),
            metrics=Metrics((work, desk)),
            clock=now,
            new_uuid=new_uuid,
            ready=lambda: None,
            refused=parts.refused,
        )
        made_console = console(context, parts)
        web = create_app(
            context, version="test", routers=made_console.routers, unmatched={"/": made_console.shell.unmatched}
        )
        try:
            with served(web) as url:
                service: Any = Governed(parts, web)
                yield ConsolePlace(url, service, {name: password for name, _, password in made})
        finally:
            context.close()


def write_acts(parts: AccountableParts, acts: int, *, days: int = 14, seed: int = 1) -> None:
    """Write made-up searches of some days, ending yesterday, into the ledger."""
    choose = random.Random(seed)
    parts.create_gallery(
        GALLERY, parts.standing(), basis="photos of people in shelters, with their consent",
        source=GallerySource.MISSING_PERSONS, retention_days=90,
    )  # fmt: skip
    gallery = parts.subjects.gallery_ids()[GALLERY]
    ids = {name: operator_id(name, parts.journal.keyed_digest) for name in (*SEARCHERS, ATTESTER)}
    people: dict[str, dict[str, Any]] = {
        name: {"operator_id": ids[name], "attester_id": ids[ATTESTER]} for name in SEARCHERS
    }
    store, real = parts.store, parts.store._clock
    start, step = datetime.now(UTC) - timedelta(days=days), timedelta(days=days - 1) / max(acts, 1)
    try:
        _cases(parts, ids, start)
        for first in range(0, acts, ONE_TRANSACTION):
            last = min(first + ONE_TRANSACTION, acts)
            made = [_act(number, choose, people, gallery, start + step * number) for number in range(first, last)]
            if acts > ONE_TRANSACTION:
                store._clock = _at(start + step * last)
                parts.journal.record_many([entry for act in made for entry in act])
                continue
            for number, act in enumerate(made):
                store._clock = _at(start + step * number)
                _record(parts, act)
    finally:
        store._clock = real


def _at(moment: datetime) -> Callable[[], datetime]:
    return lambda: moment


def _record(parts: AccountableParts, act: list[tuple[EntryKind, dict[str, Any]]]) -> None:
    (kind, asked), *ended = act
    if kind == EntryKind.ACT_DENIED:
        parts.journal.record(kind, asked)
        return
    parts.journal.begin_act(asked["act_id"], asked)
    for _, outcome in ended:
        parts.journal.finish_act(asked["act_id"], outcome)


def case_id(number: str) -> str:
    """Return the identifier of a made-up case."""
    return hashlib.sha256(number.encode()).hexdigest()[:32]


def _cases(parts: AccountableParts, ids: dict[str, str], start: datetime) -> None:
    parts.store._clock = lambda: start
    for number, text in zip(CASES, ("Girl of nine, last seen at the ferry landing.", "investigation", "Man, 71"),
                            strict=True):  # fmt: skip
        fields: dict[str, Any] = {
            "case_id": case_id(number), "operator_id": ids["A. Searcher"], "actor_sector": "us_public_agency",
            "purpose": "missing_person", "purpose_text": text, "case_number": number, "jurisdictions": ("US-OH",),
            "attester_id": ids[ATTESTER], "attested_claims": ("actor_sector", "purpose"),
            "expires_at": "2036-01-01T00:00:00.000000Z", "case_list_checked": number != CASES[2],
        }  # fmt: skip
        parts.journal.record(EntryKind.CASE_OPENED, fields)


def _act(
    number: int, choose: random.Random, people: dict[str, dict[str, Any]], gallery: str, at: datetime
) -> list[tuple[EntryKind, dict[str, Any]]]:
    who = choose.choices(SEARCHERS, (5, 2, 2, 1))[0]
    case = choose.choice(CASES)
    common = {
        **people[who], "act_id": f"{number + 1:032x}", "gallery_ids": (gallery,), "case_id": case_id(case),
        "case_number": case, "interface": "console",
    }  # fmt: skip
    if choose.random() < 0.12:
        return [(EntryKind.ACT_DENIED, {**REFUSAL, **common})]
    intent = (EntryKind.ACT_INTENDED, {**INTENT, **common})
    result = choose.choices(("nobody", "candidates", "no_face"), (6, 3, 1))[0]
    # The intent's own identifier is not known before it is written: another entry of 32 digits stands for it.
    outcome = {**outcome_fields(result, at), "act_id": common["act_id"], "intent_entry_id": f"{number + 1:032x}"}
    return [intent, (EntryKind.ACT_COMPLETED, outcome)]


__all__ = ["CASES", "GALLERY", "Governed", "case_id", "governed_place", "write_acts"]
