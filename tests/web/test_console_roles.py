"""Every route of the console × everybody who could ask for it, against a served console: what each of them gets.

The tables are written by hand. A route that is not in them fails the first test; a route that forgets to ask who has
signed in, asks for another role, or takes a form without the session's token, fails the second.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import httpx
import pytest
from fastapi.routing import iter_route_contexts

from countenance.bootstrap.accountability import now
from countenance.bootstrap.application import SAMPLE_COHORT
from countenance.core.errors import AccountInvalid
from countenance.ledger.kinds import EntryKind
from countenance.service.account_port import Role
from countenance.service.accountability_reports.act_entries import words_of
from countenance.service.case_terms import case_terms
from countenance.service.credentials import CredentialKind
from countenance.service.job_port import JobKind, JobOwner
from countenance.service.journal_port import EntryFilter
from countenance.web.console.cases.claims import NOTHING
from countenance.web.rest.calling import PREFIX
from tests.support.case_samples import values
from tests.support.reviewing_place import GALLERY, ReviewingPlace, reviewing_place

#: The columns: nobody; somebody who has to change a one-time password first (a searcher); the searcher of the case; a
#: searcher of other cases; and one account for each other role.
COLUMNS = ("nobody", "newcomer", "searcher", "other", "reviewer", "gallery_owner", "policy_owner", "auditor", "records")
#: in: led to the page for signing in. pw: led to the page for changing the password. role: told that the page is for
#: another role. form: told that the form is not of this session. ->: led elsewhere, see LEADS. A number: that status.
MATRIX = """
GET  /healthz                                   200  200  200  200  200  200  200  200  200
GET  /readyz                                    200  200  200  200  200  200  200  200  200
GET  /metrics                                   200  200  200  200  200  200  200  200  200
GET  /compat                                    200  200  200  200  200  200  200  200  200
GET  /static/{version}/{name}                   404  404  404  404  404  404  404  404  404
GET  /                                          in   pw   ->   ->   ->   ->   ->   ->   ->
GET  /sign-in                                   200  200  200  200  200  200  200  200  200
POST /sign-in                                   form form form form form form form form form
POST /sign-out                                  in   form form form form form form form form
POST /theme                                     ->   ->   ->   ->   ->   ->   ->   ->   ->
GET  /password                                  in   200  200  200  200  200  200  200  200
POST /password                                  in   form form form form form form form form
POST /ledger/verify                             in   pw   form form form form form form form
GET  /ledger/verify/{run_id}.json               in   pw   404  404  404  404  404  404  404
GET  /ledger/verify/{run_id}                    in   pw   404  404  404  404  404  404  404
GET  /ledger/key                                in   pw   200  200  200  200  200  200  200
GET  /ledger/verifier                           in   pw   200  200  200  200  200  200  200
POST /ledger/checkpoint                         in   pw   role role role role role form form
POST /ledger/export                             in   pw   role role role role role form form
GET  /ledger/exports/{run_id}.json              in   pw   role role role role role 404  404
GET  /ledger/exports/{run_id}                   in   pw   role role role role role 404  404
GET  /ledger/exports/{run_id}/ledger.zip        in   pw   role role role role role 404  404
GET  /ledger                                    in   pw   200  200  200  200  200  200  200
GET  /ledger/{entry_id}                         in   pw   200  200  200  200  200  200  200
GET  /ledger/{entry_id}/proof.json              in   pw   404  404  404  404  404  404  404
POST /ledger/{entry_id}/prove                   in   pw   form form form form form form form
GET  /policy                                    in   pw   200  200  200  200  200  200  200
GET  /policy/packs/{name}                       in   pw   200  200  200  200  200  200  200
GET  /policy/explain                            in   pw   200  200  200  200  200  200  200
GET  /policy/packs/{name}/switch                in   pw   role role role role 200  role role
POST /policy/packs/{name}/switch                in   pw   role role role role form role role
POST /policy/certificates                       in   pw   role role role role form role role
GET  /policy/thresholds                         in   pw   200  200  200  200  200  200  200
POST /policy/thresholds                         in   pw   role role role role form role role
GET  /policy/thresholds/{named}                 in   pw   role role role role 404  role role
POST /policy/thresholds/{named}                 in   pw   role role role role form role role
GET  /accountability                            in   pw   role role role role 200  200  200
GET  /accountability/counting.json              in   pw   role role role role 200  200  200
GET  /accountability/exceptions                 in   pw   role role role role 200  200  200
GET  /accountability/exceptions.{kind}          in   pw   role role role role 404  404  404
GET  /accountability/operators                  in   pw   role role role role 200  200  200
GET  /accountability/operators/{operator_id}    in   pw   role role role role 200  200  200
GET  /accountability/reviews                    in   pw   role role role role 200  200  200
GET  /accountability/retention                  in   pw   role role role role 200  200  200
GET  /accountability/report                     in   pw   role role role role 200  200  200
GET  /accountability/report/counting.json       in   pw   role role role role 200  200  200
GET  /accountability/report.{kind}              in   pw   role role role role 200  200  200
GET  /accountability/laws/{name}                in   pw   role role role role 404  404  404
GET  /galleries                                 in   pw   200  200  200  200  200  200  200
GET  /new-gallery                               in   pw   role role role 200  role role role
POST /new-gallery                               in   pw   role role role form role role role
POST /galleries/{name:path}/enrolments          in   pw   role role role form role role role
GET  /galleries/{name:path}/subject             in   pw   role role role 200  role role 200
POST /galleries/{name:path}/subject             in   pw   role role role form role role form
GET  /galleries/{name:path}                     in   pw   200  200  200  200  200  200  200
GET  /jobs                                      in   pw   role role role 200  role 200  role
GET  /jobs/{job_id}.json                        in   pw   404  404  404  200  404  404  404
GET  /jobs/{job_id}/rejects.csv                 in   pw   404  404  404  200  404  404  404
POST /jobs/{job_id}/cancel                      in   pw   404  404  404  form 404  404  404
GET  /jobs/{job_id}                             in   pw   404  404  404  200  404  404  404
GET  /audits                                    in   pw   200  200  200  200  200  200  200
GET  /new-audit                                 in   pw   role role role role role 200  role
POST /new-audit                                 in   pw   role role role role role form role
GET  /audits/{name}                             in   pw   404  404  404  404  404  404  404
POST /audits/{name}/run                         in   pw   role role role role role form role
POST /audits/{name}/discard                     in   pw   role role role role role form role
GET  /audits/{name}/report                      in   pw   role role role role role 409  role
GET  /audits/{name}/files/{kind}                in   pw   role role role role role 404  role
GET  /reviews                                   in   pw   role role 200  role role ->   ->
GET  /reviews/done                              in   pw   role role 200  role role role role
GET  /reviews/all                               in   pw   role role role role role 200  200
GET  /reviews/{review_id}/close                 in   pw   role role role role role role 200
POST /reviews/{review_id}/close                 in   pw   role role role role role role form
GET  /reviews/reviewers                         in   pw   role role 200  role role 200  200
POST /reviews/reviewers                         in   pw   role role role role role role form
GET  /reviews/{review_id}/lead                  in   pw   200  role role role role 200  200
POST /reviews/{review_id}/lead                  in   pw   form form form role role role role
GET  /reviews/{review_id}                       in   pw   ->   role 200  role role ->   ->
POST /reviews/{review_id}                       in   pw   role role form role role role role
POST /reviews/{review_id}/confirm               in   pw   role role form role role role role
POST /reviews/{review_id}/vote                  in   pw   role role form role role role role
GET  /reviews/{review_id}/receipt               in   pw   role role 404  role role role role
GET  /searches                                  in   pw   200  200  ->   role role 200  200
GET  /searches/{act_id}                         in   pw   200  role role role role 200  200
GET  /searches/{act_id}/print                   in   pw   200  role role role role 200  200
GET  /searches/{act_id}/dossier.json            in   pw   200  role role role role 200  200
POST /searches/{act_id}/packet                  in   pw   role role role role role form form
POST /searches/{act_id}/result                  in   pw   form form form form form form form
GET  /compare                                   in   pw   200  200  200  200  200  200  200
POST /compare                                   in   pw   form form form form form form form
GET  /cases/new                                 in   pw   role role role role role role 200
POST /cases/new                                 in   pw   role role role role role role form
GET  /cases                                     in   pw   200  200  role role role role 200
GET  /cases/{name}                              in   pw   200  404  role role role role 200
POST /cases/{name}/close                        in   pw   form form role role role role form
POST /cases/{name}/credentials                  in   pw   role role role role role role form
POST /cases/{name}/revoke                       in   pw   role role role role role role form
GET  /cases/{name}/search                       in   pw   200  404  role role role role role
POST /cases/{name}/search                       in   pw   form form role role role role role
"""
LEADS = {
    "GET /": {
        "searcher": "/cases", "other": "/cases", "reviewer": "/reviews", "gallery_owner": "/galleries",
        "policy_owner": "/policy", "auditor": "/audits", "records": "/accountability",
    },
    "POST /theme": dict.fromkeys(COLUMNS, "/"),
    "GET /reviews": {"auditor": "/reviews/all", "records": "/reviews/all"},
    "GET /reviews/{review_id}": {
        "searcher": "/reviews/{review_id}/lead", "auditor": "/searches/{act_id}", "records": "/searches/{act_id}",
    },
    "GET /searches": {"reviewer": "/reviews/done"},
}  # fmt: skip
#: Forms with the session's token about what is somebody else's: (who, where, what they get).
FORMS_ABOUT_OTHERS = (
    ("other", "/cases/{case_id}/close", "404"),
    ("other", "/cases/{case_id}/search", "404"),
    ("other", "/reviews/{review_id}/lead", "role"),
    ("reviewer", "/reviews/{review_id}/lead", "role"),
    *((who, "/searches/{act_id}/result", "role")
      for who in ("other", "reviewer", "gallery_owner", "policy_owner", "auditor")),
    *((who, "/jobs/{job_id}/cancel", "404") for who in ("searcher", "reviewer", "policy_owner", "auditor", "records")),
)  # fmt: skip
NO_ID = "0" * 32


@dataclass
class Room:
    """A console with a held search and a job, and everybody signed in.

    Attributes:
        place: The console.
        people: Column → their client.
        tokens: Column → what their forms carry.
        known: Placeholder of an address → what stands for it.
    """

    place: ReviewingPlace
    people: dict[str, httpx.Client] = field(repr=False)
    tokens: dict[str, str] = field(repr=False)
    known: dict[str, str]

    def address(self, path: str) -> str:
        """Return a route's path with its placeholders filled in."""
        if path.startswith("/cases"):
            path = path.replace("{name}", self.known["case_id"])
        elif path.startswith("/policy"):
            path = path.replace("{name}", "two-people")
        elif path.startswith("/accountability"):
            path = path.replace("{kind}", "csv")
        for name, value in self.known.items():
            path = path.replace(f"{{{name}}}", value)
        path = re.sub(r"\{(name|kind|version)\}", "none", path)
        assert "{" not in path, f"say what stands for the placeholder of {path}"
        return f"{path}?name=p001" if path.endswith("/subject") else path

    def ask(self, who: str, method: str, path: str, **fields: str) -> httpx.Response:
        """Return the answer to a request; a form is sent as browsers send files."""
        sent = {} if method == "GET" else {"files": {name: (None, value) for name, value in fields.items()}}
        return self.people[who].request(method, self.address(path), **sent)  # type: ignore[arg-type]


