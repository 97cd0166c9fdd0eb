"""The native interface over a whole service, called as any HTTP client would."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import jsonschema
import pytest

from countenance.bootstrap.rest_document import document_text
from countenance.ledger.checkpoint import read_checkpoint
from countenance.ledger.proofs import verify_inclusion
from countenance.ledger.sealing import parse_sealed_line
from countenance.policy.terms import GallerySource
from countenance.service.credentials import CredentialKind
from tests.web.conftest import PNG, ServiceLimits, World, photo, world_in

ADA, BOB = "ada", "bob"
GALLERY = {"name": "staff", "basis": "tests", "source": "consented_enrolment", "retention_days": 30}
DOCUMENT = json.loads(document_text())


@dataclass
class Rest:
    """Sends requests with a case's token."""

    world: World
    token: str

    def __call__(self, method: str, path: str, **options: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.token}", **options.pop("headers", {})}

        async def send() -> httpx.Response:
            transport = httpx.ASGITransport(app=self.world.service.app)
            async with httpx.AsyncClient(transport=transport, base_url="http://service.example") as client:
                return await client.request(method, path, headers=headers, **options)

        answer = asyncio.run(send())
        assert answer.headers.get("x-request-id") or path == "/v1/openapi.json"
        if answer.status_code >= 400:
            error_of(answer)
        return answer

    def good(self, method: str, path: str, **options: Any) -> Any:
        """Return the JSON of a request that has to succeed."""
        answer = self(method, path, **options)
        assert answer.is_success, answer.text
        return answer.json()

    def enrol(self, subject: str, data: bytes, gallery: str = "staff", **options: Any) -> httpx.Response:
        """Enrol a photo."""
        path = f"/v1/galleries/{gallery}/subjects/{subject}/references"
        return self("POST", path, files={"photo": ("a.png", data)}, **options)


def error_of(answer: httpx.Response) -> dict[str, Any]:
    """Return what an error says; it has the one shape, whatever went wrong."""
    document = answer.json()
    jsonschema.validate(document, {"$ref": "#/components/schemas/ErrorDocument", **DOCUMENT})
    if "idempotent-replayed" not in answer.headers:
        assert document["error"]["request_id"] == answer.headers["x-request-id"]
    for word in ("Traceback", ".py", "sqlite", "object at 0x"):
        assert word not in answer.text
    return dict(document["error"])


def open_case(world: World, **changes: object) -> Rest:
    _, opened = world.open_case(**changes)
    return Rest(world, next(item.secret for item in opened.credentials if item.kind is CredentialKind.TOKEN))


@pytest.fixture
def rest(world: World) -> Rest:
    made = open_case(world)
    made.good("POST", "/v1/galleries", json=GALLERY)
    return made


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rest]:
    """Yield a caller of one service for all tests that leave nothing behind."""
    folder = tmp_path_factory.mktemp("rest")
    with world_in(folder, source=GallerySource.CONSENTED_ENROLMENT, limits=ServiceLimits()) as world:
        made = open_case(world)
        made.good("POST", "/v1/galleries", json=GALLERY)
        yield made


def test_it_says_what_it_is_and_what_the_token_may_do(shared: Rest) -> None:
    about, me = shared.good("GET", "/v1"), shared.good("GET", "/v1/me")
    assert about["name"] == "countenance"
    assert me["case_number"] == "24-1183"
    assert me["operator"] == "A. Searcher"
    assert me["galleries"] is None


