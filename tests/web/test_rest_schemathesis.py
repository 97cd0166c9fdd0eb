"""The native interface keeps to its own OpenAPI document, whatever is asked: requests made from it, sent over HTTP.

Schemathesis makes the requests, good ones and bad ones. What it cannot guess, a photo with a face or the name of
somebody enrolled, is put in place of some of its values; which, depends on the values alone: a case is always the same.
"""

from __future__ import annotations

import io
import json
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis.core.failures import FailureGroup
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi import checks as of_documents
from schemathesis.transport.serialization import Binary

from countenance.bootstrap.accountability import now
from countenance.bootstrap.rest_document import document_text
from countenance.bootstrap.serving import ServiceLimits
from countenance.policy.permits import default_operator_text
from countenance.policy.terms import GallerySource
from countenance.service.credentials import CredentialKind
from countenance.service.review_ballots import Ballot
from countenance.service.review_order import order_seed, placed
from countenance.web.rest.cursors import cursor_of
from tests.support.serving import served
from tests.support.waiting import until
from tests.web.conftest import World, photo, world_in

SEED = 20261124
#: Requests of each mode for each operation: enough for every kind of wrong value, in half a minute.
EXAMPLES = 10
GALLERY, DOOMED = "staff", "doomed"
PEOPLE = ("ada", "grace", "edith", "mary", "emmy", "lise")
REVIEWER = "L. Reviewer"
#: What reviewers agree on may be released too.
PERMIT = """
[[permit]]
id = "measured-leads"
says = "What reviewers of a measurement agree on is released."
actions = ["ReleaseForUse"]
sectors = ["individual"]
on_behalf_of = ["none"]
purposes = ["accuracy_evaluation"]
gallery_sources = ["consented_enrolment"]
timings = ["after_the_fact"]
"""
#: Where the test library makes requests by itself, these are of what the limits of fields call for.
CONFIG = schemathesis.Config.from_dict(
    {
        "seed": SEED,
        "generation": {"with-security-parameters": False, "database": "none"},
        "phases": {"fuzzing": {"enabled": False}, "examples": {"enabled": False}},
    }
)
schemathesis.serializer.alias("application/zip", "application/octet-stream")
SCHEMA: Any = schemathesis.openapi.from_dict(json.loads(document_text()), config=CONFIG)
EACH_OPERATION: Callable[[Callable[..., None]], Callable[..., None]] = SCHEMA.parametrize()
OPERATIONS = [found.ok() for found in SCHEMA.get_all_operations()]
CHECKS = [
    schemathesis.checks.not_a_server_error,
    of_documents.status_code_conformance,
    of_documents.content_type_conformance,
    of_documents.response_headers_conformance,
    of_documents.response_schema_conformance,
]
#: Paths that another path's parameter takes as well: a method that only the other has is answered for that one.
SHADOWED = {"/v1/jobs/enrolments", "/v1/jobs/audits"}