def told(answer: httpx.Response) -> str:
    """Return an answer as the table has it."""
    if answer.status_code == 303:
        led = answer.headers["location"]
        return "in" if led.startswith("/sign-in") else "pw" if led == "/password" else "->"
    if answer.status_code == 403:
        if "Not with your role" in answer.text:
            return "role"
        assert re.search(r"The form is not of this (session|browser)", answer.text), answer.text
        return "form"
    return str(answer.status_code)


def signed_in(url: str, name: str, password: str) -> tuple[httpx.Client, str]:
    """Return a client that has signed in, and the token of its forms."""
    client = httpx.Client(base_url=url, timeout=60)
    client.post("/sign-in", data={"csrf": _token(client.get("/sign-in")), "name": name, "password": password})
    return client, _token(client.get("/password"))


def _token(page: httpx.Response) -> str:
    found = re.search(r'name="csrf" value="([^"]+)"', page.text)
    assert found is not None, page.text
    return found[1]


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    with reviewing_place(tmp_path_factory.mktemp("roles")) as place:
        console = place.console
        for name, one_time in (("other", False), ("newcomer", True)):
            console.passwords[name] = "rain tulip anchor quartz"
            console.parts.accounts.add(
                name, [Role.SEARCHER], by=console.parts.standing(), password=console.passwords[name], one_time=one_time
            )
        done = place.search("p001")
        assert done.review_id is not None
        review = console.parts.reviews.find(done.review_id)
        owner = JobOwner("console", "gallery_owner", account_id=console.parts.accounts.find("gallery_owner").account_id)
        jobs = console.parts.background.jobs
        job = jobs.take_on(jobs.new_id(), JobKind.ENROLMENT, owner, subject_matter=GALLERY, parameters={})
        known = {
            "case_id": place.case_id, "review_id": review.review_id, "act_id": review.act_id, "job_id": job.job_id,
            "entry_id": done.intent_entry_id, "operator_id": console.parts.reviews.person("searcher"),
            "name:path": GALLERY, "run_id": NO_ID, "named": NO_ID,
        }  # fmt: skip
        people, tokens = {"nobody": httpx.Client(base_url=console.url, timeout=60)}, {"nobody": ""}
        for name in COLUMNS[1:]:
            people[name], tokens[name] = signed_in(console.url, name, console.passwords[name])
        yield Room(place, people, tokens, known)
        for client in people.values():
            client.close()