def test_every_answer_is_as_the_document_says(rest: Rest) -> None:
    rest.enrol(ADA, photo(ADA))
    asked: list[tuple[str, str, str, dict[str, Any]]] = [
        ("get", "/v1", "/v1", {}),
        ("get", "/v1/me", "/v1/me", {}),
        ("get", "/v1/thresholds", "/v1/thresholds?references=100", {}),
        ("get", "/v1/meaning", "/v1/meaning?similarity=0.4", {}),
        ("post", "/v1/detect", "/v1/detect", {"files": {"photo": photo(ADA, BOB)}}),
        ("post", "/v1/compare", "/v1/compare", {"files": {"probe": photo(ADA), "reference": photo(ADA, variant="b")}}),
        ("post", "/v1/search", "/v1/search", {"files": {"photo": photo(ADA)}, "data": {"gallery": "staff"}}),
        ("get", "/v1/galleries", "/v1/galleries", {}),
        ("get", "/v1/galleries/{gallery}", "/v1/galleries/staff", {}),
        ("get", "/v1/galleries/{gallery}/subjects", "/v1/galleries/staff/subjects", {}),
        ("get", "/v1/galleries/{gallery}/subjects/{subject}", "/v1/galleries/staff/subjects/ada", {}),
        ("get", "/v1/ledger/entries", "/v1/ledger/entries", {}),
        ("get", "/v1/ledger/checkpoint", "/v1/ledger/checkpoint", {}),
        ("delete", "/v1/galleries/{gallery}/subjects/{subject}", "/v1/galleries/staff/subjects/ada", {}),
        ("delete", "/v1/galleries/{gallery}", "/v1/galleries/staff", {}),
    ]
    for method, template, path, options in asked:
        answer = rest(method.upper(), path, **options)
        described = DOCUMENT["paths"][template][method]["responses"][str(answer.status_code)]
        schema = described["content"]["application/json"]["schema"]
        jsonschema.validate(answer.json(), {**schema, "components": DOCUMENT["components"]})


def test_the_document_is_the_one_in_the_reference() -> None:
    golden = Path(__file__).parents[2] / "docs" / "reference" / "openapi.json"
    again = "python -m countenance.bootstrap.rest_document > docs/reference/openapi.json"
    assert golden.read_text(encoding="utf-8") == document_text(), f"write it again: {again}"


def test_the_document_is_handed_out_to_anybody(shared: Rest) -> None:
    assert shared.good("GET", "/v1/openapi.json")["paths"] == DOCUMENT["paths"]


def test_every_operation_says_how_each_of_its_errors_looks() -> None:
    for path, methods in DOCUMENT["paths"].items():
        for method, operation in methods.items():
            assert operation["summary"]
            assert operation["description"], path
            assert operation["operationId"]
            assert operation["security"] == [{"case token": []}]
            for status in ("401", "403", "422", "429", "500"):
                schema = operation["responses"][status]["content"]["application/json"]["schema"]
                assert schema == {"$ref": "#/components/schemas/ErrorDocument"}, (path, method, status)


