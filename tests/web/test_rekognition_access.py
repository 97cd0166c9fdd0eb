"""Who may: cases, credentials, rules, review, limits. Every refusal of a credential's holder is in the ledger."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from unittest.mock import patch

import pytest

from countenance.bootstrap.serving import ServiceLimits
from countenance.policy.terms import GallerySource
from tests.web.conftest import Client, World, photo, world_in
from tests.web.test_rekognition_conformance import image


@pytest.fixture
def staff(world: World) -> Client:
    """Return a client with any gallery allowed, and ``staff`` with Ada in it."""
    client, _ = world.open_case()
    client.call("CreateCollection", CollectionId="staff")
    client.call("IndexFaces", CollectionId="staff", Image=image("ada"))
    return client


def test_a_search_leaves_intent_and_outcome_in_the_ledger(staff: Client, world: World) -> None:
    found = staff.call("SearchFacesByImage", CollectionId="staff", Image=image("ada", variant="2"))
    intent, outcome = world.entries("act_intended")[-1], world.entries("act_completed")[-1]
    assert (intent["action"], intent["interface"], intent["case_number"]) == ("search", "rekognition", "24-1183")
    assert (outcome["result"], outcome["candidate_count"]) == ("candidates", 1)
    assert outcome["act_id"] == intent["act_id"]
    assert len(found["FaceMatches"]) == 1


def test_a_refusal_by_a_rule_is_access_denied_with_the_rule_and_the_entry(tmp_path: Path) -> None:
    with world_in(tmp_path, source=GallerySource.SCRAPED_WEB, limits=ServiceLimits()) as world:
        client, _ = world.open_case()
        client.call("CreateCollection", CollectionId="scraped")
        code, message = client.refused("IndexFaces", CollectionId="scraped", Image=image("ada"))
        assert code == "AccessDeniedException"
        assert "is not authorized to perform: rekognition:IndexFaces" in message
        assert "P1.scraped_gallery" in message
        entry = world.service.parts.journal.entries(limit=1)[0]
        assert entry.kind == "act_denied"
        assert entry.entry_id in message
        assert client.call("DescribeCollection", CollectionId="scraped")["FaceCount"] == 0


def test_a_held_search_names_nobody(staff: Client, world: World) -> None:
    measuring, _ = world.open_case(purpose="accuracy_evaluation", case_number="24-1184")
    known = staff.call("ListFaces", CollectionId="staff")["Faces"][0]["FaceId"]
    staff.call("CreateUser", CollectionId="staff", UserId="ada")
    staff.call("AssociateFaces", CollectionId="staff", UserId="ada", FaceIds=[known])
    for operation, members in (
        ("SearchFacesByImage", {"Image": image("ada", variant="2")}),
        ("SearchFaces", {"FaceId": known, "FaceMatchThreshold": 0}),
        ("SearchUsersByImage", {"Image": image("ada", variant="2")}),
    ):
        code, message = measuring.refused(operation, CollectionId="staff", **members)
        assert code == "AccessDeniedException"
        assert "held" in message
        assert known not in message
        outcome = world.entries("act_completed")[-1]
        assert outcome["held_for_review"] is True
        assert f"review {outcome['review_id']}" in message
        assert world.entries("review_opened")[-1]["review_id"] == outcome["review_id"]


def test_a_case_that_names_a_gallery_reaches_no_other(staff: Client, world: World) -> None:
    staff.call("CreateCollection", CollectionId="others")
    limited, _ = world.open_case(galleries=["staff"], case_number="24-1185")
    assert limited.call("ListCollections")["CollectionIds"] == ["staff"]
    assert limited.call("ListFaces", CollectionId="staff")["Faces"]
    before = len(world.entries("act_denied"))
    calls = (
        ("SearchFacesByImage", {"Image": image("ada")}),
        ("IndexFaces", {"Image": image("ada")}),
        ("ListFaces", {}),
        ("DeleteCollection", {}),
        ("DescribeCollection", {}),
        ("CreateUser", {"UserId": "x"}),
    )
    for number, (operation, members) in enumerate(calls, start=1):
        assert limited.refused(operation, CollectionId="others", **members)[0] == "AccessDeniedException"
        assert len(world.entries("act_denied")) == before + number
        assert "case.gallery" in world.entries("act_denied")[-1]["deciding_rules"]
    # What does not exist looks the same as what is not allowed.
    assert limited.refused("DescribeCollection", CollectionId="nothing")[0] == "AccessDeniedException"


def test_a_closed_case_is_refused_and_the_attempt_recorded(staff: Client, world: World) -> None:
    client, opened = world.open_case(case_number="24-1186")
    world.service.parts.cases.close(opened.case.case_number, by="B. Head", reason="done")
    for operation, members in (
        ("SearchFacesByImage", {"CollectionId": "staff", "Image": image("ada")}),
        ("ListFaces", {"CollectionId": "staff"}),
        ("DetectFaces", {"Image": image("ada")}),
    ):
        code, message = client.refused(operation, **members)
        assert code == "AccessDeniedException"
        assert "Recorded as entry" in message
        assert world.entries("act_denied")[-1]["deciding_rules"] == ("case.closed",)


def test_searches_are_counted_against_the_case(staff: Client, world: World) -> None:
    client, _ = world.open_case(most_searches=2, case_number="24-1187")
    search = {"CollectionId": "staff", "Image": image("ada", variant="2")}
    for _ in range(2):
        client.call("SearchFacesByImage", **search)
    assert client.refused("SearchFacesByImage", **search)[0] == "AccessDeniedException"
    assert client.call("DetectFaces", Image=image("ada"))["FaceDetails"]


def test_a_case_limits_how_many_candidates_are_told(staff: Client, world: World) -> None:
    for number in range(3):
        staff.call("IndexFaces", CollectionId="staff", Image=image("ada", variant=f"more {number}"))
    client, _ = world.open_case(most_candidates=2, case_number="24-1188")
    search = {"CollectionId": "staff", "Image": image("ada", variant="2"), "MaxFaces": 4}
    answer = client.raw("SearchFacesByImage", json.dumps(search).encode()).json()
    assert len(answer.get("FaceMatches", ())) <= 2


def test_an_unknown_key_a_wrong_secret_and_no_signature_are_told_apart(world: World, client: Client) -> None:
    app = world.service.app
    assert Client(app, "AKIAUNKNOWN000000000", "x" * 40).refused("ListCollections") == (
        "UnrecognizedClientException",
        "The security token included in the request is invalid.",
    )
    assert Client(app, client.key, "x" * 40).refused("ListCollections")[0] == "InvalidSignatureException"
    assert [entry["refusal"] for entry in world.entries("credential_refused")] == ["unknown", "signature"]
    request = client.signed("ListCollections", b"{}")
    del request.headers["Authorization"]
    assert client.send(request).json()["Code"] == "MissingAuthenticationTokenException"


def test_a_signature_from_half_an_hour_ago_is_refused_and_recorded(world: World, client: Client) -> None:
    past = datetime.now(UTC) - timedelta(minutes=30)
    with patch("botocore.auth.get_current_datetime", return_value=past.replace(tzinfo=None)):
        request = client.signed("ListCollections", b"{}")
    answer = client.send(request).json()
    assert answer["Code"] == "InvalidSignatureException"
    assert "expired" in answer["Message"]
    assert world.entries("credential_refused")[-1]["refusal"] == "outside_window"


def test_wrong_signatures_cannot_fill_the_ledger(world: World, client: Client) -> None:
    wrong = Client(world.service.app, client.key, "x" * 40)
    for _ in range(10):
        wrong.refused("ListCollections")
    assert len(world.entries("credential_refused")) == 1
    world.service.parts.refused.write_due(everything=True)
    assert [entry["attempts"] for entry in world.entries("credential_refused")] == [1, 9]
    # The holder of the secret is not kept out by somebody who guesses at it.
    client.call("ListCollections")


def test_too_many_requests_of_one_credential_are_throttled_and_of_another_are_not(tmp_path: Path) -> None:
    limits = ServiceLimits(requests_per_second=0.5, burst=2)
    with world_in(tmp_path, source=GallerySource.CONSENTED_ENROLMENT, limits=limits) as world:
        client, other = world.open_case()[0], world.open_case(case_number="24-1190")[0]
        for _ in range(2):
            client.call("ListCollections")
        answer = client.raw("ListCollections", b"{}")
        assert (answer.status_code, answer.json()["Code"]) == (400, "ThrottlingException")
        assert 0 < int(answer.headers["x-amz-retry-after"]) <= 2000
        other.call("ListCollections")


@pytest.fixture
def blocked(tmp_path: Path) -> Iterator[World]:
    """Yield a service whose threads for photos are all at work until the test ends."""
    limits = ServiceLimits(waiting_photos=0)
    with world_in(tmp_path, source=GallerySource.CONSENTED_ENROLMENT, limits=limits) as world:
        yield world


def test_a_full_queue_is_told_as_exceeded_throughput_and_lists_go_on(blocked: World) -> None:
    client, _ = blocked.open_case()
    release, begun = threading.Event(), threading.Semaphore(0)
    engine = blocked.service.collections.engine
    read_faces = engine.read_faces

    def slow(data: bytes, *, templates: bool = True, crops: bool = False) -> object:
        begun.release()
        assert release.wait(10)
        return read_faces(data, templates=templates, crops=crops)

    with patch.object(engine, "read_faces", slow):
        workers = blocked.service.parts.app.workers
        threads = [threading.Thread(target=client.call, args=("DetectFaces",), kwargs={"Image": image("ada")})
                   for _ in range(workers)]  # fmt: skip
        for thread in threads:
            thread.start()
        for _ in threads:
            assert begun.acquire(timeout=10)
        assert client.refused("DetectFaces", Image=image("ada")) == (
            "ProvisionedThroughputExceededException",
            "Provisioned Rate exceeded.",
        )
        assert client.call("ListCollections")["CollectionIds"] == []
        release.set()
        for thread in threads:
            thread.join(10)


def test_what_nobody_foresaw_is_an_internal_error_in_the_vendors_shape(world: World, client: Client) -> None:
    with patch.object(world.service.collections.engine, "read_faces", side_effect=ZeroDivisionError("secret detail")):
        answer = client.raw("DetectFaces", json.dumps({"Image": image("ada")}).encode())
    assert answer.status_code == 500
    assert answer.json()["Code"] == "InternalServerError"
    assert "secret detail" not in answer.text
    assert "Traceback" not in answer.text
    assert world.entries("act_completed")[-1]["result"] == "failed"


def test_names_photos_and_secrets_are_in_no_log_line_and_no_metric(
    world: World, client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("INFO", logger="countenance"):
        client.call("CreateCollection", CollectionId="very-private")
        client.call("IndexFaces", CollectionId="very-private", Image=image("ada"), ExternalImageId="ada-lovelace")
        client.refused("Invented-ada-lovelace")
    text = caplog.text + world.service.app.state.metrics.text()[0].decode()
    assert "IndexFaces" in text
    for private in ("very-private", "ada-lovelace", "24-1183", client.secret, base64.b64encode(photo("ada")).decode()):
        assert private not in text