def expected() -> dict[tuple[str, str], dict[str, str]]:
    """Return (method, path) → column → what they get."""
    table = {}
    for line in MATRIX.strip().splitlines():
        method, path, *cells = line.split()
        table[method, path] = dict(zip(COLUMNS, cells, strict=True))
    return table


def routes(room: Room) -> set[tuple[str, str]]:
    """Return the (method, path) that are served beside the native interface."""
    found = set()
    for context in iter_route_contexts(room.place.console.service.app.routes):
        path = str(getattr(context, "path"))  # noqa: B009 - not every kind of route has one
        methods = getattr(context, "methods")  # noqa: B009
        found |= {(method, path) for method in methods if not path.startswith(PREFIX)}
    return found


def test_every_route_is_in_the_table(room: Room) -> None:
    assert routes(room) == set(expected())


def test_everybody_gets_what_the_table_says(room: Room) -> None:
    wrong = []
    for (method, path), row in expected().items():
        for who, cell in row.items():
            answer = room.ask(who, method, path, x="1")
            got = told(answer)
            if got != cell:
                wrong.append(f"{method} {path} as {who}: {got}, not {cell}")
            if got == "->":
                led = room.address(LEADS[f"{method} {path}"][who])
                assert answer.headers["location"] == led, (method, path, who)
    assert not wrong, "\n".join(wrong)


