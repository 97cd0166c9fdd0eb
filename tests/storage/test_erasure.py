"""Erasing people over real databases: gone, recorded, looked for again, signed; in reviews and backups too."""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import select, text

from countenance.bootstrap.accountability import AccountableParts
from countenance.bootstrap.subjects import subject_erasure
from countenance.core.errors import GalleryNotFound, LedgerError, ReviewUndecided, TemplateUnsealFailed
from countenance.core.vocabulary import NewReference
from countenance.ledger.kinds import EntryKind
from countenance.service.erasure import Erasure, ErasureRequest
from countenance.service.erasure_proof import ErasureProof
from countenance.service.erasure_receipt import verify_receipt
from countenance.service.journal import LedgerJournal
from countenance.service.master_keys import rotate_master_key
from countenance.storage.raw_scan import scan
from countenance.storage.store import SqlGalleryStore, open_store
from countenance.storage.subject_store import SqlSubjectStore
from countenance.storage.tables import stored_references, subject_keys
from tests.storage.conftest import StorePlace
from tests.support.review_place import FIRST, GALLERY, REQUESTER, SECOND, ReviewPlace
from tests.support.settable_clock import SettableClock
from tests.support.synthetic_engine import synthetic_template

Made = Callable[..., ReviewPlace]


@pytest.fixture
def made(place: StorePlace, tmp_path: Path, clock: SettableClock, monkeypatch: pytest.MonkeyPatch) -> Made:
    def make(reviewers: int = 2) -> ReviewPlace:
        return ReviewPlace.made(place.open(), place.url, tmp_path / "data", clock, monkeypatch, reviewers=reviewers)

    (tmp_path / "data").mkdir()
    return make


def erase(place: ReviewPlace, name: str, gallery: str | None = None) -> Erasure:
    standing = place.parts.standing({"jurisdictions": ("US-OH",)})
    return subject_erasure(place.parts).erase(ErasureRequest(name, gallery, place.clock()), standing)


def erasures(place: ReviewPlace) -> list[dict[str, object]]:
    return [dict(entry.fields) for entry in place.entries() if entry.kind == EntryKind.ERASURE]


def sealed_values(store: SqlGalleryStore, name: str) -> list[bytes]:
    held = SqlSubjectStore(store).find(name, None)
    ids = [subject_id for one in held for subject_id in one.subject_ids]
    with store.database.reading() as connection:
        templates = select(stored_references.c.sealed_template).where(stored_references.c.subject_id.in_(ids))
        keys = select(subject_keys.c.wrapped_key).where(subject_keys.c.subject_id.in_(ids))
        return [bytes(value) for statement in (templates, keys) for value in connection.execute(statement).scalars()]


def count(store: SqlGalleryStore, table: str, where: str = "1 = 1") -> int:
    with store.database.reading() as connection:
        return int(connection.execute(text(f"SELECT count(*) FROM {table} WHERE {where}")).scalar_one())  # noqa: S608


def test_a_person_goes_whole_and_is_looked_for_again(made: Made) -> None:
    place = made()
    before = {table: count(place.store, table) for table in ("subjects", "subject_keys", "stored_references")}
    assert count(place.store, "reference_crops") == before["stored_references"]
    done = erase(place, "p03")
    (here,) = done.erased
    assert (here.references, here.pictures, here.keys, here.bookkeeping) == (1, 1, 1, 1)
    for table, number in before.items():
        assert count(place.store, table) == number - 1
    assert count(place.store, "enrolment_outcomes", "subject = 'p03'") == 0
    assert done.proof is not None
    (searched,) = done.proof.searched
    assert (searched.gallery, searched.references, searched.erased_found, searched.same_picture) == (GALLERY, 13, 0, 0)
    assert done.proof.holds
    first, second = erasures(place)
    assert (first["result"], first["references"], first["keys_destroyed"], first["searched_again"]) == (
        "erased", 1, 1, False,
    )  # fmt: skip
    assert (second["result"], second["searched_again"], second["found_again"]) == ("looked_again", True, 0)
    assert first["act_id"] == second["act_id"] == done.act_id
    assert done.receipt is not None
    assert second["receipt_digest"] == done.receipt.sha256
    assert place.app.ledger(place.store).verify([], []).verified


def test_nobody_can_link_the_entries_to_the_person_afterwards(made: Made) -> None:
    place = made()
    digest = place.parts.journal.subject_digests(GALLERY, ["p03"])
    erase(place, "p03")
    (entry,) = [fields for fields in erasures(place) if fields["result"] == "erased"]
    assert entry["subject_digests"] == digest
    assert place.parts.journal.subject_digests(GALLERY, ["p03"]) != digest