def archive() -> bytes:
    """Return a ZIP archive with two photos each of some people, a folder a person."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as made:
        for person in PEOPLE:
            for variant in "12":
                made.writestr(f"{person}/{variant}.png", photo(person, variant=variant))
    return packed.getvalue()


LISTED = "file,subject\n" + "".join(f"{person}/{variant}.png,{person}\n" for person in PEOPLE for variant in "12")
#: Path → the form that begins long work.
LONG_WORK: dict[str, dict[str, Any]] = {
    "/v1/jobs/enrolments": {"gallery": GALLERY, "photos": [archive()]},
    "/v1/jobs/audits": {"photos": [archive()], "people": [LISTED.encode()]},
}


@dataclass
class Place:
    """A served interface with something of everything, and what was answered.

    Attributes:
        url: Its address.
        world: What is behind it.
        token: Of a case whose searches are answered.
        held: Of a case whose searches are held for review.
        known: Path parameter → values that are there.
        answered: Operation → how often each status was answered.
    """

    url: str
    world: World
    token: str
    held: str
    known: dict[str, list[str]] = field(default_factory=dict)
    answered: dict[str, Counter[int]] = field(default_factory=dict)

    def ask(self, method: str, path: str, *, token: str | None = None, **how: Any) -> requests.Response:
        """Return the answer to a request with a good token."""
        headers = {"Authorization": f"Bearer {token or self.token}"}
        return requests.request(method, f"{self.url}/v1{path}", headers=headers, timeout=10, **how)

    def fill(self, gallery: str, people: Sequence[str]) -> None:
        """Make a gallery with these people, unless it is there."""
        new = {"name": gallery, "basis": "test", "source": "consented_enrolment", "retention_days": 30}
        assert self.ask("POST", "/galleries", json=new).status_code in (201, 409)
        for person in people:
            sent = {"photo": ("1.png", photo(person), "image/png")}
            answer = self.ask("POST", f"/galleries/{gallery}/subjects/{person}/references", files=sent)
            assert answer.json()["outcome"] in ("stored", "duplicate"), answer.text

    def hold(self) -> str:
        """Return the review of a search that the rules hold."""
        sent = {"photo": ("1.png", photo(PEOPLE[0], variant="2"), "image/png")}
        answer = self.ask("POST", "/search", token=self.held, data={"gallery": GALLERY}, files=sent)
        assert answer.status_code == 202, answer.text
        return str(answer.json()["record"]["review_id"])

    def agree(self, review_id: str) -> None:
        """Have the reviewer choose the search's own candidates."""
        parts = self.world.service.parts
        parts.reviews.look(review_id, REVIEWER)
        key = parts.reviews.find(review_id).key
        assert key is not None
        order = placed(parts.review_store.items(review_id), order_seed(key, parts.reviews.person(REVIEWER)))
        chosen = {place.letter: 2 for place in order if not place.item.is_filler}
        parts.reviews.vote(review_id, REVIEWER, Ballot(chosen, rest=-3, reason="hairline"))

    def finished_job(self) -> str:
        """Return a bulk enrolment that has ended."""
        sent = {"photos": ("people.zip", archive(), "application/zip")}
        begun = self.ask("POST", "/jobs/enrolments", data={"gallery": GALLERY}, files=sent)
        assert begun.status_code == 202, begun.text
        job_id = str(begun.json()["job_id"])
        until(lambda: self.ask("GET", f"/jobs/{job_id}").json()["state"] == "done", every_s=0.1)
        return job_id

    def steer(self, case: Any) -> bool:
        """Put something real in place of most made-up names and photos; return whether anything was."""
        changed = False
        for name, value in list(case.path_parameters.items()):
            known = [DOOMED] if case.method == "DELETE" and name == "gallery" else self.known.get(name, [])
            if known and _number(value) % 4:
                case.path_parameters[name] = known[_number(value) % len(known)]
                changed = True
        return _steer_body(case) or changed


def _steer_body(case: Any) -> bool:
    if not isinstance(case.body, dict):
        return False
    before, number = dict(case.body), _number(sorted(case.body.items(), key=repr))
    if case.path in LONG_WORK and case.media_type == "multipart/form-data" and number % 2:
        case.body = dict(LONG_WORK[case.path])
        return True
    real = {"gallery": GALLERY, "name": f"made {number}", "face": 1, "probe_face": 1, "reference_face": 1}
    for name, value in before.items():
        if isinstance(value, bytes | Binary) and _number(value) % 4:
            case.body[name] = photo(PEOPLE[_number(value) % len(PEOPLE)], variant=str(_number(value) % 3))
        elif name in real and number % 4:
            case.body[name] = real[name]
    # There is one threshold: whoever names two is told so, which is one answer of several.
    if {"threshold", "target_fmr"} <= set(case.body) and number % 4:
        del case.body["threshold"]
    return case.body != before


def _number(value: object) -> int:
    """Return a number that depends on a value alone."""
    return zlib.crc32(repr(value.data if isinstance(value, Binary) else value).encode("utf-8", "surrogatepass"))


def _token(opened: Any) -> str:
    return str(next(item.secret for item in opened.credentials if item.kind is CredentialKind.TOKEN))


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    limits = ServiceLimits(requests_per_second=0)
    folder = tmp_path_factory.mktemp("rest")
    with world_in(folder, source=GallerySource.CONSENTED_ENROLMENT, limits=limits) as world:
        parts = world.service.parts
        parts.changes(parts.standing()).replace_operator_list(default_operator_text() + PERMIT)
        parts.reviewers.attest(REVIEWER, now() + timedelta(days=90), parts.standing_as("Chief"))
        _, opened = world.open_case()
        _, holding = world.open_case(purpose="accuracy_evaluation", case_number="24-1184")
        with served(world.service.app) as url:
            made = Place(url, world, _token(opened), _token(holding))
            made.fill(GALLERY, PEOPLE)
            reviews = [made.hold() for _ in range(2)]
            made.agree(reviews[0])
            job_id = made.finished_job()
            entries = made.ask("GET", "/ledger/entries").json()["items"]
            references = made.ask("GET", f"/galleries/{GALLERY}/subjects/{PEOPLE[0]}").json()["references"]
            made.known = {
                "gallery": [GALLERY],
                "subject": [*PEOPLE],
                "review_id": reviews,
                "job_id": [job_id],
                "entry_id": [item["entry_id"] for item in entries],
                "reference_id": [item["reference_id"] for item in references],
            }
            yield made