def test_a_form_with_the_session_s_token_still_needs_the_role(room: Room) -> None:
    refused = 0
    for (method, path), row in expected().items():
        for who in (name for name, cell in row.items() if cell == "role" and method == "POST"):
            assert told(room.ask(who, method, path, csrf=room.tokens[who])) == "role", (path, who)
            refused += 1
    assert refused > 100


def test_a_form_with_another_session_s_token_is_not_taken(room: Room) -> None:
    for (method, path), row in expected().items():
        for who in (name for name, cell in row.items() if cell == "form" and method == "POST" and path != "/sign-in"):
            stolen = room.tokens["records" if who != "records" else "auditor"]
            assert told(room.ask(who, method, path, csrf=stolen)) == "form", (path, who)


def test_forms_about_what_is_somebody_else_s_change_nothing(room: Room) -> None:
    parts = room.place.console.parts
    before = parts.journal.size()
    for who, path, cell in FORMS_ABOUT_OTHERS:
        sent = {"csrf": room.tokens[who], "reason": "r", "came": "arrest"}
        assert told(room.ask(who, "POST", path, **sent)) == cell, (who, path)
    assert parts.journal.size() == before
    assert parts.cases.find(room.known["case_id"]).closed_at is None
    assert parts.background.jobs.find(room.known["job_id"]).cancel_asked_at is None


def test_a_case_of_somebody_else_looks_like_none(room: Room) -> None:
    """Neither the page nor the form for a search tells whether there is one, or what stands in the address."""
    for page in ("/cases/{}", "/cases/{}/search"):
        theirs = room.ask("other", "GET", page.format(room.known["case_id"]))
        nobodys = room.ask("other", "GET", page.format(NO_ID))
        assert _said(theirs) == _said(nobodys), page


def test_several_cases_of_others_with_one_number_look_like_none(room: Room) -> None:
    parts = room.place.console.parts
    first = parts.cases.find(room.known["case_id"])
    terms = case_terms(
        values(operator="searcher", attested_by="R. Supervisor", galleries=[GALLERY], case_number="24-77"),
        now=now(), read=str.encode,
    )  # fmt: skip
    twins = [parts.cases.open(terms).case.case_id for _ in range(2)]
    answer = room.ask("other", "GET", "/cases/24-77")
    assert answer.status_code == 404
    assert not any(case_id[:8] in answer.text for case_id in (*twins, first.case_id))
    assert "2 open cases have the number 24-77" in room.ask("records", "GET", "/cases/24-77").text