def test_the_receipt_is_verified_with_the_ledgers_key_and_with_nothing_else(made: Made) -> None:
    place = made()
    done = erase(place, "p03")
    assert done.receipt is not None
    key = str(place.app.ledger(place.store).custody.verifier_keys()[-1])
    assert verify_receipt(done.receipt.document, [key]).verified
    assert "kin" in done.receipt.document.decode()
    stranger = "example.org/other+" + key.split("+", 1)[1]
    with pytest.raises(LedgerError):
        verify_receipt(done.receipt.document, [stranger])


def test_erasing_again_and_erasing_a_stranger_are_answered_and_recorded(made: Made) -> None:
    place = made()
    erase(place, "p03")
    for name in ("p03", "nobody"):
        done = erase(place, name, GALLERY)
        assert (done.erased, done.proof, done.receipt, done.looked_in) == ((), None, None, (GALLERY,))
        assert erasures(place)[-1] == {
            "act_id": done.act_id,
            "operator_id": place.parts.standing().operator_id,
            "request_received_at": erasures(place)[-1]["request_received_at"],
            "result": "not_held",
            "gallery_id": place.parts.policies.gallery_facts(GALLERY).gallery_id,
            "references": 0,
            "keys_destroyed": 0,
            "searched_again": False,
        }
    with pytest.raises(GalleryNotFound):
        erase(place, "p03", "elsewhere")


def test_the_same_picture_under_another_name_and_in_another_gallery_is_counted_not_named(made: Made) -> None:
    place = made()
    model = place.app.manifest.identity
    twin = NewReference("somebody else", synthetic_template("p03", model=model), "f" * 64, "x.jpg")
    place.store.create_gallery("other", model, basis="test", retention_days=None)
    place.store.add_references("other", [twin])
    done = erase(place, "p03", GALLERY)
    assert done.proof is not None
    found = {one.gallery: one for one in done.proof.searched}
    missed = {one.gallery: one.reason for one in done.proof.not_searched}
    # Nobody has stated where the other gallery's photos come from: the rules may refuse to search it, and it is said.
    assert set(found) | set(missed) == {GALLERY, "other"}
    if "other" in found:
        assert (found["other"].erased_found, found["other"].same_picture) == (0, 1)
    assert done.receipt is not None
    assert "somebody else" not in done.receipt.document.decode()


def test_a_search_the_rules_refuse_is_not_made_and_the_erasure_stands(made: Made) -> None:
    place = made()
    police = {"actor_sector": "us_local_police", "jurisdictions": ("US-OH",)}
    standing = place.parts.standing(police)
    done = subject_erasure(place.parts).erase(ErasureRequest("p03"), standing)
    assert done.erased[0].references == 1
    assert done.proof is not None
    assert done.proof.searched == ()
    assert "refuse" in done.proof.not_searched[0].reason
    assert place.parts.journal.entry(done.proof.not_searched[0].entry_id).kind == EntryKind.ACT_DENIED
    assert erasures(place)[-1]["searched_again"] is False