def _send(place: Place, case: Any) -> None:
    """Send a made-up request and hold the answer against the document."""
    if case.method == "DELETE":
        place.fill(DOOMED, PEOPLE[:1])
    steered = place.steer(case)
    checks = list(CHECKS) if case.path in SHADOWED else [*CHECKS, of_documents.unsupported_method]
    # What was made wrong may have been put right; and a form's fields are all text, whatever type was meant.
    if not steered and case.media_type != "multipart/form-data":
        checks.append(of_documents.negative_data_rejection)
    token = place.held if "review_id" in case.path_parameters else place.token
    headers = {"Authorization": f"Bearer {token}"}
    response = case.call_and_validate(base_url=place.url, headers=headers, checks=checks, timeout=10)
    place.answered.setdefault(case.operation.label, Counter())[response.status_code] += 1
    if response.status_code >= 400:
        told = response.json()["error"]
        assert "idempotent-replayed" in response.headers or told["request_id"] == response.headers["x-request-id"][0]
        assert told["message"]
        assert told["remedy"]
        assert "Traceback" not in response.text


@pytest.mark.slow
@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.label)
def test_made_up_requests_are_answered_as_documented_and_reach_the_operation(place: Place, operation: Any) -> None:
    asks_for_nothing = not [*operation.iter_parameters(), *operation.body]
    for mode in [GenerationMode.POSITIVE] if asks_for_nothing else list(GenerationMode):

        @seed(SEED)
        @settings(
            max_examples=EXAMPLES,
            database=None,
            deadline=None,
            phases=(Phase.generate,),
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy(mode))
        def ask(case: Any) -> None:
            _send(place, case)

        ask()
    answered = place.answered[operation.label]
    assert any(status < 300 for status in answered), answered


@pytest.mark.slow
@EACH_OPERATION
def test_values_at_and_past_every_limit_are_answered_as_documented(case: Any, place: Place) -> None:
    _send(place, case)


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.label)
@pytest.mark.parametrize("shown", [{}, {"Authorization": "Bearer cnt_unknown"}, {"Authorization": "Basic Y250"}])
def test_without_a_known_token_every_operation_answers_401_in_the_one_shape(
    place: Place, operation: Any, shown: dict[str, str]
) -> None:
    parameters = {item.name: place.known[item.name][0] for item in operation.path_parameters}
    case = operation.Case(path_parameters=parameters)
    response = case.call_and_validate(base_url=place.url, headers=shown, checks=CHECKS, timeout=10)
    assert response.status_code == 401
    assert response.json()["error"]["code"] == "token_refused"
    assert response.headers["www-authenticate"] == ['Bearer realm="countenance"']


@pytest.mark.parametrize("made_up", [-1, 2**63 - 1, 2**63, 2**200, "", "\x00", "\ud800", "a" * 4_000], ids=repr)
@pytest.mark.parametrize(
    ("kind", "path"),
    [
        ("galleries", "/v1/galleries"),
        ("subjects", "/v1/galleries/{gallery}/subjects"),
        ("entries", "/v1/ledger/entries"),
        ("jobs", "/v1/jobs"),
    ],
)
def test_a_cursor_of_the_clients_own_making_is_no_fault(place: Place, kind: str, path: str, made_up: str | int) -> None:
    parameters = {"gallery": GALLERY} if "{gallery}" in path else {}
    case = SCHEMA[path]["GET"].Case(path_parameters=parameters, query={"cursor": cursor_of(kind, made_up)})
    case.call_and_validate(
        base_url=place.url, headers={"Authorization": f"Bearer {place.token}"}, checks=CHECKS, timeout=10
    )


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (500, {"error": {"code": "internal", "message": "m", "remedy": "r", "request_id": "0"}}),
        (200, {"name": "countenance", "version": "0", "openapi": "/v1/openapi.json"}),
        (404, {"detail": "Not Found"}),
        (418, {}),
    ],
    ids=["a fault", "a field less", "another shape", "another status"],
)
def test_an_answer_that_is_not_in_the_document_is_noticed(place: Place, status: int, body: dict[str, object]) -> None:
    case = SCHEMA["/v1"]["GET"].Case()
    case.validate_response(place.ask("GET", ""), checks=CHECKS)
    answer = place.ask("GET", "")
    answer.status_code, answer._content = status, json.dumps(body).encode()
    with pytest.raises(FailureGroup):
        case.validate_response(answer, checks=CHECKS)