@pytest.mark.parametrize("who", ["other", "reviewer", "gallery_owner", "policy_owner"])
def test_nobody_finds_out_by_asking_whose_number_a_case_has(room: Room, who: str) -> None:
    place = room.place
    number = place.console.parts.cases.find(place.case_id).case_number
    for path in ("/ledger", *(("/searches",) if who == "other" else ())):
        real, made_up = (room.people[who].get(path, params={"case": case}).text for case in (number, "24-0000"))
        assert real == made_up.replace("24-0000", number), path


@pytest.mark.parametrize("who", ["searcher", "auditor", "records"])
def test_whoever_may_know_a_case_finds_its_entries_by_its_number(room: Room, who: str) -> None:
    number = room.place.console.parts.cases.find(room.place.case_id).case_number
    for path, found in (("/ledger", room.known["entry_id"]), ("/searches", room.known["act_id"])):
        assert found in room.people[who].get(path, params={"case": number}).text, path


def test_a_job_is_seen_by_nobody_who_has_lost_the_role_for_it(room: Room) -> None:
    parts = room.place.console.parts
    jobs, name, password = parts.background.jobs, "former owner", "rain tulip anchor quartz"
    account = parts.accounts.add(name, [Role.GALLERY_OWNER], by=parts.standing(), password=password).account
    owner = JobOwner("console", name, account_id=account.account_id)
    job_id = jobs.take_on(jobs.new_id(), JobKind.ENROLMENT, owner, subject_matter=GALLERY, parameters={}).job_id
    parts.accounts.set_roles(name, [Role.SEARCHER], by=parts.standing())
    client, token = signed_in(room.place.console.url, name, password)
    with contextlib.closing(client):
        for end in ("", ".json", "/rejects.csv"):
            assert client.get(f"/jobs/{job_id}{end}").status_code == 404
        assert client.post(f"/jobs/{job_id}/cancel", data={"csrf": token}).status_code == 404
    assert jobs.find(job_id).cancel_asked_at is None


@pytest.mark.parametrize("days", ["0", "36501", "000000001" + "9" * 20, "9" * 5000, "²"])
def test_a_gallery_is_kept_for_no_days_that_there_are_not(room: Room, days: str) -> None:
    sent = {"name": "g", "basis": "b", "source": "consented_enrolment", "keep": "days", "days": days}
    answer = room.ask("gallery_owner", "POST", "/new-gallery", csrf=room.tokens["gallery_owner"], **sent)
    assert answer.status_code == 400


def test_every_page_carries_the_policy_and_is_kept_nowhere(room: Room) -> None:
    for method, path in expected():
        if path in ("/healthz", "/readyz", "/metrics", "/compat") or path.startswith("/static"):
            continue
        for who in ("nobody", "records"):
            headers = room.ask(who, method, path, x="1").headers
            assert "default-src 'none'" in headers["content-security-policy"], path
            assert headers["x-content-type-options"] == "nosniff", path
            assert headers["cache-control"] == "no-store", path
            scripts = re.search(r"script-src ([^;]*)", headers["content-security-policy"])
            assert scripts is None or scripts[1] == "'self'", path


def test_an_export_is_fetched_by_whoever_asked_for_it_alone(room: Room) -> None:
    sent = {"csrf": room.tokens["records"], "redaction": "default"}
    led = room.ask("records", "POST", "/ledger/export", **sent).headers["location"]
    assert room.people["records"].get(led).status_code == 200
    for end in ("", ".json", "/ledger.zip"):
        assert room.people["auditor"].get(f"{led}{end}").status_code == 404