def test_a_proof_that_finds_somebody_says_so(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    place = made()
    # An erasure that deletes nothing: what looking again is there to notice.
    monkeypatch.setattr("countenance.storage.erasure.erase", lambda *_, **__: __import__(
        "countenance.storage.erasure", fromlist=["Erased"]).Erased())  # fmt: skip
    done = erase(place, "p03")
    assert done.proof is not None
    assert not done.proof.holds
    assert done.proof.found_again == 1
    assert done.proof.rows_left > 0


def test_nothing_is_erased_if_it_cannot_be_recorded(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    place = made()
    before = count(place.store, "stored_references")

    def fail(*_: object, **__: object) -> None:
        raise LedgerError("the disk of the ledger is gone")

    monkeypatch.setattr(LedgerJournal, "record_many", fail)
    with pytest.raises(LedgerError, match="gone"):
        erase(place, "p03")
    monkeypatch.undo()
    assert count(place.store, "stored_references") == before
    assert erasures(place) == []


def test_what_fails_after_the_erasure_says_that_the_erasure_is_done(
    made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = made()

    def fail(*_: object) -> None:
        raise LedgerError("no proof today")

    monkeypatch.setattr(ErasureProof, "look", fail)
    with pytest.raises(LedgerError, match="no proof") as raised:
        erase(place, "p03")
    assert "erasure itself is done" in raised.value.__notes__[0]
    assert [fields["result"] for fields in erasures(place)] == ["erased"]


def test_the_database_file_holds_nothing_of_the_erased_and_keeps_the_others(
    sqlite_place: StorePlace, tmp_path: Path, clock: SettableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "data").mkdir()
    place = ReviewPlace.made(sqlite_place.open(), sqlite_place.url, tmp_path / "data", clock, monkeypatch)
    gone, others = sealed_values(place.store, "p03"), sealed_values(place.store, "p04")
    file = Path(place.store.database.location)
    place.store.database.scrub()
    assert scan([file], gone)[0] == len(gone) == 2
    done = erase(place, "p03")
    assert done.proof is not None
    assert (done.proof.files.found, done.proof.files.log_emptied) == (0, True)
    assert done.proof.files.bytes_read == file.stat().st_size
    files = [file, Path(f"{file}-wal")]
    assert scan(files, gone)[0] == 0
    assert scan(files, others)[0] == len(others)


def test_a_file_that_still_holds_something_is_noticed(sqlite_place: StorePlace) -> None:
    store = sqlite_place.open()
    secret = bytes(range(200, 256)) * 3
    with store.transaction() as current:
        current.connection.execute(text("CREATE TABLE leftover (value BLOB)"))
        current.connection.execute(text("INSERT INTO leftover VALUES (:value)"), {"value": secret})
    assert SqlSubjectStore(store).search_files([secret, b"not there at all, sixteen bytes"]).found == 1


def test_a_backup_opens_with_the_old_master_key_only_and_the_rotation_is_recorded(
    sqlite_place: StorePlace, tmp_path: Path, clock: SettableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "data").mkdir()
    place = ReviewPlace.made(sqlite_place.open(), sqlite_place.url, tmp_path / "data", clock, monkeypatch)
    place.store.database.scrub()
    backup = tmp_path / "backup.db"
    shutil.copy(place.store.database.location, backup)
    erase(place, "p03")
    new_key = tmp_path / "new.key"
    done = rotate_master_key(
        new_key, store=place.store, journal=place.parts.journal, standing=place.parts.standing(), reason="erasures"
    )
    entry = place.parts.journal.entry(done.entry_id)
    assert entry.kind == EntryKind.MASTER_KEY_CHANGED
    assert (entry.fields["key_after"], entry.fields["subject_keys"]) == (place.store.master_key.key_id, 13)
    # With the new key the backup does not open; with the old one, as long as that exists, it does.
    with pytest.raises(TemplateUnsealFailed):
        open_store(f"sqlite:///{backup}", new_key, clock)
    old = open_store(f"sqlite:///{backup}", sqlite_place.key_file, clock)
    assert "p03" in {reference.subject for reference in old.references(GALLERY)[1]}
    old.close()
    assert len(list(place.store.references(GALLERY)[1])) == 13


def test_a_candidate_under_review_is_neither_shown_nor_released_any_more(made: Made) -> None:
    place = made()
    review_id = place.held("p03")
    place.vote(review_id, FIRST, "p03")
    assert place.vote(review_id, SECOND, "p03").state == "agreed"
    other = place.held("p04")
    done = erase(place, "p03")
    assert done.erased[0].reviews >= 1
    recorded = erasures(place)[0]["review_ids"]
    assert isinstance(recorded, tuple)
    assert review_id in recorded
    with pytest.raises(ReviewUndecided):
        place.parts.release(review_id, REQUESTER)
    candidates = [item for item in place.items(review_id) if item.candidate_rank is not None]
    assert [item.similarity for item in candidates] == [None]
    assert "p03" not in place.look(other, FIRST).values()
    assert "p04" in place.look(other, FIRST).values()


def test_erasing_while_somebody_enrols_the_same_person_leaves_no_half(made: Made, place: StorePlace) -> None:
    here = made()
    model = here.app.manifest.identity
    stop, failed = threading.Event(), []

    def enrol() -> None:
        number = 0
        store = place.open()
        # A pause, or SQLite's one writer's lock would never be free for long enough for anybody else.
        while not stop.wait(0.02) and number < 500:
            number += 1
            new = NewReference("p03", synthetic_template("p03", str(number), model), f"{number:064x}", f"{number}.jpg")
            try:
                store.add_references(GALLERY, [new])
            except Exception as error:  # noqa: BLE001 - shown below
                failed.append(error)
                return

    thread = threading.Thread(target=enrol)
    thread.start()
    try:
        removed = [erase(here, "p03") for _ in range(6)]
    finally:
        stop.set()
        thread.join()
    assert failed == []
    assert sum(bool(one.erased) for one in removed) >= 2
    for one in removed:
        assert one.proof is None or (one.proof.found_again, one.proof.rows_left) == (0, 0)
    last = erase(here, "p03")
    assert "p03" not in {reference.subject for reference in here.store.references(GALLERY)[1]}
    told = sum(int(str(fields["references"])) for fields in erasures(here))
    assert told == sum(one.references for each in (*removed, last) for one in each.erased)


def test_a_user_of_a_collection_goes_with_all_their_faces_and_kept_answers(made: Made) -> None:
    place = made()
    from countenance.storage.collection_face_rows import FaceRow
    from countenance.storage.collection_store import SqlCollectionStore

    collections = SqlCollectionStore(place.store, "rekognition")
    model = place.app.manifest.identity
    faces = [
        (FaceRow(f"face-{number}", "image", f"{number:064x}", external, 1, (0.0, 0.0, 1.0, 1.0), 0.9),
         synthetic_template(f"q{number}", model=model))
        for number, external in enumerate(("ada.jpg", "ada.jpg", "bob.jpg"))
    ]  # fmt: skip
    with collections.transaction() as current:
        place.store.create_gallery("staff", model, basis="test", retention_days=None, transaction=current)
        collections.add_collection("staff", {}, transaction=current)
        collections.add_faces("staff", faces, transaction=current)
        current.connection.execute(
            text("INSERT INTO collection_users SELECT gallery_id, 'ada', '2031-01-01T00:00:00+00:00' FROM collections")
        )
        current.connection.execute(text("UPDATE collection_faces SET user_id = 'ada' WHERE face_id = 'face-0'"))
        for token, answer in (("1", '{"FaceId": "face-0"}'), ("2", '{"FaceId": "face-2"}')):
            current.connection.execute(
                text("INSERT INTO answered_requests SELECT gallery_id, 'Associate', :token, :sha, :answer, :at "
                     "FROM collections"),
                {"token": token, "sha": "0" * 64, "answer": answer, "at": "2031-01-01T00:00:00+00:00"},
            )  # fmt: skip
    done = erase(place, "ada", "staff")
    (here,) = done.erased
    assert (here.references, here.collection_faces, here.collection_users, here.answers) == (1, 1, 1, 1)
    assert count(place.store, "collection_faces") == 2
    assert count(place.store, "answered_requests") == 1
    by_picture = erase(place, "ada.jpg", "staff")
    assert by_picture.erased[0].references == 1
    assert count(place.store, "collection_faces") == 1


def test_what_is_handed_out_to_a_person_is_theirs_alone(made: Made) -> None:
    from countenance.service.subject_export import collect, record_export

    place = made()
    review_id = place.held("p03")
    parts: AccountableParts = place.parts
    made_export = collect(
        "p03", None, store=parts.subjects, journal=parts.journal, policies=parts.policies, now=place.clock()
    )
    document = json.dumps(made_export.document())
    (gallery,) = made_export.document()["galleries"]  # type: ignore[misc,attr-defined]
    (reference,) = gallery["references"]
    assert made_export.pictures.keys() == {reference["reference_id"]}
    assert review_id in document
    assert {entry["kind"] for entry in made_export.entries} >= {"enrolment", "act_completed"}
    others = {one.reference_id for one in place.store.references(GALLERY)[1]} - {reference["reference_id"]}
    assert len(others) == 13
    assert not any(other in document for other in others)
    assert place.parts.standing().operator_id not in document
    entry_ids = record_export(made_export, document.encode(), journal=parts.journal, standing=parts.standing())
    fields = parts.journal.entry(entry_ids[0]).fields
    assert (fields["what"], fields["subject_digest"]) == ("subject", parts.journal.subject_digests(GALLERY, ["p03"])[0])


def test_an_export_of_nobody_is_empty_and_recorded(made: Made) -> None:
    from countenance.service.subject_export import collect, record_export

    parts = made().parts
    found = collect(
        "nobody", None, store=parts.subjects, journal=parts.journal, policies=parts.policies, now=parts.store.now()
    )
    assert (found.galleries, found.entries, found.reviews, dict(found.pictures)) == ((), (), (), {})
    assert len(record_export(found, b"{}", journal=parts.journal, standing=parts.standing())) == 1


@pytest.mark.parametrize("damaged", ["stored_references SET sealed_template", "subject_keys SET wrapped_key"])
def test_damage_is_no_reason_to_keep_anybody(made: Made, damaged: str) -> None:
    place = made()
    held = SqlSubjectStore(place.store).find("p03", None)[0]
    with place.store.transaction() as current:
        current.connection.execute(
            text(f"UPDATE {damaged} = :junk WHERE subject_id = :who"),
            {"junk": b"junk" * 20, "who": held.subject_ids[0]},
        )
    done = erase(place, "p03")
    assert done.erased[0].references == 1
    assert done.proof is not None
    assert (done.proof.templates, done.proof.searched, done.proof.rows_left) == (0, (), 0)
    assert done.receipt is not None
    assert erasures(place)[-1]["searched_again"] is False
