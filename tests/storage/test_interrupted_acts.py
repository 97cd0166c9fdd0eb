"""A process that dies in the middle of an act: the next start says so, and a full disk at the intent stops the act."""

from __future__ import annotations

import multiprocessing
import os
import signal
from pathlib import Path

import pytest

from countenance.bootstrap.accountability import accountable
from countenance.bootstrap.application import Application
from countenance.core.errors import StorageFull
from countenance.ledger.kinds import EntryKind
from countenance.service import acts
from countenance.service.admission import OngoingAct, Outcome
from countenance.service.journal_port import EntryFilter
from countenance.settings import Settings


def application(folder: Path) -> Application:
    return Application(Settings(data_dir=folder / "data", cache_dir=folder / "cache"))


def perform(folder: Path, *, die: bool) -> str:
    """Do an act; with ``die``, be killed in the middle of it."""

    def run(act: OngoingAct) -> str:
        if die:
            os.kill(os.getpid(), signal.SIGKILL)
        return act.act_id

    with accountable(application(folder), interface="cli") as parts:
        return parts.accountability.perform(
            acts.detection(), parts.standing(), run, lambda _: Outcome("faces", {"faces_found": 1})
        ).value


def kinds(folder: Path) -> list[str]:
    with accountable(application(folder), interface="cli") as parts:
        acted = (EntryKind.ACT_INTENDED, EntryKind.ACT_COMPLETED, EntryKind.ACT_INTERRUPTED)
        return [entry.kind for entry in parts.journal.entries(EntryFilter(kinds=acted), from_index=0)]


def test_an_act_that_died_in_the_middle_is_recorded_at_the_next_start(tmp_path: Path) -> None:
    done = perform(tmp_path, die=False)
    context = multiprocessing.get_context("spawn")
    process = context.Process(target=perform, args=(tmp_path,), kwargs={"die": True})
    process.start()
    process.join(60)
    assert process.exitcode == -signal.SIGKILL
    assert kinds(tmp_path) == ["act_intended", "act_completed", "act_intended", "act_interrupted"]
    # Once, and not again at the start after.
    assert kinds(tmp_path).count("act_interrupted") == 1
    with accountable(application(tmp_path), interface="cli") as parts:
        (interrupted,) = parts.journal.entries(EntryFilter(kinds=(EntryKind.ACT_INTERRUPTED,)))
        assert interrupted.fields["act_id"] != done


def test_a_full_disk_at_the_intent_stops_the_act(tmp_path: Path) -> None:
    perform(tmp_path, die=False)
    with accountable(application(tmp_path), interface="cli") as parts:
        standing = parts.standing()
        # SQLite's own limit on pages stands in for the end of the disk.
        with parts.store.database.reading() as connection:
            pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
            connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
        reached: list[str] = []

        def until_full() -> None:
            # Free pages inside the file last for a few acts.
            for _ in range(50):
                reached.clear()
                parts.accountability.perform(
                    acts.detection(), standing, lambda act: reached.append(act.act_id), lambda _: Outcome("faces", {})
                )

        with pytest.raises(StorageFull):
            until_full()
        begun = parts.journal.entries(EntryFilter(kinds=(EntryKind.ACT_INTENDED,)), limit=1000)
        # Nothing was reached whose intent is not in the ledger, wherever the disk was full.
        assert set(reached) <= {entry.fields["act_id"] for entry in begun}