def test_a_reviewer_sees_neither_names_nor_scores_nor_other_votes(room: Room) -> None:
    parts, place = room.place.console.parts, room.place
    held = place.search("p002")
    assert held.review_id is not None
    place.vote(held.review_id, "second reviewer", "p002")
    reviewed = parts.reviews.find(held.review_id)
    secret = [*place.names(reviewed.review_id).values(), GALLERY, "second reviewer", reviewed.gallery_id]
    pages = [
        "/reviews", "/reviews/done", f"/reviews/{reviewed.review_id}", f"/reviews/{reviewed.review_id}/lead",
        f"/searches/{reviewed.act_id}", f"/searches/{reviewed.act_id}/dossier.json",
    ]  # fmt: skip
    for page in pages:
        # Pictures are written in letters and digits too.
        text = re.sub(r"data:[^\"]*", "", room.people["reviewer"].get(page, follow_redirects=True).text)
        assert not [name for name in secret if name in text], page
    entries = [
        entry for entry in parts.journal.entries(from_index=0, limit=10_000)
        if entry.fields.get("act_id") == reviewed.act_id or entry.fields.get("review_id") == reviewed.review_id
    ]  # fmt: skip
    assert {"act_completed", "review_opened", "review_vote"} <= {entry.kind for entry in entries}
    voter = parts.reviews.person("second reviewer")
    for entry in entries:
        text = room.people["reviewer"].get(f"/ledger/{entry.entry_id}").text
        for name in ("candidate_reference_ids", "candidate_scores", "filler_reference_ids", "ratings"):
            for value in words_of(entry.fields, name):
                assert value not in text or len(value) < 8, (entry.kind, name)
        assert voter not in text, entry.kind


def test_a_session_ends_when_the_account_gets_another_role(room: Room) -> None:
    parts, console = room.place.console.parts, room.place.console
    parts.accounts.add("mover", [Role.SEARCHER], by=parts.standing(), password="rain tulip anchor quartz")
    client, _ = signed_in(console.url, "mover", "rain tulip anchor quartz")
    with contextlib.closing(client):
        assert client.get("/cases").status_code == 200
        with pytest.raises(AccountInvalid):
            parts.accounts.set_roles("mover", [Role.SEARCHER, Role.POLICY_OWNER], by=parts.standing())
        parts.accounts.set_roles("mover", [Role.POLICY_OWNER], by=parts.standing())
        assert told(client.get("/cases")) == "in"


def test_a_case_s_token_ends_with_the_role_of_whoever_it_names(room: Room) -> None:
    """A case's credential is a way to search: whoever makes the rules has none, however they came by it."""
    parts, console = room.place.console.parts, room.place.console
    parts.accounts.add("Ada Mover", [Role.SEARCHER], by=parts.standing(), password="rain tulip anchor quartz")
    claims = {"actor_sector": "private_entity", "galleries": [GALLERY], "attested_by": "R. Supervisor"}
    terms = case_terms(values(operator="ada  mover", **claims), now=now(), read=str.encode)
    token = next(one.secret for one in parts.cases.open(terms).credentials if one.kind is CredentialKind.TOKEN)
    photo = (SAMPLE_COHORT / "photos" / "p001_probe.jpg").read_bytes()
    with httpx.Client(base_url=console.url, headers={"Authorization": f"Bearer {token}"}, timeout=60) as client:

        def search() -> httpx.Response:
            return client.post("/v1/search", files={"photo": photo}, data={"gallery": GALLERY})

        assert search().is_success
        parts.accounts.set_roles("Ada Mover", [Role.POLICY_OWNER], by=parts.standing())
        refused = search()
        assert (refused.status_code, client.get("/v1/galleries").status_code) == (403, 403)
    denied = parts.journal.entries(EntryFilter(kinds=(EntryKind.ACT_DENIED,)), limit=2)
    assert {one.fields["deciding_rules"] for one in denied} == {("case.credential_refused",)}
    assert "kept apart" in refused.json()["error"]["message"]


@pytest.mark.parametrize("operator", ["policy_owner", "AUDITOR", " policy_owner "])
def test_no_case_is_opened_for_whoever_makes_the_rules_or_audits(room: Room, operator: str) -> None:
    before = len(room.place.console.parts.cases.recent())
    typed = {name: str(value) for name, value in values(operator=operator).items() if isinstance(value, str)}
    typed |= {"csrf": room.tokens["records"], "jurisdictions": "US-OH", "galleries": GALLERY}
    typed |= {"targeted": "yes", "adverse_effect": "no", "selection_basis": NOTHING}
    answer = room.ask("records", "POST", "/cases/new", **typed)
    assert answer.status_code == 400
    assert "kept apart from searching" in answer.text
    assert len(room.place.console.parts.cases.recent()) == before