@pytest.mark.parametrize(
    ("headers", "said"),
    [
        ({"Authorization": ""}, "No token was shown."),
        ({"Authorization": "Basic YTpi"}, "No token was shown."),
        ({"Authorization": "Bearer "}, "No token was shown."),
        ({"Authorization": "Bearer cnt_" + "x" * 43}, "The token is not known here."),
        ({"Authorization": "Bearer " + "x" * 5_000}, "The token is not known here."),
        ({"Authorization": "Bearer \xe9"}, "The token is not known here."),
    ],
)
def test_without_a_good_token_nothing_is_answered(shared: Rest, headers: dict[str, str], said: str) -> None:
    raw = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]

    async def send() -> httpx.Response:
        transport = httpx.ASGITransport(app=shared.world.service.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://service.example") as client:
            return await client.send(httpx.Request("GET", "http://service.example/v1/me", headers=raw))

    answer = asyncio.run(send())
    assert answer.status_code == 401
    assert error_of(answer)["message"] == said
    assert answer.headers["www-authenticate"].startswith("Bearer")


def test_an_unknown_token_leaves_an_entry(shared: Rest) -> None:
    stranger = Rest(shared.world, "cnt_" + "y" * 43)
    entry_id = error_of(stranger("GET", "/v1/me"))["entry_id"]
    assert shared.world.service.parts.journal.entry(entry_id).kind == "credential_refused"


def test_a_closed_case_is_refused_and_recorded_whatever_is_asked(rest: Rest) -> None:
    parts = rest.world.service.parts
    parts.cases.close("24-1183", by="B. Head", reason="done")
    before = len(rest.world.entries("act_denied"))
    asked = [
        ("GET", "/v1/galleries", {}),
        ("GET", "/v1/galleries/staff/subjects", {}),
        ("POST", "/v1/detect", {"files": {"photo": photo(ADA)}}),
        ("POST", "/v1/search", {"files": {"photo": photo(ADA)}, "data": {"gallery": "staff"}}),
        ("GET", "/v1/ledger/entries", {}),
    ]
    for method, path, options in asked:
        answer = rest(method, path, **options)
        assert answer.status_code == 403, answer.text
    assert len(rest.world.entries("act_denied")) - before == len(asked)


def test_a_gallery_that_the_case_does_not_name_is_refused_and_recorded(rest: Rest) -> None:
    rest.good("POST", "/v1/galleries", json={**GALLERY, "name": "visitors"})
    other = open_case(rest.world, case_number="24-2", galleries=["visitors"])
    for method, path, options in (
        ("GET", "/v1/galleries/staff", {}),
        ("GET", "/v1/galleries/staff/subjects", {}),
        ("POST", "/v1/search", {"files": {"photo": photo(ADA)}, "data": {"gallery": "staff"}}),
        ("POST", "/v1/galleries/staff/subjects/ada/references", {"files": {"photo": photo(ADA)}}),
        ("DELETE", "/v1/galleries/staff/subjects/ada", {}),
        ("DELETE", "/v1/galleries/staff", {}),
    ):
        said = error_of(other(method, path, **options))
        assert [rule["rule"] for rule in said["rules"]] == ["case.gallery"], path
        assert rest.world.service.parts.journal.entry(said["entry_id"]).kind == "act_denied"
    assert [item["name"] for item in other.good("GET", "/v1/galleries")["items"]] == ["visitors"]
    error = error_of(other("POST", "/v1/galleries", json={**GALLERY, "name": "third"}))
    assert error["code"] == "policy_denied"


def test_enrolling_and_searching_finds_the_person_and_no_stranger(rest: Rest) -> None:
    stored = rest.enrol(ADA, photo(ADA)).json()
    assert stored["outcome"] == "stored"
    found = rest.good("POST", "/v1/search", files={"photo": photo(ADA, variant="b")}, data={"gallery": "staff"})
    assert [item["subject"] for item in found["candidates"]] == [ADA]
    assert found["candidates"][0]["reference_id"] == stored["reference_id"]
    nobody = rest.good("POST", "/v1/search", files={"photo": photo(BOB)}, data={"gallery": "staff"})
    assert (nobody["outcome"], nobody["candidates"]) == ("nobody", [])


def test_a_photo_that_cannot_be_enrolled_is_an_outcome_with_a_reason(rest: Rest) -> None:
    rest.enrol(ADA, photo(ADA))
    for data, outcome in (
        (photo(), "no_face"), (photo(ADA, BOB), "several_faces"), (photo(BOB, blurred=True), "low_quality"),
        (PNG + b"\xff", "unreadable"), (photo(ADA), "duplicate"),
    ):  # fmt: skip
        said = rest.enrol(BOB, data).json()
        assert (said["outcome"], said["reference_id"]) == (outcome, None)
        assert said["reason"]
        assert ADA not in said["reason"], "who else these bytes are is not told"


def test_a_held_search_tells_nobody_and_where_the_review_is(rest: Rest) -> None:
    rest.enrol(ADA, photo(ADA))
    held = open_case(rest.world, case_number="24-3", purpose="accuracy_evaluation")
    answer = held("POST", "/v1/search", files={"photo": photo(ADA)}, data={"gallery": "staff"})
    assert answer.status_code == 202, answer.text
    said = answer.json()
    assert (said["outcome"], said["candidates"]) == ("held for review", [])
    assert ADA not in answer.text
    review = held.good("GET", answer.headers["location"])
    assert review["state"] == "open"
    assert error_of(held("POST", answer.headers["location"] + "/lead"))["code"] == "review_undecided"
    assert rest("GET", answer.headers["location"]).status_code == 404, "another case's review looks like none"


def test_pages_hold_every_subject_once_and_go_on_where_they_ended(rest: Rest) -> None:
    names = [f"person-{number:03d}" for number in range(23)]
    for name in names:
        rest.enrol(name, photo(name))
    seen, path, pages = [], "/v1/galleries/staff/subjects?limit=5", 0
    while path:
        answer = rest("GET", path)
        seen += [item["subject"] for item in answer.json()["items"]]
        pages += 1
        link = answer.headers.get("link", "")
        assert bool(link) == (answer.json()["next"] is not None)
        path = link.partition(">")[0][1:]
        if pages == 2:
            rest.enrol("person-000-and-a-half", photo("late"))
    assert seen == names
    assert pages == 5


def test_a_list_comes_whole_as_lines(rest: Rest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("countenance.web.rest.lists.STREAMED", 3)
    for number in range(8):
        rest.enrol(f"person-{number}", photo(f"p{number}"))
    for path, key in (("/v1/galleries/staff/subjects", "subject"), ("/v1/ledger/entries", "entry_id")):
        answer = rest("GET", path, headers={"Accept": "application/x-ndjson"})
        assert answer.headers["content-type"] == "application/x-ndjson"
        lines = [json.loads(line)[key] for line in answer.text.splitlines()]
        assert len(lines) == len(set(lines)) >= 8


def test_a_refused_list_is_an_error_and_no_broken_stream(shared: Rest) -> None:
    answer = shared("GET", "/v1/galleries/nobody/subjects", headers={"Accept": "application/x-ndjson"})
    assert error_of(answer)["code"] == "gallery_not_found"


@pytest.mark.parametrize(
    "cursor", ["x", "WyJlbnRyaWVzIiwxXQ", "W10", "bnVsbA", "e30", "WyJzdWJqZWN0cyIsMV0", "=" * 10, "é", "a" * 5_999]
)
def test_a_cursor_of_something_else_is_refused(shared: Rest, cursor: str) -> None:
    assert error_of(shared("GET", "/v1/galleries/staff/subjects", params={"cursor": cursor}))["code"] == "input"


def test_the_same_request_with_the_same_key_is_done_once(rest: Rest) -> None:
    once = [rest.enrol(ADA, photo(ADA), headers={"Idempotency-Key": "k1"}) for _ in range(3)]
    assert {answer.json()["reference_id"] for answer in once} == {once[0].json()["reference_id"]}
    assert [answer.headers.get("idempotent-replayed") for answer in once] == [None, "true", "true"]
    assert rest.good("GET", "/v1/galleries/staff")["references"] == 1
    other = rest.enrol(ADA, photo(ADA, variant="b"), headers={"Idempotency-Key": "k1"})
    assert other.status_code == 422
    assert error_of(other)["code"] == "idempotency_key_taken"


def test_a_refusal_is_repeated_and_not_recorded_twice(rest: Rest) -> None:
    other = open_case(rest.world, case_number="24-2", galleries=["staff"])
    first, second = (
        other("POST", "/v1/galleries", json={**GALLERY, "name": "new"}, headers={"Idempotency-Key": "k"})
        for _ in range(2)
    )
    assert first.status_code == second.status_code == 403
    assert first.json()["error"]["entry_id"] == second.json()["error"]["entry_id"]


def test_who_was_found_is_not_kept_for_a_repeated_search(rest: Rest) -> None:
    rest.enrol(ADA, photo(ADA))
    ask = {"files": {"photo": photo(ADA)}, "data": {"gallery": "staff"}, "headers": {"Idempotency-Key": "s"}}
    first, second = rest("POST", "/v1/search", **ask), rest("POST", "/v1/search", **ask)
    assert first.json()["candidates"]
    assert (second.status_code, error_of(second)["code"]) == (409, "reply_not_kept")
    assert ADA not in second.text


def test_two_at_once_with_one_key_are_done_once(rest: Rest) -> None:
    statuses: list[int] = []

    def send() -> None:
        statuses.append(rest.enrol(ADA, photo(ADA), headers={"Idempotency-Key": "both"}).status_code)

    threads = [threading.Thread(target=send) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(statuses) <= {200, 409}
    assert 200 in statuses
    assert len([entry for entry in rest.world.entries("enrolment") if entry["references"]]) == 1


@pytest.mark.parametrize("key", ["", "é", "x" * 201, "a\tb"])
def test_a_key_that_cannot_be_kept_is_refused(shared: Rest, key: str) -> None:
    answer = shared("POST", "/v1/galleries", json={**GALLERY, "name": "k"}, headers={"Idempotency-Key": key.encode()})
    assert error_of(answer)["code"] == "input"


@pytest.mark.parametrize(
    ("method", "path", "options", "status"),
    [
        ("POST", "/v1/galleries", {"json": {}}, 422),
        ("POST", "/v1/galleries", {"json": {**GALLERY, "name": "x", "colour": "red"}}, 422),
        ("POST", "/v1/galleries", {"json": {**GALLERY, "name": "x", "retention_days": 0}}, 422),
        ("POST", "/v1/galleries", {"json": {**GALLERY, "name": "x", "source": "found"}}, 422),
        ("POST", "/v1/galleries", {"json": {"name": "x", "basis": "b", "source": "unknown"}}, 422),
        ("POST", "/v1/galleries", {"json": {**GALLERY, "name": "a\0b"}}, 400),
        ("POST", "/v1/galleries", {"content": b"{" * 100_000, "headers": {"Content-Type": "application/json"}}, 422),
        ("POST", "/v1/galleries", {"json": GALLERY}, 409),
        ("POST", "/v1/detect", {}, 415),
        ("POST", "/v1/detect", {"files": {"photo": PNG + b"\xff"}}, 400),
        ("POST", "/v1/detect", {"files": {"other": photo(ADA)}}, 422),
        ("POST", "/v1/compare", {"files": {"probe": photo(ADA)}}, 422),
        ("POST", "/v1/compare", {"files": {"probe": photo(ADA, BOB), "reference": photo(ADA)}}, 400),
        ("POST", "/v1/search", {"files": {"photo": photo(ADA)}}, 422),
        ("POST", "/v1/search", {"files": {"photo": photo(ADA)}, "data": {"gallery": "nobody"}}, 404),
        ("POST", "/v1/search", {"files": {"photo": photo(ADA)}, "data": {"gallery": "staff", "limit": "0"}}, 422),
        ("POST", "/v1/search", {"files": {"photo": photo(ADA)}, "data": {"gallery": "staff", "threshold": "nan"}}, 422),
        ("GET", "/v1/thresholds?max_false_candidates=1&target_fmr=0.1", {}, 400),
        ("GET", "/v1/thresholds?target_fmr=1e-300", {}, 409),
        ("GET", "/v1/meaning?similarity=inf", {}, 422),
        ("GET", "/v1/galleries/nobody", {}, 404),
        ("GET", "/v1/galleries/staff/subjects/nobody", {}, 404),
        ("GET", "/v1/galleries/staff/subjects?limit=1001", {}, 422),
        ("GET", "/v1/ledger/entries/xyz", {}, 422),
        ("GET", "/v1/ledger/entries?kind=unheard_of", {}, 422),
        ("GET", f"/v1/ledger/entries/{'0' * 32}/proof", {}, 404),
        ("GET", f"/v1/reviews/{'0' * 32}", {}, 404),
        ("GET", "/v1/nothing", {}, 404),
        ("PATCH", "/v1/me", {}, 405),
    ],
)  # fmt: skip
def test_wrong_input_is_told_in_the_one_shape(
    shared: Rest, method: str, path: str, options: dict[str, Any], status: int
) -> None:
    answer = shared(method, path, **options)
    assert answer.status_code == status, answer.text
    said = error_of(answer)
    assert said["message"]
    assert said["remedy"]


def test_several_faces_come_with_their_boxes(shared: Rest) -> None:
    said = error_of(shared("POST", "/v1/compare", files={"probe": photo(ADA, BOB), "reference": photo(ADA)}))
    assert said["code"] == "several_faces"
    assert len(said["boxes_xywh_px"]) == 2
    chosen = shared.good(
        "POST", "/v1/compare", files={"probe": photo(ADA, BOB), "reference": photo(ADA)}, data={"probe_face": "1"}
    )
    assert chosen["outcome"] == "compared"


def test_a_body_over_the_limit_is_told_so(shared: Rest) -> None:
    answer = shared("POST", "/v1/detect", files={"photo": bytes(43_000_000)})
    assert (answer.status_code, error_of(answer)["code"]) == (413, "too_large")


def test_the_proof_of_an_entry_leads_to_the_checkpoint(shared: Rest) -> None:
    entry = shared.good("GET", "/v1/ledger/entries?limit=1")["items"][0]
    assert shared.good("GET", f"/v1/ledger/entries/{entry['entry_id']}") == entry
    proof = shared.good("GET", f"/v1/ledger/entries/{entry['entry_id']}/proof")
    checkpoint = read_checkpoint(proof["checkpoint"].encode())
    verify_inclusion(
        index=entry["index"],
        size=checkpoint.size,
        leaf_hash=parse_sealed_line(proof["sealed_line"].encode()).leaf_hash(),
        root=checkpoint.root,
        proof=[bytes.fromhex(item) for item in proof["hashes"]],
    )


def test_another_case_s_entries_look_like_none(rest: Rest) -> None:
    mine = rest.good("GET", "/v1/ledger/entries?limit=1")["items"][0]["entry_id"]
    other = open_case(rest.world, case_number="24-9")
    for path in (f"/v1/ledger/entries/{mine}", f"/v1/ledger/entries/{mine}/proof"):
        assert error_of(other("GET", path))["code"] == "entry_not_found"
    shown = {item["entry_id"] for item in other.good("GET", "/v1/ledger/entries")["items"]}
    assert mine not in shown


def test_erasing_somebody_gives_a_signed_receipt_and_they_are_not_found_again(rest: Rest) -> None:
    rest.enrol(ADA, photo(ADA))
    gone = rest.good("DELETE", f"/v1/galleries/staff/subjects/{ADA}", params={"reason": "asked for"})
    assert (gone["found"], gone["references"]) == (True, 1)
    assert gone["receipt"]["signature"]
    found = rest.good("POST", "/v1/search", files={"photo": photo(ADA)}, data={"gallery": "staff"})
    assert found["outcome"] == "nobody"
    again = rest.good("DELETE", f"/v1/galleries/staff/subjects/{ADA}")
    assert (again["found"], again["receipt"]) == (False, None)


@pytest.fixture
def hurried(tmp_path: Path) -> Iterator[World]:
    limits = ServiceLimits(requests_per_second=0.001, burst=3)
    with world_in(tmp_path, source=GallerySource.CONSENTED_ENROLMENT, limits=limits) as made:
        yield made


def test_who_asks_too_often_is_told_when_to_come_back(hurried: World) -> None:
    rest = open_case(hurried)
    answers = [rest("GET", "/v1/me") for _ in range(5)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429, 429]
    assert int(answers[-1].headers["retry-after"]) >= 1
    assert error_of(answers[-1])["code"] == "busy"
