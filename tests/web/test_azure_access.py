"""Who may, in the Azure dialect: keys, cases, rules, review, limits. Every refusal of a key's holder is recorded."""

from __future__ import annotations

from pathlib import Path

from countenance.bootstrap.serving import ServiceLimits
from countenance.policy.terms import GallerySource
from countenance.service.credentials import CredentialKind
from tests.support.azure_client import BASE, DETECT, AzureClient
from tests.web.azure_worlds import azure_case, picture
from tests.web.conftest import World, world_in

ADA, ADA_AGAIN, BOB = picture("ada", variant="1"), picture("ada", variant="2"), picture("bob")


def test_without_a_known_key_nothing_is_done(world: World) -> None:
    for key in ("", "not a key"):
        nobody = AzureClient(world.service.app, key)
        for method, path in (("POST", "/detect"), ("GET", "/persongroups"), ("POST", "/charm")):
            status, code, message = nobody.refused(method, path)
            assert (status, code) == (401, "401")
            assert message.startswith("Access denied due to invalid subscription key or wrong API endpoint.")
    assert world.entries("act_intended") == []


def test_a_search_leaves_intent_and_outcome_in_the_ledger(world: World) -> None:
    client, _ = azure_case(world)
    client.group_with("Ada", ADA)
    again = client.detect(ADA_AGAIN)
    client.call("POST", "/identify", {"faceIds": [again], "largePersonGroupId": "g"})
    intent, outcome = world.entries("act_intended")[-1], world.entries("act_completed")[-1]
    assert (intent["action"], intent["interface"], intent["case_number"]) == ("search", "azure", "24-1183")
    assert (outcome["result"], outcome["candidate_count"], outcome["act_id"]) == ("candidates", 1, intent["act_id"])
    assert len(outcome["candidate_subject_digests"]) == 1


def test_every_operation_that_touches_a_face_is_an_act(world: World) -> None:
    client, _ = azure_case(world)
    person = client.group_with("Ada", ADA)
    ada, bob = client.detect(ADA), client.detect(BOB)
    client.call("PUT", "/facelists/l", {"name": "n", "recognitionModel": "recognition_04"})
    face_list = {"faceId": ada, "faceListId": "l"}
    steps: list[tuple[str, str, object, bytes | None]] = [
        ("detect", f"/detect?{DETECT}", None, ADA),
        ("detect", "/detect?returnFaceId=false", None, ADA),
        ("compare", "/verify", {"faceId1": ada, "faceId2": bob}, None),
        ("compare", "/verify", {"faceId": ada, "personId": person, "largePersonGroupId": "g"}, None),
        ("search", "/identify", {"faceIds": [ada], "largePersonGroupId": "g"}, None),
        ("search", "/findsimilars", {"faceId": ada, "faceIds": [bob]}, None),
        ("group", "/group", {"faceIds": [ada, bob]}, None),
        ("enrol", "/facelists/l/persistedfaces", None, ADA),
        ("search", "/findsimilars", face_list, None),
    ]
    for word, path, body, image in steps:
        before = len(world.entries("act_completed"))
        client.call("POST", path, body, image)
        assert len(world.entries("act_completed")) == before + 1, path
        assert world.entries("act_intended")[-1]["action"] == word, path


def test_a_refusal_by_a_rule_is_403_with_the_rule_and_the_entry(tmp_path: Path) -> None:
    with world_in(tmp_path, source=GallerySource.SCRAPED_WEB, limits=ServiceLimits()) as world:
        client, _ = azure_case(world)
        client.call("PUT", "/facelists/l", {"name": "n"})
        status, code, message = client.refused("POST", "/facelists/l/persistedfaces", image=ADA)
        assert (status, code) == (403, "UnsupportedFeature")
        assert "P1.scraped_gallery" in message
        entry = world.service.parts.journal.entries(limit=1)[0]
        assert entry.kind == "act_denied"
        assert entry.entry_id in message
        assert client.call("GET", "/facelists/l")["persistedFaces"] == []