@pytest.mark.parametrize("name", ["MOVER 2", "mover  2", "\uff4dover 2"])
def test_nobody_gets_a_second_account_whose_name_looks_the_same(room: Room, name: str) -> None:
    accounts, by = room.place.console.parts.accounts, room.place.console.parts.standing()
    if not any(one.name == "mover 2" for one in accounts.list(limit=1000)):
        accounts.add("mover 2", [Role.SEARCHER], by=by, password="rain tulip anchor quartz")
    with pytest.raises(AccountInvalid):
        accounts.add(name, [Role.POLICY_OWNER], by=by, password="rain tulip anchor quartz")


@pytest.mark.parametrize(
    "way",
    ["//evil.example", "https://evil.example", "/\\evil.example", "\\\\evil.example", "javascript:alert(1)",
     "/\t/evil.example", "///evil.example", "evil.example", "/%0d%0aSet-Cookie:x=1", "http:/evil.example"],
)  # fmt: skip
def test_signing_in_leads_to_no_other_host(room: Room, way: str) -> None:
    console = room.place.console
    with httpx.Client(base_url=console.url, timeout=60) as client:
        page = client.get("/sign-in", params={"next": way})
        fields = {"csrf": _token(page), "name": "records", "password": console.passwords["records"], "next": way}
        answer = client.post("/sign-in", data=fields)
    led = httpx.URL(console.url).join(answer.headers["location"])
    assert (answer.status_code, str(led)[: len(console.url)]) == (303, console.url)
    assert "x=1" not in answer.headers.get("set-cookie", "")


@pytest.mark.parametrize("path", ["//evil.example/", "/\\evil.example/", "//evil.example//", "/%2f%2fevil.example/"])
def test_a_slash_too_many_leads_to_no_other_host(room: Room, path: str) -> None:
    url = httpx.URL(room.place.console.url)
    answer = room.people["records"].send(
        room.people["records"].build_request("GET", url.copy_with(raw_path=path.encode()))
    )
    if answer.status_code == 303:
        assert str(url.join(answer.headers["location"])).startswith(str(url))


def test_cookies_of_sessions_are_kept_from_scripts_and_other_sites(room: Room) -> None:
    console = room.place.console
    with httpx.Client(base_url=console.url, timeout=60) as client:
        fields = {"csrf": _token(client.get("/sign-in")), "name": "records", "password": console.passwords["records"]}
        cookies = client.post("/sign-in", data=fields).headers.get_list("set-cookie")
    session = next(cookie for cookie in cookies if cookie.startswith("countenance="))
    assert {"httponly", "samesite=lax", "path=/"} <= {part.strip().lower() for part in session.split(";")}


@pytest.mark.parametrize(
    "headers",
    [{"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"},
     {"Sec-Fetch-Site": "same-site"}],
)  # fmt: skip
def test_forms_from_other_sites_are_refused_even_with_the_token(room: Room, headers: dict[str, str]) -> None:
    answer = room.people["records"].post(
        "/ledger/verify", files={"csrf": (None, room.tokens["records"])}, headers=headers
    )
    assert answer.status_code == 403
    assert "The form was sent from another site" in answer.text


@pytest.mark.parametrize(
    "path",
    ["/cases/{case_id}?before=99999999999999999999", "/cases/{case_id}?before=" + "9" * 5000,
     "/cases?after=open~0001-01-01T00:00:00%2B23:59~x", "/ledger?after=99999999999999999999",
     "/ledger?case=%00", "/ledger?from=9999-99-99", "/jobs?after=99999999T999999-" + NO_ID,
     "/reviews/all?show=nonsense", "/reviews/all?after=nonsense", "/searches?after=99999999999999999999",
     "/galleries/%ed%a0%80", "/galleries?after=%ed%a0%80", "/galleries/none?after=%ff", "/audits/..",
     "/audits/.%2e/report", "/cases/%00", "/policy/packs/..", "/accountability/laws/..", "/searches/%00",
     "/accountability?from=0001-01-01&to=9999-12-31", "/policy/explain?now=99999-01-01"],
)  # fmt: skip
def test_made_up_addresses_are_no_accident(room: Room, path: str) -> None:
    for who in ("records", "auditor", "gallery_owner", "policy_owner"):
        answer = room.ask(who, "GET", path)
        assert answer.status_code < 500, (who, path)


def _said(page: httpx.Response) -> tuple[int, str]:
    """Return a page's status and what it says, without what differs from page to page."""
    main = page.text[page.text.index("<main") : page.text.index("</main>")]
    return page.status_code, re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}|[0-9a-f]{32}", "…", main)
