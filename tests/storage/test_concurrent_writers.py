"""Several threads and processes at once: nothing is stored twice, and no reader sees half of anything."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

from countenance.core.errors import GalleryExists
from countenance.core.vocabulary import EnrolmentStatus
from tests.storage.conftest import StorePlace
from tests.storage.writer_process import Job, start
from tests.support.made_up_templates import MADE_UP_MODEL, made_up_reference, stored_outcome

PROCESSES = 3
THREADS = 6
BATCH = 7


def test_processes_that_enrol_the_same_photos_at_once_store_them_once(place: StorePlace) -> None:
    store = place.open()
    store.create_gallery("staff", MADE_UP_MODEL, basis="test", retention_days=None)
    run_id = store.begin_run("staff", "folder").run_id
    job = Job(place.url, str(place.key_file), batches=5, batch_size=10, subject="ada", waits=True)
    processes = [start(job) for _ in range(PROCESSES)]
    for _ in ("open", "write"):
        for process in processes:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
        for process in processes:
            assert process.stdin is not None
            process.stdin.write("go\n")
            process.stdin.flush()
    for process in processes:
        process.communicate()
        assert process.returncode == 0
    summary = store.gallery("staff")
    assert (summary.subjects, summary.references, summary.revision) == (1, 50, 5)
    assert [outcome.outcome for outcome in store.outcomes(run_id)] == [EnrolmentStatus.STORED] * 50


def test_threads_that_enrol_the_same_photo_at_once_store_it_once(place: StorePlace) -> None:
    store = place.open()
    store.create_gallery("staff", MADE_UP_MODEL, basis="test", retention_days=None)
    run_ids = [store.begin_run("staff", f"folder {number}").run_id for number in range(THREADS)]
    reference = made_up_reference(1, "ada")
    together = threading.Barrier(THREADS)

    def enrol(run_id: str) -> EnrolmentStatus:
        together.wait()
        return store.record_batch(run_id, [reference], [stored_outcome(reference)])[0].outcome

    with ThreadPoolExecutor(THREADS) as pool:
        outcomes = list(pool.map(enrol, run_ids))
    assert sorted(outcomes) == [EnrolmentStatus.DUPLICATE] * (THREADS - 1) + [EnrolmentStatus.STORED]
    assert store.gallery("staff").references == 1


def test_a_snapshot_taken_while_others_write_is_of_one_revision(place: StorePlace) -> None:
    """Each revision adds one batch, so a snapshot's revision says how many references it has to hold."""
    writer, reader = place.open(), place.open()
    writer.create_gallery("staff", MADE_UP_MODEL, basis="test", retention_days=None)
    written = threading.Event()

    def write() -> None:
        try:
            for start_at in range(0, 40 * BATCH, BATCH):
                writer.add_references(
                    "staff", [made_up_reference(number) for number in range(start_at, start_at + BATCH)]
                )
        finally:
            written.set()

    seen = []
    with ThreadPoolExecutor(1) as pool:
        writing = pool.submit(write)
        while not written.is_set():
            revision, references = reader.references("staff")
            seen.append((revision, sum(1 for _ in references)))
        writing.result()
    assert all(count == revision * BATCH for revision, count in seen)
    assert [revision for revision, _ in seen] == sorted(revision for revision, _ in seen)
    assert reader.gallery("staff").references == 40 * BATCH


def test_galleries_made_at_once_under_one_name_are_one(place: StorePlace) -> None:
    store = place.open()
    together = threading.Barrier(THREADS)

    def make(_: int) -> bool:
        together.wait()
        try:
            store.create_gallery("staff", MADE_UP_MODEL, basis="test", retention_days=None)
        except GalleryExists:
            return False
        return True

    with ThreadPoolExecutor(THREADS) as pool:
        assert sum(pool.map(make, range(THREADS))) == 1
    assert len(store.list_galleries()) == 1


def test_clean_ups_and_writers_at_once_do_not_block_each_other_for_good(place: StorePlace) -> None:
    store = place.open()
    names = [f"gallery {number}" for number in range(4)]
    for name in names:
        store.create_gallery(name, MADE_UP_MODEL, basis="test", retention_days=1)
        store.add_references(name, [made_up_reference(number) for number in range(10)])
    place.clock.advance(days=2)
    together = threading.Barrier(THREADS)

    def act(number: int) -> int:
        together.wait()
        if number % 2:
            return store.expire(place.clock.now)
        store.add_references(names[number % 4], [made_up_reference(100)])
        return 0

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(act, range(THREADS)))
    store.expire(place.clock.now)
    assert sorted(summary.references for summary in store.list_galleries()) == [0, 0, 1, 1]
