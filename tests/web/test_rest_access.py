"""Who gets what of the native interface: every operation without a token, with another case's, and after its end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from countenance.bootstrap.serving import ServiceLimits
from countenance.policy.terms import GallerySource
from countenance.service.accountability_reports.act_entries import words_of
from countenance.service.credentials import CredentialKind
from countenance.service.job_folders import JobFolders
from tests.web.conftest import World, photo, world_in
from tests.web.test_rest import DOCUMENT, GALLERY, Rest, error_of, open_case

#: No part of it can stand in an identifier, which is hex.
ADA = "Quill-Ostrow"
#: Operation → how it is asked for about what is the first case's.
ASKED: dict[str, tuple[str, str, dict[str, Any]]] = {
    "about": ("GET", "/v1", {}),
    "me": ("GET", "/v1/me", {}),
    "threshold": ("GET", "/v1/thresholds", {}),
    "meaning": ("GET", "/v1/meaning?similarity=0.5", {}),
    "detect": ("POST", "/v1/detect", {"files": {"photo": photo(ADA)}}),
    "compare": ("POST", "/v1/compare", {"files": {"probe": photo(ADA), "reference": photo(ADA)}}),
    "search": ("POST", "/v1/search", {"files": {"photo": photo(ADA)}, "data": {"gallery": "staff"}}),
    "list_galleries": ("GET", "/v1/galleries", {}),
    "create_gallery": ("POST", "/v1/galleries", {"json": {**GALLERY, "name": "third"}}),
    "get_gallery": ("GET", "/v1/galleries/staff", {}),
    "delete_gallery": ("DELETE", "/v1/galleries/staff", {}),
    "list_subjects": ("GET", "/v1/galleries/staff/subjects", {}),
    "get_subject": ("GET", f"/v1/galleries/staff/subjects/{ADA}", {}),
    "erase_subject": ("DELETE", f"/v1/galleries/staff/subjects/{ADA}", {}),
    "enrol": ("POST", f"/v1/galleries/staff/subjects/{ADA}/references", {"files": {"photo": photo("new")}}),
    "get_review": ("GET", "/v1/reviews/{review_id}", {}),
    "review_lead": ("POST", "/v1/reviews/{review_id}/lead", {}),
    "list_entries": ("GET", "/v1/ledger/entries", {}),
    "get_entry": ("GET", "/v1/ledger/entries/{entry_id}", {}),
    "prove_entry": ("GET", "/v1/ledger/entries/{entry_id}/proof", {}),
    "checkpoint": ("GET", "/v1/ledger/checkpoint", {}),
    "begin_enrolment": (
        "POST", "/v1/jobs/enrolments", {"files": {"photos": photo("new")}, "data": {"gallery": "staff"}},
    ),
    "begin_audit": ("POST", "/v1/jobs/audits", {"json": {"audit": "none"}}),
    "list_jobs": ("GET", "/v1/jobs", {}),
    "get_job": ("GET", "/v1/jobs/{job_id}", {}),
    "cancel_job": ("POST", "/v1/jobs/{job_id}/cancel", {}),
    "get_job_rejects": ("GET", "/v1/jobs/{job_id}/rejects.csv", {}),
    "get_job_result": ("GET", "/v1/jobs/{job_id}/result", {}),
}  # fmt: skip
#: What a case gets that names another gallery, and has no part in the first case's review, entries and jobs.
OF_ANOTHER: dict[str, int] = {
    "about": 200, "me": 200, "threshold": 200, "meaning": 200, "detect": 200, "compare": 200, "search": 403,
    "list_galleries": 200, "create_gallery": 403, "get_gallery": 403, "delete_gallery": 403, "list_subjects": 403,
    "get_subject": 403, "erase_subject": 403, "enrol": 403, "get_review": 404, "review_lead": 404,
    "list_entries": 200, "get_entry": 404, "prove_entry": 404, "checkpoint": 200, "begin_enrolment": 403,
    "begin_audit": 404, "list_jobs": 200, "get_job": 404, "cancel_job": 404, "get_job_rejects": 404,
    "get_job_result": 404,
}  # fmt: skip
#: What answers although the case has ended: what is nobody's, and the case itself.
AFTER_THE_END = {"about", "me", "threshold", "meaning"}
ZIP = {"content-type": "application/zip"}


@dataclass
class Place:
    """A service with something of a first case, and the tokens of others.

    Attributes:
        world: The service.
        first: Its caller.
        another: A caller whose case names another gallery.
        ended: A caller whose case was closed.
        known: Placeholder → identifier of something of the first case.
    """

    world: World
    first: Rest
    another: Rest
    ended: Rest
    known: dict[str, str] = field(repr=False)

    def ask(self, caller: Rest, operation: str, **headers: str) -> httpx.Response:
        """Return the answer to an operation about what is the first case's."""
        method, path, options = ASKED[operation]
        return caller(method, path.format(**self.known), **options, headers=headers)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    folder: Path = tmp_path_factory.mktemp("access")
    with world_in(folder, source=GallerySource.CONSENTED_ENROLMENT, limits=ServiceLimits()) as world:
        first = open_case(world, case_number="24-1")
        for name in ("staff", "visitors"):
            first.good("POST", "/v1/galleries", json={**GALLERY, "name": name})
        first.enrol(ADA, photo(ADA))
        held = open_case(world, case_number="24-2", purpose="accuracy_evaluation")
        review = held("POST", "/v1/search", files={"photo": photo(ADA)}, data={"gallery": "staff"}).headers["location"]
        job = first("POST", "/v1/jobs/enrolments", files={"photos": photo("bob")}, data={"gallery": "staff"})
        known = {
            "review_id": review.rpartition("/")[2],
            "entry_id": first.good("GET", "/v1/ledger/entries?limit=1")["items"][0]["entry_id"],
            "job_id": job.json()["job_id"],
        }
        ended = open_case(world, case_number="24-4")
        world.service.parts.cases.close("24-4", by="B. Head")
        yield Place(world, first, open_case(world, case_number="24-3", galleries=["visitors"]), ended, known)


