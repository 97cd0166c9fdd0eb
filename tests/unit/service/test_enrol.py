"""Bulk enrolment, synthetic engine, store in memory: every photo has one outcome and nothing is stored twice."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from countenance.core.errors import FileUnreadable, GalleryNotFound, ListInvalid, ModelMismatch, StorageFull
from countenance.core.vocabulary import EnrolmentOutcome, EnrolmentStatus, NewReference
from countenance.service.enrol import BATCH, EnrolmentReport, enrol
from countenance.service.enrolment_steps import CropKeeper
from tests.support.admitted import admitted
from tests.support.made_up_templates import MADE_UP_MODEL, OTHER_MODEL
from tests.support.memory_store import MemoryStore
from tests.support.settable_clock import SettableClock
from tests.support.synthetic_engine import SyntheticEngine, synthetic_photo


@pytest.fixture
def store() -> MemoryStore:
    made = MemoryStore(SettableClock())
    made.create_gallery("staff", MADE_UP_MODEL, basis="test", retention_days=None)
    return made


def put(folder: Path, photos: dict[str, bytes]) -> Path:
    for name, data in photos.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return folder


def run(
    store: MemoryStore,
    source: Path,
    engine: SyntheticEngine | None = None,
    workers: int = 2,
    *,
    gallery: str = "staff",
    **more: Any,
) -> EnrolmentReport:
    return enrol(
        admitted("enrol", gallery),
        gallery,
        source,
        engine=engine or SyntheticEngine(),
        store=store,
        workers=workers,
        clock=SettableClock(),
        **more,
    )


def outcomes(report: EnrolmentReport) -> dict[str, tuple[str, str | None]]:
    return {item.source_name: (item.outcome.value, item.reason) for item in report.rejects}


def stored(store: MemoryStore) -> list[str]:
    return sorted(reference.source_name for reference in store.references("staff")[1])


def test_every_photo_has_one_outcome_and_every_reject_a_reason(store: MemoryStore, tmp_path: Path) -> None:
    source = put(
        tmp_path,
        {
            "anna/1.jpg": synthetic_photo("anna", variant="1"),
            "anna/2.jpg": synthetic_photo("anna", variant="2"),
            "anna/blank.jpg": synthetic_photo(),
            "bea/group.jpg": synthetic_photo("bea", "anna"),
            "bea/blurred.jpg": synthetic_photo("bea", blurred=True),
            "bea/damaged.jpg": b"damaged",
            "bea/same.jpg": synthetic_photo("anna", variant="1"),
            "bea/zero.jpg": b"",
        },
    )
    report = run(store, source)
    assert {status.value: count for status, count in report.counts.items()} == {
        "stored": 2, "duplicate": 1, "no_face": 1, "several_faces": 1, "low_quality": 1, "unreadable": 2,
    }  # fmt: skip
    assert report.photos == 8
    assert report.resumed == 0
    assert stored(store) == ["anna/1.jpg", "anna/2.jpg"]
    rejects = outcomes(report)
    assert rejects["anna/blank.jpg"] == ("no_face", "no face found")
    assert rejects["bea/group.jpg"] == ("several_faces", "2 faces: 90×90 px at (0, 20); 80×80 px at (100, 20)")
    assert rejects["bea/blurred.jpg"] == ("low_quality", "blurred: sharpness 3")
    assert rejects["bea/same.jpg"] == ("duplicate", "these bytes are enrolled already as anna")
    assert rejects["bea/damaged.jpg"][0] == rejects["bea/zero.jpg"][0] == "unreadable"


def test_files_that_cannot_be_read_are_rejects_not_the_end(store: MemoryStore, tmp_path: Path) -> None:
    (tmp_path / "people.csv").write_text("subject,file\nanna,missing.jpg\nbea,b.jpg\ncora,folder\n")
    put(tmp_path, {"b.jpg": synthetic_photo("bea"), "folder/x": b""})
    report = run(store, tmp_path / "people.csv")
    assert report.counts[EnrolmentStatus.STORED] == 1
    assert "no such file" in str(outcomes(report)["missing.jpg"][1])
    assert "directory" in str(outcomes(report)["folder"][1])
    assert all(item.sha256 is None for item in report.rejects)


def test_the_same_folder_again_stores_nothing_and_looks_at_nothing(store: MemoryStore, tmp_path: Path) -> None:
    source = put(tmp_path, {f"anna/{n}.jpg": synthetic_photo("anna", variant=str(n)) for n in range(5)})
    assert run(store, source).counts[EnrolmentStatus.STORED] == 5
    engine = SyntheticEngine()
    again = run(store, source, engine)
    assert again.counts[EnrolmentStatus.DUPLICATE] == 5
    assert engine.reads == 0
    assert len(stored(store)) == 5
    assert outcomes(again)["anna/0.jpg"][1] == "these bytes are enrolled already"


@pytest.mark.parametrize("workers", [1, 2, 7])
def test_the_outcome_does_not_depend_on_how_many_work_at_once(workers: int, store: MemoryStore, tmp_path: Path) -> None:
    photos = {f"p{n % 9}/{n:03}.jpg": synthetic_photo(f"p{n % 9}", variant=str(n % 40)) for n in range(100)}
    report = run(store, put(tmp_path, photos), workers=workers)
    assert report.counts[EnrolmentStatus.STORED] == len(set(photos.values()))
    assert report.photos == 100
    # Of equal bytes the first by name is the one that stays.
    first = {}
    for name in sorted(photos):
        first.setdefault(photos[name], name)
    assert stored(store) == sorted(first.values())


class FullAt(MemoryStore):
    """A store whose disk is full from a given batch on."""

    def __init__(self, batches: int) -> None:
        super().__init__(SettableClock())
        self.batches_left = batches

    def record_batch(
        self,
        run_id: str,
        references: Sequence[NewReference],
        outcomes: Sequence[EnrolmentOutcome],
        *,
        transaction: object = None,
    ) -> tuple[EnrolmentOutcome, ...]:
        if self.batches_left == 0:
            raise StorageFull("The disk is full.")
        self.batches_left -= 1
        return super().record_batch(run_id, references, outcomes)


def test_an_interrupted_run_goes_on_and_counts_as_one(tmp_path: Path) -> None:
    photos = {f"p{n % 9}/{n:03}.jpg": synthetic_photo(*[f"p{n % 9}"] * (n % 5 > 0), note=str(n)) for n in range(100)}
    source = put(tmp_path, photos)
    store = FullAt(2)
    store.create_gallery("staff", MADE_UP_MODEL, basis="test", retention_days=None)
    with pytest.raises(StorageFull):
        run(store, source)
    store.batches_left = 100
    engine = SyntheticEngine()
    report = run(store, source, engine)
    assert report.resumed == 2 * BATCH
    assert engine.reads == 100 - 2 * BATCH
    assert report.counts[EnrolmentStatus.NO_FACE] == 20
    assert report.counts[EnrolmentStatus.STORED] == 80
    assert len(report.rejects) == 20


def test_a_report_that_could_not_be_kept_is_given_again(store: MemoryStore, tmp_path: Path) -> None:
    source = put(tmp_path, {"anna/1.jpg": synthetic_photo("anna"), "anna/2.jpg": synthetic_photo()})

    def fail(_: EnrolmentReport) -> None:
        raise FileUnreadable("The list of rejects cannot be written.")

    with pytest.raises(FileUnreadable):
        enrol(
            admitted("enrol", "staff"),
            "staff",
            source,
            clock=SettableClock(),
            engine=SyntheticEngine(),
            store=store,
            workers=1,
            keep=fail,
        )
    kept: list[EnrolmentReport] = []
    again = enrol(
        admitted("enrol", "staff"),
        "staff",
        source,
        clock=SettableClock(),
        engine=SyntheticEngine(),
        store=store,
        workers=1,
        keep=kept.append,
    )
    assert kept == [again]
    assert (again.counts[EnrolmentStatus.STORED], again.counts[EnrolmentStatus.NO_FACE]) == (1, 1)
    assert run(store, source).counts[EnrolmentStatus.DUPLICATE] == 1


def test_progress_tells_how_far_it_is_and_ends_at_the_end(store: MemoryStore, tmp_path: Path) -> None:
    source = put(tmp_path, {f"anna/{n:03}.jpg": synthetic_photo("anna", note=str(n)) for n in range(BATCH + 5)})
    said: list[tuple[int, int, int]] = []

    def progress(done: int, total: int, counts: Counter[EnrolmentStatus]) -> None:
        said.append((done, total, sum(counts.values())))

    enrol(
        admitted("enrol", "staff"),
        "staff",
        source,
        clock=SettableClock(),
        engine=SyntheticEngine(),
        store=store,
        workers=2,
        progress=progress,
    )
    total = BATCH + 5
    assert said == [(0, total, 0), (BATCH, total, BATCH), (total, total, total)]


def test_what_makes_a_run_impossible_is_raised_before_anything_is_stored(store: MemoryStore, tmp_path: Path) -> None:
    source = put(tmp_path / "in", {"anna/1.jpg": synthetic_photo("anna")})
    with pytest.raises(GalleryNotFound):
        enrol(
            admitted("enrol", "nobody"),
            "nobody",
            source,
            clock=SettableClock(),
            engine=SyntheticEngine(),
            store=store,
            workers=1,
        )
    with pytest.raises(ModelMismatch, match=r"staff holds templates of made-up@.*not other@"):
        run(store, source, SyntheticEngine(OTHER_MODEL))
    with pytest.raises(FileUnreadable):
        run(store, tmp_path / "missing")
    (tmp_path / "empty").mkdir()
    with pytest.raises(ListInvalid):
        run(store, tmp_path / "empty")
    assert stored(store) == []


def test_the_list_of_rejects_is_csv_that_reads_back(store: MemoryStore, tmp_path: Path) -> None:
    source = put(tmp_path, {'anna/a, "b".jpg': b"damaged", "anna/ok.jpg": synthetic_photo("anna")})
    rows = list(csv.DictReader(io.StringIO(run(store, source).rejects_csv())))
    assert [(row["file"], row["subject"], row["outcome"]) for row in rows] == [
        ('anna/a, "b".jpg', "anna", "unreadable")
    ]
    assert len(rows[0]["sha256"]) == 64


class KeptCrops:
    """Keeps pictures in a list, or fails."""

    def __init__(self, *, fails: bool = False) -> None:
        self.fails = fails
        self.kept: list[tuple[str, str, bytes]] = []

    def keep_crops(self, gallery: str, crops: Sequence[tuple[str, str, bytes]], *, transaction: object) -> None:
        assert (gallery, transaction is None) == ("staff", False)
        if self.fails and crops:
            raise StorageFull("no space")
        self.kept += crops


def crop_keeper(store: KeptCrops) -> CropKeeper:
    return CropKeeper(lambda data, face: SyntheticEngine().picture(data, face, side_px=9), store)


def test_a_picture_is_kept_of_every_face_that_is_stored_and_of_no_other(store: MemoryStore, tmp_path: Path) -> None:
    photos = {
        "ada/1.jpg": synthetic_photo("ada"),
        "ada/same.jpg": synthetic_photo("ada"),
        "bob/2.jpg": synthetic_photo("bob", "cleo"),
        "cleo/3.jpg": synthetic_photo("cleo", blurred=True),
    }
    crops = KeptCrops()
    report = run(store, put(tmp_path, photos), crops=crop_keeper(crops))
    assert report.counts[EnrolmentStatus.STORED] == 1
    assert crops.kept == [("ada", next(iter(store.known_photos("staff"))), b"picture of ada, 9 px")]
    # The same folder again: everything is known, and no picture is made a second time.
    run(store, tmp_path, crops=crop_keeper(crops))
    assert len(crops.kept) == 1


def test_what_cannot_keep_its_picture_fails_as_a_whole(store: MemoryStore, tmp_path: Path) -> None:
    with pytest.raises(StorageFull):
        run(store, put(tmp_path, {"ada/1.jpg": synthetic_photo("ada")}), crops=crop_keeper(KeptCrops(fails=True)))