def test_a_held_search_names_nobody_and_waits_for_review(world: World) -> None:
    owner, _ = azure_case(world)
    person = owner.group_with("Ada", ADA)
    measuring, _ = azure_case(world, purpose="accuracy_evaluation", case_number="24-1184")
    again = measuring.detect(ADA_AGAIN)
    asked = {"faceIds": [again], "largePersonGroupId": "g"}
    status, code, message = measuring.refused("POST", "/identify", asked)
    assert (status, code) == (403, "UnsupportedFeature")
    assert "held" in message
    assert person not in message
    outcome = world.entries("act_completed")[-1]
    assert outcome["held_for_review"] is True
    assert outcome["review_id"] in message
    # Temporary faces have no pictures to be looked at: refused instead.
    among = measuring.refused("POST", "/findsimilars", {"faceId": again, "faceIds": [measuring.detect(ADA)]})
    assert among[:2] == (403, "UnsupportedFeature")
    assert world.service.parts.journal.entries(limit=1)[0].entry_id in among[2]


def test_another_cases_faces_are_not_there(world: World) -> None:
    one, _ = azure_case(world)
    other, _ = azure_case(world, case_number="24-1184")
    mine, theirs = one.detect(ADA), other.detect(ADA)
    assert other.refused("POST", "/verify", {"faceId1": theirs, "faceId2": mine})[:2] == (404, "FaceNotFound")
    assert one.call("POST", "/verify", {"faceId1": mine, "faceId2": mine})["isIdentical"] is True


def test_a_case_reaches_only_the_containers_it_names(world: World) -> None:
    owner, _ = azure_case(world)
    owner.group_with("Ada", ADA)
    owner.call("PUT", "/largepersongroups/h", {"name": "n", "recognitionModel": "recognition_04"})
    narrow, _ = azure_case(world, galleries=["largepersongroup.h"], case_number="24-1184")
    listed = narrow.call("GET", "/largepersongroups")
    assert [item["largePersonGroupId"] for item in listed] == ["h"]
    for method, path in (("GET", ""), ("DELETE", ""), ("GET", "/persons"), ("POST", "/train")):
        status, code, message = narrow.refused(method, f"/largepersongroups/g{path}")
        assert (status, code) == (403, "UnsupportedFeature")
        assert "does not name this gallery" in message
        entry = world.service.parts.journal.entries(limit=1)[0]
        assert entry.kind == "act_denied"
        assert entry.entry_id in message
    asked = {"faceIds": [narrow.detect(ADA)], "largePersonGroupId": "g"}
    assert narrow.refused("POST", "/identify", asked)[:2] == (403, "UnsupportedFeature")
    assert owner.call("GET", "/largepersongroups/g")["largePersonGroupId"] == "g"


def test_a_closed_case_is_refused_and_recorded(world: World) -> None:
    client, opened = azure_case(world)
    client.group_with("Ada", ADA)
    world.service.parts.cases.close(opened.case.case_id, by="B. Head", reason="over")
    before = len(world.entries("act_denied"))
    for method, path, image in (("POST", f"/detect?{DETECT}", ADA), ("GET", "/largepersongroups/g", None)):
        answer = client.send(method, BASE + path, image=image)
        assert answer.status_code == 403
        assert "Recorded as entry" in answer.json()["error"]["message"]
    assert len(world.entries("act_denied")) == before + 2


def test_the_searches_of_a_case_are_counted_face_by_face(world: World) -> None:
    owner, _ = azure_case(world)
    owner.group_with("Ada", ADA)
    client, _ = azure_case(world, most_searches=3, case_number="24-1184")
    faces = [client.detect(ADA), client.detect(BOB)]
    asked = {"faceIds": faces, "largePersonGroupId": "g"}
    assert len(client.call("POST", "/identify", asked)) == 2
    assert client.refused("POST", "/identify", asked)[:2] == (403, "UnsupportedFeature")


def test_too_many_requests_are_told_when_to_come_again(tmp_path: Path) -> None:
    limits = ServiceLimits(requests_per_second=0.5, burst=2)
    with world_in(tmp_path, source=GallerySource.CONSENTED_ENROLMENT, limits=limits) as world:
        client, _ = azure_case(world)
        answers = [client.send("GET", f"{BASE}/persongroups") for _ in range(3)]
        assert [answer.status_code for answer in answers] == [200, 200, 429]
        assert answers[2].json()["error"] == {"code": "429", "message": "Rate limit is exceeded."}
        assert int(answers[2].headers["retry-after"]) >= 1
        assert "retry-after" not in answers[1].headers


def test_a_bearer_token_of_the_case_is_taken_too(world: World) -> None:
    _, opened = azure_case(world)
    token = next(item.secret for item in opened.credentials if item.kind is CredentialKind.TOKEN)
    client = AzureClient(world.service.app, "")
    answer = client.send("GET", f"{BASE}/persongroups", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 200