def test_every_operation_is_asked_for() -> None:
    operations = {one["operationId"] for methods in DOCUMENT["paths"].values() for one in methods.values()}
    assert operations == set(ASKED) == set(OF_ANOTHER)


@pytest.mark.parametrize("operation", ASKED)
def test_without_a_token_no_operation_does_anything(place: Place, operation: str) -> None:
    _, opened = place.world.open_case(case_number="24-5")
    others = [one.secret for one in opened.credentials if one.kind is not CredentialKind.TOKEN]
    lookups = [one.lookup for one in opened.credentials]
    for shown in ("", "cnt_", *others, *lookups):
        answer = place.ask(Rest(place.world, shown), operation)
        assert (answer.status_code, answer.headers["www-authenticate"].split()[0]) == (401, "Bearer")


@pytest.mark.parametrize("operation", OF_ANOTHER)
def test_another_case_gets_nothing_of_the_first_case(place: Place, operation: str) -> None:
    answer = place.ask(place.another, operation)
    assert answer.status_code == OF_ANOTHER[operation], answer.text
    assert ADA not in answer.text
    for identifier in place.known.values():
        # An error may say again what was asked for.
        assert answer.status_code == 404 or identifier not in answer.text


def test_nothing_came_of_what_another_case_asked(place: Place) -> None:
    for operation in OF_ANOTHER:
        place.ask(place.another, operation)
    assert place.first.good("GET", f"/v1/galleries/staff/subjects/{ADA}")["references"]
    assert place.first.good("GET", f"/v1/jobs/{place.known['job_id']}")["state"] != "cancelled"


@pytest.mark.parametrize("operation", sorted(set(ASKED) - AFTER_THE_END))
def test_after_the_end_of_its_case_a_token_does_nothing(place: Place, operation: str) -> None:
    before = len(place.world.entries("act_denied"))
    answer = place.ask(place.ended, operation)
    assert (answer.status_code, error_of(answer)["code"]) == (403, "case_closed"), answer.text
    assert len(place.world.entries("act_denied")) == before + 1


@pytest.mark.parametrize("path", ["/v1/jobs/enrolments?gallery=staff", "/v1/jobs/audits"])
def test_after_the_end_of_its_case_an_upload_is_not_even_received(
    place: Place, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[str] = []
    make = JobFolders.make

    def noted(self: JobFolders, job_id: str) -> Path:
        made.append(job_id)
        return make(self, job_id)

    monkeypatch.setattr(JobFolders, "make", noted)

    async def upload() -> AsyncIterator[bytes]:
        made.append("a piece of the body")
        yield b"PK"

    async def send() -> httpx.Response:
        headers = {"authorization": f"Bearer {place.ended.token}", **ZIP}
        transport = httpx.ASGITransport(app=place.world.service.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://service.example") as client:
            return await client.post(path, content=upload(), headers=headers)

    assert error_of(asyncio.run(send()))["code"] == "case_closed"
    assert not made


@pytest.mark.parametrize("operation", ["get_gallery", "list_subjects", "begin_enrolment", "review_lead"])
def test_a_key_of_one_token_tells_nothing_to_another(place: Place, operation: str) -> None:
    key = {"idempotency-key": f"key-{operation}"}
    place.ask(place.first, operation, **key)
    answer = place.ask(place.another, operation, **key)
    assert answer.status_code == OF_ANOTHER[operation]
    assert "idempotent-replayed" not in answer.headers


def test_lists_as_lines_hold_what_the_case_may_see_and_no_more(place: Place) -> None:
    lines = {"accept": "application/x-ndjson"}
    assert place.ask(place.another, "list_subjects", **lines).status_code == 403
    for operation in ("list_galleries", "list_entries", "list_jobs"):
        text = place.ask(place.another, operation, **lines).text
        assert "staff" not in text
        assert not [one for one in place.known.values() if one in text]


def test_the_record_of_a_held_search_does_not_tell_whom_it_listed(place: Place) -> None:
    enrolled = place.first.good("GET", f"/v1/galleries/staff/subjects/{ADA}")["references"][0]["reference_id"]
    held = open_case(place.world, case_number="24-6", purpose="accuracy_evaluation")
    answer = held("POST", "/v1/search", files={"photo": photo(ADA)}, data={"gallery": "staff"})
    assert answer.status_code == 202
    (asked, *_) = held.good("GET", "/v1/ledger/entries?kind=act_intended")["items"]
    outcome = place.world.service.parts.journal.entries(from_index=asked["index"], limit=10)
    for path in ("", f"?act_id={asked['fields']['act_id']}", "?kind=act_completed&kind=review_opened"):
        text = held("GET", f"/v1/ledger/entries{path}").text
        assert enrolled not in text
        assert "candidate_scores" not in text
    kept = [entry for entry in outcome if enrolled in words_of(entry.fields, "candidate_reference_ids")]
    assert kept, "the ledger itself knows whom"
    for entry in kept:
        assert held("GET", f"/v1/ledger/entries/{entry.entry_id}").status_code == 404
