"""Long work over the native interface: begun in three ways, seen by its own case alone, cancelled, on record."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from countenance.bootstrap.job_parts import job_parts
from countenance.bootstrap.serving import ServiceLimits
from countenance.policy.terms import GallerySource
from countenance.service.jobs import MOST_WAITING_OF_OWNER
from countenance.service.standing import Profile
from tests.support.waiting import until
from tests.web.conftest import PNG, World, photo, world_in
from tests.web.test_rest import GALLERY, Rest, error_of, open_case

PEOPLE = ("ada", "bob", "cyd")


@pytest.fixture
def rest(world: World) -> Rest:
    made = open_case(world)
    made.good("POST", "/v1/galleries", json=GALLERY)
    return made


def archive(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as packed:
        for name, data in files.items():
            packed.writestr(name, data)
    return buffer.getvalue()


def people(*names: str, photos: int = 2) -> dict[str, bytes]:
    """Return photos in a folder a person."""
    return {f"{name}/{number}.png": photo(name, variant=str(number)) for name in names for number in range(photos)}


def over(rest: Rest, answer: Any) -> dict[str, Any]:
    """Return a job once it has ended."""
    assert answer.status_code == 202, answer.text
    job = answer.json()
    assert answer.headers["location"] == f"/v1/jobs/{job['job_id']}"
    ended = ("done", "failed", "cancelled")
    until(lambda: rest.good("GET", f"/v1/jobs/{job['job_id']}")["state"] in ended, every_s=0.02)
    return dict(rest.good("GET", f"/v1/jobs/{job['job_id']}"))


def rejects(rest: Rest, job: dict[str, Any]) -> list[dict[str, str]]:
    answer = rest("GET", f"/v1/jobs/{job['job_id']}/rejects.csv")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/csv")
    return list(csv.DictReader(io.StringIO(answer.text)))


def test_a_zip_as_the_body_is_enrolled_and_every_reject_has_its_reason(rest: Rest) -> None:
    files = people(*PEOPLE) | {
        "ada/none.png": photo(note="1"),
        "ada/two.png": photo("ada", "bob"),
        "bob/blurred.png": photo("bob", blurred=True),
        "bob/text.png": b"damaged\n",
        "cyd/again.png": people("cyd")["cyd/0.png"],
        "cyd/inner.zip": archive({"x.png": b"x"}),
        "../out.png": photo("eve"),
    }
    sent = {"content": archive(files), "headers": {"Content-Type": "application/zip"}}
    job = over(rest, rest("POST", "/v1/jobs/enrolments?gallery=staff", **sent))
    assert job["state"] == "done", job
    assert job["result"]["counts"] == {
        "stored": 6, "no_face": 1, "several_faces": 1, "low_quality": 1, "duplicate": 1, "unreadable": 3
    }  # fmt: skip
    assert job["progress"]["counts"] == job["result"]["counts"]
    listed = rejects(rest, job)
    assert len(listed) == 7
    assert all(one["reason"] for one in listed)
    assert {one["file"]: one["reason"] for one in listed}["cyd/inner.zip"] == "an archive within the archive"
    assert rest.good("GET", "/v1/galleries/staff")["references"] == 6
    assert rest.good("GET", f"/v1/jobs/{job['job_id']}/result") == job["result"]


def test_photos_of_a_form_are_named_for_their_files_or_for_one_person(rest: Rest) -> None:
    files = [("photos", (f"{name}.png", photo(name), "image/png")) for name in PEOPLE]
    job = over(rest, rest("POST", "/v1/jobs/enrolments", data={"gallery": "staff"}, files=files))
    assert job["result"]["counts"] == {"stored": 3}
    more = [("photos", (f"C:\\photos\\{n}.png", photo("dan", variant=str(n)), "image/png")) for n in range(2)]
    job = over(rest, rest("POST", "/v1/jobs/enrolments", data={"gallery": "staff", "person": "Dan"}, files=more))
    assert job["result"]["counts"] == {"stored": 2}
    subjects = [one["subject"] for one in rest.good("GET", "/v1/galleries/staff/subjects")["items"]]
    assert subjects == ["Dan", *PEOPLE]


def test_a_list_in_the_archive_says_who_is_who(rest: Rest) -> None:
    files = {
        "a.png": photo("ada"),
        "deep/b.png": photo("bob"),
        "people.csv": b"subject,file\nAda,a.png\nBob,deep/b.png\n",
    }
    sent = {"content": archive(files), "headers": {"Content-Type": "application/zip"}}
    job = over(rest, rest("POST", "/v1/jobs/enrolments?gallery=staff", **sent))
    assert job["result"]["counts"] == {"stored": 2}
    assert [one["subject"] for one in rest.good("GET", "/v1/galleries/staff/subjects")["items"]] == ["Ada", "Bob"]


def test_a_list_that_leads_out_of_the_archive_is_refused(rest: Rest, world: World) -> None:
    for path in ("../../../master.key", "/etc/passwd", "../0"):
        files = {"a.png": photo("ada"), "people.csv": f"subject,file\nAda,a.png\nEve,{path}\n".encode()}
        sent = {"content": archive(files), "headers": {"Content-Type": "application/zip"}}
        job = over(rest, rest("POST", "/v1/jobs/enrolments?gallery=staff", **sent))
        assert job["state"] == "failed"
        assert job["error"]["code"] == "list_invalid"
    assert rest.good("GET", "/v1/galleries/staff")["references"] == 0


def test_an_archive_whose_one_folder_holds_others_is_refused_until_somebody_says_what_they_are(rest: Rest) -> None:
    packed = archive({f"photos/{name}": data for name, data in people(*PEOPLE).items()})
    zipped = {"Content-Type": "application/zip"}
    asked = over(rest, rest("POST", "/v1/jobs/enrolments?gallery=staff", content=packed, headers=zipped))
    assert asked["error"]["code"] == "archive_invalid"
    assert "3 others" in asked["error"]["message"]
    told = rest("POST", "/v1/jobs/enrolments?gallery=staff&people_inside_one_folder=true", content=packed,
                headers=zipped)  # fmt: skip
    assert over(rest, told)["result"]["counts"] == {"stored": 6}
    assert [one["subject"] for one in rest.good("GET", "/v1/galleries/staff/subjects")["items"]] == list(PEOPLE)


def test_nothing_of_an_upload_is_left_behind(rest: Rest, world: World) -> None:
    jobs = world.service.parts.background.jobs
    sent = {"content": archive(people("ada")), "headers": {"Content-Type": "application/zip"}}
    over(rest, rest("POST", "/v1/jobs/enrolments?gallery=staff", **sent))
    rest("POST", "/v1/jobs/enrolments?gallery=nowhere", **sent)
    rest("POST", "/v1/jobs/enrolments?gallery=staff&unknown=1", **sent)
    rest("POST", "/v1/jobs/enrolments?gallery=staff", content=b"", headers={"Content-Type": "multipart/form-data"})
    # The job's row says it is over a moment before its folder goes.
    until(lambda: jobs.folders.present() == [])


@pytest.mark.parametrize(
    ("options", "status"),
    [
        ({"json": {}}, 422),
        ({"json": {"gallery": "staff"}}, 400),
        ({"json": {"gallery": "staff", "folder": "/etc"}}, 400),
        ({"json": {"gallery": "staff", "folder": "/nowhere/at/all"}}, 400),
        ({"json": {"gallery": "staff", "folder": "../.."}}, 400),
        ({"json": [1]}, 422),
        ({"content": b"{", "headers": {"Content-Type": "application/json"}}, 400),
        ({"content": b"x", "headers": {"Content-Type": "text/plain"}}, 400),
        ({"content": b"--x--", "headers": {"Content-Type": "multipart/form-data; boundary=x"}}, 422),
        ({"content": b"--x\r\nrubbish", "headers": {"Content-Type": "multipart/form-data; boundary=x"}}, 400),
        ({"data": {"gallery": "staff"}, "files": [("photos", ("", b"", "image/png"))]}, 400),
        ({"data": {"gallery": "nowhere"}, "files": [("photos", ("a.png", b"x", "image/png"))]}, 404),
    ],
)
def test_what_cannot_be_begun_is_refused_at_once(rest: Rest, options: dict[str, Any], status: int) -> None:
    answer = rest("POST", "/v1/jobs/enrolments", **options)
    assert answer.status_code == status, answer.text
    assert error_of(answer)["remedy"]


def test_a_folder_of_the_server_is_enrolled_only_if_the_settings_name_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    allowed, other = tmp_path / "allowed", tmp_path / "other"
    for root in (allowed, other):
        for name, data in people("ada", "bob").items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_bytes(data)
    monkeypatch.setenv("COUNTENANCE_ENROLMENT_FOLDERS", str(allowed))
    (tmp_path / "data").mkdir()
    with world_in(tmp_path / "data", source=GallerySource.CONSENTED_ENROLMENT, limits=ServiceLimits()) as world:
        rest = open_case(world)
        rest.good("POST", "/v1/galleries", json=GALLERY)
        for wrong in (str(other), f"{allowed}/../other", str(allowed.parent), "allowed"):
            answer = rest("POST", "/v1/jobs/enrolments", json={"gallery": "staff", "folder": wrong})
            assert answer.status_code == 400
        job = over(rest, rest("POST", "/v1/jobs/enrolments", json={"gallery": "staff", "folder": str(allowed)}))
        assert job["result"]["counts"] == {"stored": 4}
        (allowed / "ada" / "link.png").symlink_to(other / "bob" / "0.png")
        job = over(rest, rest("POST", "/v1/jobs/enrolments", json={"gallery": "staff", "folder": str(allowed)}))
        assert job["error"]["code"] == "list_invalid"


def test_a_job_is_seen_by_its_own_case_alone(world: World, rest: Rest) -> None:
    sent = {"content": archive(people("ada")), "headers": {"Content-Type": "application/zip"}}
    job = over(rest, rest("POST", "/v1/jobs/enrolments?gallery=staff", **sent))
    other = open_case(world, case_number="24-2000")
    for method, path in (("GET", ""), ("POST", "/cancel"), ("GET", "/rejects.csv"), ("GET", "/result")):
        answer = other(method, f"/v1/jobs/{job['job_id']}{path}")
        assert answer.status_code == 404
        assert error_of(answer)["code"] == "job_not_found"
    assert other.good("GET", "/v1/jobs")["items"] == []
    assert [one["job_id"] for one in rest.good("GET", "/v1/jobs")["items"]] == [job["job_id"]]


def test_a_closed_case_ends_its_job_with_a_refusal_on_record(world: World) -> None:
    rest = open_case(world, case_number="24-3000")
    rest.good("POST", "/v1/galleries", json=GALLERY)
    background = world.service.parts.background
    background.runner.stop()
    sent = {"content": archive(people("ada")), "headers": {"Content-Type": "application/zip"}}
    answer = rest("POST", "/v1/jobs/enrolments?gallery=staff", **sent)
    job_id = answer.json()["job_id"]
    parts = world.service.parts
    case = background.jobs.find(job_id).owner.case_id
    assert case is not None
    parts.cases.close(case, by="B. Head")
    job_parts(parts, Profile).runner.run_one()
    failed = background.jobs.find(job_id)
    assert failed.error is not None
    assert failed.error.code == "case_closed"
    assert "Recorded as entry" in failed.error.message
    assert world.entries("act_denied")[-1]["case_id"] == case
    assert parts.store.gallery("staff").references == 0


def test_the_act_is_on_record_like_the_command_s(world: World, rest: Rest) -> None:
    sent = {"content": archive(people("ada")), "headers": {"Content-Type": "application/zip"}}
    job = over(rest, rest("POST", "/v1/jobs/enrolments?gallery=staff", **sent))
    (intended,) = [one for one in world.entries("act_intended") if one["act_id"] == job["result"]["act_id"]]
    (enrolled,) = [one for one in world.entries("enrolment") if one["act_id"] == job["result"]["act_id"]]
    (completed,) = [one for one in world.entries("act_completed") if one["act_id"] == job["result"]["act_id"]]
    assert intended["interface"] == "rest"
    assert (enrolled["references"], completed["result"]) == (2, "enrolled")


def test_a_case_that_names_other_galleries_is_refused_and_that_is_recorded(world: World, rest: Rest) -> None:
    world.service.parts.create_gallery(
        "other", world.service.parts.standing(), basis="tests", source=GallerySource.CONSENTED_ENROLMENT,
        retention_days=None,
    )  # fmt: skip
    narrow = open_case(world, case_number="24-4000", galleries=["other"])
    before = len(world.entries("act_denied"))
    sent = {"content": archive(people("ada")), "headers": {"Content-Type": "application/zip"}}
    answer = narrow("POST", "/v1/jobs/enrolments?gallery=staff", **sent)
    assert answer.status_code == 403
    assert len(world.entries("act_denied")) == before + 1


def test_no_case_fills_the_queue(world: World, rest: Rest) -> None:
    world.service.parts.background.runner.stop()
    sent = {"content": archive(people("ada")), "headers": {"Content-Type": "application/zip"}}
    answers = [rest("POST", "/v1/jobs/enrolments?gallery=staff", **sent) for _ in range(MOST_WAITING_OF_OWNER + 1)]
    assert [one.status_code for one in answers] == [202] * MOST_WAITING_OF_OWNER + [429]
    assert error_of(answers[-1])["code"] == "jobs_too_many"
    waiting = answers[0].json()["job_id"]
    assert rest.good("POST", f"/v1/jobs/{waiting}/cancel")["state"] == "cancelled"
    assert rest.good("POST", f"/v1/jobs/{waiting}/cancel")["state"] == "cancelled"
    assert rest("POST", "/v1/jobs/enrolments?gallery=staff", **sent).status_code == 202
    assert error_of(rest("GET", f"/v1/jobs/{waiting}/result"))["code"] == "job_not_ready"


def test_a_repeated_request_begins_one_job(rest: Rest) -> None:
    sent = {
        "content": archive(people("ada")),
        "headers": {"Content-Type": "application/zip", "Idempotency-Key": "7c0d5b2e"},
    }
    first = rest("POST", "/v1/jobs/enrolments?gallery=staff", **sent)
    second = rest("POST", "/v1/jobs/enrolments?gallery=staff", **sent)
    assert second.headers["idempotent-replayed"] == "true"
    assert first.json()["job_id"] == second.json()["job_id"]
    assert second.headers["location"] == first.headers["location"]
    assert over(rest, first)["result"]["counts"] == {"stored": 2}
    form = {"data": {"gallery": "staff"}, "files": [("photos", ("bob.png", photo("bob"), "image/png"))],
            "headers": {"Idempotency-Key": "8c0d5b2e"}}  # fmt: skip
    one, two = (rest("POST", "/v1/jobs/enrolments", **form) for _ in range(2))
    assert one.json()["job_id"] == two.json()["job_id"]
    assert over(rest, one)["result"]["counts"] == {"stored": 1}
    assert len(rest.good("GET", "/v1/jobs")["items"]) == 2


def test_lists_of_jobs_have_pages_and_come_as_lines(rest: Rest) -> None:
    for name in PEOPLE:
        files = [("photos", (f"{name}.png", photo(name), "image/png"))]
        over(rest, rest("POST", "/v1/jobs/enrolments", data={"gallery": "staff"}, files=files))
    first = rest.good("GET", "/v1/jobs?limit=2&kind=enrolment")
    second = rest.good("GET", f"/v1/jobs?limit=2&cursor={first['next']}")
    assert (len(first["items"]), len(second["items"]), second["next"]) == (2, 1, None)
    lines = rest("GET", "/v1/jobs", headers={"Accept": "application/x-ndjson"}).text.splitlines()
    assert [json.loads(line)["job_id"] for line in lines] == [
        one["job_id"] for one in (*first["items"], *second["items"])
    ]
    assert rest.good("GET", "/v1/jobs?kind=audit")["items"] == []
    assert error_of(rest("GET", "/v1/jobs?cursor=x"))["code"] == "input"


def labelled() -> tuple[bytes, bytes]:
    """Return an archive and a list of 24 people in two groups, two photos each."""
    files, lines = {}, ["subject,file,sex"]
    for number in range(24):
        for variant in range(2):
            name = f"p{number:02}_{variant}.png"
            files[name] = photo(f"p{number:02}", variant=str(variant))
            lines.append(f"p{number:02},{name},{('female', 'male')[number % 2]}")
    return archive(files), "\n".join(lines).encode()


@pytest.fixture(scope="module")
def audited(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[World, Rest, dict[str, Any]]]:
    folder = tmp_path_factory.mktemp("audited")
    with world_in(folder, source=GallerySource.CONSENTED_ENROLMENT, limits=ServiceLimits()) as world:
        rest = open_case(world, purpose="accuracy_evaluation")
        packed, people_list = labelled()
        files = [
            ("photos", ("all.zip", packed, "application/zip")),
            ("people", ("people.csv", people_list, "text/csv")),
        ]
        data = {"audit": "town", "title": "A town", "synthetic": "true", "labels": ["sex"], "target_fmr": "0.01"}
        yield world, rest, over(rest, rest("POST", "/v1/jobs/audits", data=data, files=files))


def test_an_audit_gives_what_the_command_gives(audited: tuple[World, Rest, dict[str, Any]]) -> None:
    world, rest, job = audited
    assert job["state"] == "done", job
    assert job["about"].startswith("town-")
    document = rest.good("GET", f"/v1/jobs/{job['job_id']}/result")
    assert document["headline"]["sentence"] == job["result"]["headline"]
    assert job["result"]["understood"]["people"] == 24
    assert job["result"]["understood"]["columns"]["labels"] == ["sex"]
    folder = world.service.parts.background.shelf.workspace(job["about"]).folder
    assert {path.name for path in folder.iterdir()} == {"audit.json", "result.json", "report.html", "bundle.zip"}


def test_an_audit_s_photos_and_templates_are_gone_after_it(audited: tuple[World, Rest, dict[str, Any]]) -> None:
    world, rest, job = audited
    folder = world.service.parts.background.shelf.workspace(job["about"]).folder
    assert not list(folder.glob("*.npz"))
    for path in folder.rglob("*"):
        if path.is_file():
            assert PNG not in path.read_bytes()
    again = rest("POST", "/v1/jobs/audits", json={"audit": job["about"]})
    assert again.status_code == 400
    assert error_of(again)["code"] == "audit_input_invalid"


def test_another_case_cannot_run_or_read_it(audited: tuple[World, Rest, dict[str, Any]]) -> None:
    world, _, job = audited
    other = open_case(world, case_number="24-5000")
    assert other("POST", "/v1/jobs/audits", json={"audit": job["about"]}).status_code == 404
    assert other("GET", f"/v1/jobs/{job['job_id']}/result").status_code == 404


@pytest.mark.parametrize(
    ("data", "files", "code"),
    [
        ({"audit": "../x"}, [], "input"),
        ({}, [], "input"),
        ({"audit": "nowhere"}, [], "job_not_found"),
        ({"threshold": "7"}, ["photos", "people"], "request_invalid"),
        ({"labels": ["no_such_column"]}, ["photos", "people"], "list_invalid"),
        ({}, ["people"], "input"),
    ],
)
def test_an_audit_that_cannot_be_begun_leaves_nothing(
    audited: tuple[World, Rest, dict[str, Any]], data: dict[str, Any], files: list[str], code: str
) -> None:
    world, rest, _ = audited
    before = {one.name for one in world.service.parts.background.shelf.page()}
    packed, people_list = labelled()
    given = {"photos": ("all.zip", packed, "application/zip"), "people": ("p.csv", people_list, "text/csv")}
    sent = {"data": data, "files": [(name, given[name]) for name in files]} if files else {"json": data}
    answer = rest("POST", "/v1/jobs/audits", **sent)
    assert error_of(answer)["code"] == code, answer.text
    assert {one.name for one in world.service.parts.background.shelf.page()} == before
    assert world.service.parts.background.jobs.folders.present() == []
