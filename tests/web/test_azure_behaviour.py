"""What clients of Azure Face can see: identifiers that end, models that do not mix, groups, lists, training, errors."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from countenance.bootstrap.accountability import now
from countenance.service import person_group_faces
from countenance.service.person_group_port import ContainerKind
from countenance.web.azure.errors import RETIRED_MESSAGE
from tests.support.azure_client import BASE, DETECT, AzureClient
from tests.web.azure_worlds import azure_case, picture
from tests.web.conftest import World

NOBODY = "00000000-0000-4000-8000-000000000000"
ADA, ADA_AGAIN, BOB = picture("ada", variant="1"), picture("ada", variant="2"), picture("bob")


@pytest.fixture
def client(world: World) -> AzureClient:
    return azure_case(world)[0]


def test_detect_gives_what_was_asked_for_and_what_is_measured(client: AzureClient) -> None:
    wanted = "returnFaceLandmarks=true&returnRecognitionModel=true&returnFaceAttributes=headPose,mask,blur"
    (found,) = client.call("POST", f"/detect?{DETECT}&{wanted},qualityForRecognition", image=ADA)
    assert found["faceRectangle"] == {"top": 20, "left": 0, "width": 90, "height": 90}
    assert found["recognitionModel"] == "recognition_04"
    assert set(found["faceLandmarks"]) == {"pupilLeft", "pupilRight", "noseTip", "mouthLeft", "mouthRight"}
    assert found["faceLandmarks"]["pupilLeft"]["x"] < found["faceLandmarks"]["pupilRight"]["x"]
    # A mask is not measured: absent, not made up.
    assert set(found["faceAttributes"]) == {"headPose", "blur", "qualityForRecognition"}
    (bare,) = client.call("POST", "/detect?returnFaceId=false", image=ADA)
    assert set(bare) == {"faceRectangle"}


def test_detect_lists_faces_by_size_and_none_is_an_empty_list(client: AzureClient) -> None:
    found = client.call("POST", f"/detect?{DETECT}", image=picture("ada", "bob", "eve"))
    assert [item["faceRectangle"]["width"] for item in found] == [90, 80, 70]
    assert len({item["faceId"] for item in found}) == 3
    assert client.call("POST", f"/detect?{DETECT}", image=picture()) == []


@pytest.mark.parametrize("name", ["age", "gender", "smile", "facialHair", "emotion", "hair", "makeup", "Emotion"])
def test_retired_attributes_are_refused_as_the_vendor_does(client: AzureClient, name: str) -> None:
    answer = client.refused("POST", f"/detect?detectionModel=detection_01&returnFaceAttributes={name}", image=ADA)
    assert answer == (403, "UnsupportedFeature", RETIRED_MESSAGE)


@pytest.mark.parametrize(
    "query",
    [
        "detectionModel=detection_02&returnFaceAttributes=headPose",
        "detectionModel=detection_02&returnFaceLandmarks=true",
        "detectionModel=detection_01&returnFaceAttributes=mask",
        "recognitionModel=recognition_01&returnFaceAttributes=qualityForRecognition",
        "returnFaceAttributes=charm",
        "detectionModel=detection_09",
        "recognitionModel=recognition_09",
        "faceIdTimeToLive=59",
        "faceIdTimeToLive=86401",
        "returnFaceId=perhaps",
        "something=else",
        "returnFaceId=true&returnFaceId=true",
    ],
)
def test_arguments_that_do_not_fit_are_bad_arguments(client: AzureClient, query: str) -> None:
    assert client.refused("POST", f"/detect?{query}", image=ADA)[:2] == (400, "BadArgument")


def test_pictures_are_checked_for_size_and_format_and_never_fetched(client: AzureClient) -> None:
    path = f"/detect?{DETECT}"
    assert client.refused("POST", path, image=b"x" * 1_023)[:2] == (400, "InvalidImageSize")
    assert client.refused("POST", path, image=b"x" * (6 * 1_024 * 1_024 + 1))[:2] == (400, "InvalidImageSize")
    assert client.refused("POST", path, image=b"x" * 7_000_000)[:2] == (400, "InvalidImageSize")
    assert client.refused("POST", path, image=b"\xff" * 2_000)[:2] == (400, "InvalidImage")
    status, code, message = client.refused("POST", path, body={"url": "http://169.254.169.254/latest"})
    assert (status, code) == (400, "InvalidURL")
    assert message.startswith(
        "Invalid image URL or error downloading from target server. Remote server error returned: "
    )
    assert "fetch_allow" in message


def test_a_face_identifier_ends_with_its_time(client: AzureClient, world: World) -> None:
    (found,) = client.call("POST", f"/detect?{DETECT}&faceIdTimeToLive=60", image=ADA)
    lasting, ids = client.detect(BOB), found["faceId"]
    groups = world.service.groups.groups
    case_id = str(world.entries("act_intended")[-1]["case_id"])
    assert set(groups.temporary(case_id, [ids, lasting])) == {ids, lasting}
    store = world.service.parts.store
    later = now() + timedelta(seconds=61)
    store._clock = lambda: later
    assert set(groups.temporary(case_id, [ids, lasting])) == {lasting}
    # Whoever detects next deletes the row, not only the sight of it.
    client.detect(BOB)
    store._clock = now
    assert set(groups.temporary(case_id, [ids])) == set()


def test_verify_compares_two_faces_and_a_face_with_a_person(client: AzureClient) -> None:
    ada, again, bob = client.detect(ADA), client.detect(ADA_AGAIN), client.detect(BOB)
    same = client.call("POST", "/verify", {"faceId1": ada, "faceId2": again})
    other = client.call("POST", "/verify", {"faceId1": ada, "faceId2": bob})
    assert same["isIdentical"] is True
    assert same["confidence"] >= 0.5 > other["confidence"]
    assert other["isIdentical"] is False
    person = client.group_with("Ada", ADA)
    asked = {"faceId": again, "personId": person, "largePersonGroupId": "g"}
    assert client.call("POST", "/verify", asked)["isIdentical"] is True
    assert client.call("POST", "/verify", asked | {"faceId": bob})["isIdentical"] is False
    assert client.refused("POST", "/verify", asked | {"personId": NOBODY})[:2] == (404, "PersonNotFound")
    unknown = asked | {"largePersonGroupId": "nothing"}
    assert client.refused("POST", "/verify", unknown)[:2] == (404, "LargePersonGroupNotFound")


def test_an_unknown_face_is_404_in_verify_and_400_elsewhere(client: AzureClient) -> None:
    ada = client.detect(ADA)
    client.group_with("Ada", ADA)
    assert client.refused("POST", "/verify", {"faceId1": ada, "faceId2": NOBODY})[:2] == (404, "FaceNotFound")
    identify = {"faceIds": [NOBODY], "largePersonGroupId": "g"}
    assert client.refused("POST", "/identify", identify)[:2] == (400, "FaceNotFound")
    similar = {"faceId": ada, "faceIds": [NOBODY]}
    assert client.refused("POST", "/findsimilars", similar)[:2] == (400, "FaceNotFound")


def test_identify_ranks_persons_and_decides_on_the_confidence_it_gives(client: AzureClient) -> None:
    person = client.group_with("Ada", ADA)
    client.group_with("Bob", BOB)
    again, stranger = client.detect(ADA_AGAIN), client.detect(picture("eve"))
    first, second = client.call("POST", "/identify", {"faceIds": [again, stranger], "largePersonGroupId": "g"})
    assert first["faceId"] == again
    assert [item["personId"] for item in first["candidates"]] == [person]
    assert second == {"faceId": stranger, "candidates": []}
    confidence = first["candidates"][0]["confidence"]
    asked = {"faceIds": [again], "largePersonGroupId": "g", "confidenceThreshold": confidence}
    assert client.call("POST", "/identify", asked)[0]["candidates"] == first["candidates"]
    above = asked | {"confidenceThreshold": min(1.0, confidence + 1e-9)}
    assert client.call("POST", "/identify", above)[0]["candidates"] == []
    everybody = asked | {"confidenceThreshold": 0, "maxNumOfCandidatesReturned": 5}
    assert len(client.call("POST", "/identify", everybody)[0]["candidates"]) == 2


@pytest.mark.parametrize(
    ("named", "code"),
    [
        ({}, "PersonGroupIdAndLargePersonGroupIdBothNull"),
        ({"personGroupId": "a", "largePersonGroupId": "b"}, "PersonGroupIdAndLargePersonGroupIdBothNotNull"),
        ({"personGroupId": "a"}, "PersonGroupNotFound"),
        ({"largePersonGroupId": "a"}, "LargePersonGroupNotFound"),
    ],
)
def test_identify_says_what_is_wrong_with_the_group_named(
    client: AzureClient, named: dict[str, str], code: str
) -> None:
    body = {"faceIds": [client.detect(ADA)], **named}
    assert client.refused("POST", "/identify", body)[:2] == (400, code)


def test_other_recognition_models_are_not_mixed(client: AzureClient) -> None:
    client.group_with("Ada", ADA)
    older = client.detect(ADA, "recognitionModel=recognition_03&returnFaceId=true")
    newer = client.detect(ADA)
    expected = (400, "BadArgument", "'recognitionModel' is incompatible.")
    assert client.refused("POST", "/verify", {"faceId1": older, "faceId2": newer}) == expected
    assert client.refused("POST", "/identify", {"faceIds": [older], "largePersonGroupId": "g"}) == expected
    assert client.refused("POST", "/findsimilars", {"faceId": older, "faceIds": [newer]}) == expected
    assert client.refused("POST", "/group", {"faceIds": [older, newer]}) == expected


def test_find_similar_among_faces_has_two_modes(client: AzureClient) -> None:
    ada, again, bob = client.detect(ADA), client.detect(ADA_AGAIN), client.detect(BOB)
    body = {"faceId": ada, "faceIds": [bob, again]}
    assert [item["faceId"] for item in client.call("POST", "/findsimilars", body)] == [again]
    ranked = client.call("POST", "/findsimilars", body | {"mode": "matchFace"})
    assert [item["faceId"] for item in ranked] == [again, bob]
    one = body | {"mode": "matchFace", "maxNumOfCandidatesReturned": 1}
    assert len(client.call("POST", "/findsimilars", one)) == 1
    both = body | {"faceListId": "l"}
    assert client.refused("POST", "/findsimilars", both)[:2] == (400, "BadArgument")


def test_grouping_puts_nobody_in_by_way_of_somebody_else(client: AzureClient) -> None:
    faces = [client.detect(data) for data in (ADA, BOB, ADA_AGAIN, picture("eve"))]
    found = client.call("POST", "/group", {"faceIds": faces})
    assert found["groups"] == [[faces[0], faces[2]]]
    assert found["messyGroup"] == [faces[1], faces[3]]
    assert client.call("POST", "/group", {"faceIds": faces[:2]})["groups"] == []


@pytest.mark.parametrize(
    ("kind", "code", "member"),
    [
        ("persongroups", "PersonGroup", "personGroupId"),
        ("largepersongroups", "LargePersonGroup", "largePersonGroupId"),
        ("facelists", "FaceList", "faceListId"),
        ("largefacelists", "LargeFaceList", "largeFaceListId"),
    ],
)
def test_containers_of_each_kind_live_as_clients_expect(client: AzureClient, kind: str, code: str, member: str) -> None:
    made = {"name": "Überall", "userData": "a\n\t ", "recognitionModel": "recognition_02"}
    assert client.call("PUT", f"/{kind}/b-1", made) is None
    assert client.refused("PUT", f"/{kind}/b-1", made)[:2] == (409, f"{code}Exists")
    client.call("PUT", f"/{kind}/a_2", {"name": "n"})
    shown = client.call("GET", f"/{kind}/b-1?returnRecognitionModel=true")
    assert {name: shown[name] for name in (member, *made)} == {member: "b-1", **made}
    assert client.call("GET", f"/{kind}/a_2?returnRecognitionModel=true")["recognitionModel"] == "recognition_01"
    assert "recognitionModel" not in client.call("GET", f"/{kind}/a_2")
    assert [item[member] for item in client.call("GET", f"/{kind}")] == ["a_2", "b-1"]
    assert [item[member] for item in client.call("GET", f"/{kind}?start=a_2&top=1")] == ["b-1"]
    assert client.call("PATCH", f"/{kind}/b-1", {"userData": ""}) is None
    assert client.call("GET", f"/{kind}/b-1")["userData"] == ""
    assert client.call("GET", f"/{kind}/b-1")["name"] == "Überall"
    assert client.refused("PATCH", f"/{kind}/b-1", {})[:2] == (400, "BadArgument")
    assert client.refused("PUT", f"/{kind}/Bad", {"name": "n"})[:2] == (400, "BadArgument")
    assert client.refused("PUT", f"/{kind}/{'x' * 65}", {"name": "n"})[:2] == (400, "BadArgument")
    for method, body in (("GET", None), ("PATCH", {"name": "n"}), ("DELETE", None)):
        assert client.refused(method, f"/{kind}/missing", body)[:2] == (404, f"{code}NotFound")
    assert client.call("DELETE", f"/{kind}/b-1") is None
    assert client.refused("GET", f"/{kind}/b-1")[:2] == (404, f"{code}NotFound")


def test_the_same_identifier_is_another_container_in_another_kind(client: AzureClient) -> None:
    for kind in ("persongroups", "largepersongroups", "facelists", "largefacelists"):
        client.call("PUT", f"/{kind}/same", {"name": kind})
    assert client.call("GET", "/persongroups/same")["name"] == "persongroups"
    client.call("DELETE", "/persongroups/same")
    assert client.call("GET", "/facelists/same")["name"] == "facelists"


def test_training_is_asked_for_and_over_at_once(client: AzureClient) -> None:
    ada = client.detect(ADA)
    client.call("PUT", "/persongroups/g", {"name": "n", "recognitionModel": "recognition_04"})
    untrained = {"faceIds": [ada], "personGroupId": "g"}
    assert client.refused("POST", "/identify", untrained)[:2] == (400, "PersonGroupNotTrained")
    assert client.refused("GET", "/persongroups/g/training")[:2] == (404, "PersonGroupNotTrained")
    answer = client.send("POST", "/some//face/v1.0/persongroups/g/train", headers={"X-Forwarded-Proto": "https"})
    assert (answer.status_code, answer.content) == (202, b"")
    where = answer.headers["operation-location"]
    assert where == "https://service.example:8000/some/face/v1.0/persongroups/g/training"
    status = client.call("GET", "/persongroups/g/training")
    assert status["status"] == "succeeded"
    assert status["createdDateTime"] <= status["lastActionDateTime"] == status["lastSuccessfulTrainingDateTime"]
    assert client.call("POST", "/identify", untrained) == [{"faceId": ada, "candidates": []}]
    assert client.refused("POST", "/persongroups/x/train")[:2] == (404, "PersonGroupNotFound")
    # Small face lists are searched as they are.
    assert client.refused("POST", "/facelists/x/train")[0] == 404


def test_persons_are_made_listed_changed_and_deleted_with_their_faces(client: AzureClient, world: World) -> None:
    people = "/largepersongroups/g/persons"
    first, second = client.group_with("Ada", ADA, ADA_AGAIN), client.group_with("Bob", BOB)
    ids = sorted([first, second])
    assert [item["personId"] for item in client.call("GET", people)] == ids
    assert [item["personId"] for item in client.call("GET", f"{people}?start={ids[0]}&top=5")] == ids[1:]
    shown = client.call("GET", f"{people}/{first}")
    assert (shown["name"], shown["userData"], len(shown["persistedFaceIds"])) == ("Ada", None, 2)
    client.call("PATCH", f"{people}/{first}", {"name": "Augusta", "userData": "x"})
    assert client.call("GET", f"{people}/{first}")["name"] == "Augusta"
    for method, body in (("GET", None), ("PATCH", {"name": "n"}), ("DELETE", None)):
        assert client.refused(method, f"{people}/{NOBODY}", body)[:2] == (404, "PersonNotFound")
    assert client.call("DELETE", f"{people}/{first}") is None
    again = client.detect(ADA_AGAIN)
    assert client.call("POST", "/identify", {"faceIds": [again], "largePersonGroupId": "g"})[0]["candidates"] == []
    erasure = world.entries("erasure")[-1]
    assert (erasure["references"], erasure["keys_destroyed"]) == (2, 2)


def test_a_persons_faces_are_added_shown_changed_and_deleted(client: AzureClient) -> None:
    person = client.group_with("Ada")
    faces = f"/largepersongroups/g/persons/{person}/persistedfaces"
    added = client.call("POST", f"{faces}?userData=badge%20photo&detectionModel=detection_03", image=ADA)
    face = f"{faces}/{added['persistedFaceId']}"
    assert client.call("GET", face) == {**added, "userData": "badge photo"}
    client.call("PATCH", face, {"userData": "new"})
    assert client.call("GET", face)["userData"] == "new"
    # The same photo is another face.
    assert client.call("POST", faces, image=ADA) != added
    assert client.call("DELETE", face) is None
    assert client.refused("DELETE", face)[:2] == (404, "PersistedFaceNotFound")
    other = client.group_with("Bob")
    theirs = f"/largepersongroups/g/persons/{other}/persistedfaces"
    kept = client.call("GET", f"/largepersongroups/g/persons/{person}")["persistedFaceIds"]
    assert len(kept) == 1
    assert client.refused("GET", f"{theirs}/{kept[0]}")[:2] == (404, "PersistedFaceNotFound")
    unknown = f"/largepersongroups/g/persons/{NOBODY}/persistedfaces"
    assert client.refused("POST", unknown, image=ADA)[:2] == (404, "PersonNotFound")


def test_adding_needs_exactly_one_face_or_a_rectangle(client: AzureClient) -> None:
    client.call("PUT", "/largefacelists/l", {"name": "n", "recognitionModel": "recognition_04"})
    path = "/largefacelists/l/persistedfaces"
    two = picture("ada", "bob")
    none, several = "No face detected in the image.", "There is more than 1 face in the image."
    assert client.refused("POST", path, image=picture()) == (400, "InvalidImage", none)
    assert client.refused("POST", path, image=two) == (400, "InvalidImage", several)
    assert client.refused("POST", f"{path}?targetFace=400,300,50,50", image=two) == (400, "InvalidImage", none)
    for wrong in ("1,2,3", "a,b,c,d", "0,0,0,10", "1.5,2,3,4"):
        assert client.refused("POST", f"{path}?targetFace={wrong}", image=two)[:2] == (400, "BadArgument")
    bob = client.call("POST", f"{path}?targetFace=102,18,78,83", image=two)["persistedFaceId"]
    client.send("POST", f"{BASE}/largefacelists/l/train")
    asked = {"faceId": client.detect(BOB), "largeFaceListId": "l"}
    hits = client.call("POST", "/findsimilars", asked | {"mode": "matchFace"})
    assert [hit["persistedFaceId"] for hit in hits] == [bob]


def test_lists_are_searched_listed_and_emptied(client: AzureClient) -> None:
    client.call("PUT", "/facelists/l", {"name": "n", "recognitionModel": "recognition_04"})
    asked = {"faceId": client.detect(ADA_AGAIN), "faceListId": "l"}
    assert client.refused("POST", "/findsimilars", asked)[:2] == (400, "FaceListNotReady")
    added = [client.call("POST", "/facelists/l/persistedfaces", image=data)["persistedFaceId"] for data in (ADA, BOB)]
    assert [hit["persistedFaceId"] for hit in client.call("POST", "/findsimilars", asked)] == added[:1]
    shown = client.call("GET", "/facelists/l")["persistedFaces"]
    assert [item["persistedFaceId"] for item in shown] == sorted(added)
    client.call("DELETE", f"/facelists/l/persistedfaces/{added[0]}")
    assert client.call("POST", "/findsimilars", asked) == []
    assert client.refused("DELETE", f"/facelists/l/persistedfaces/{added[0]}")[:2] == (404, "PersistedFaceNotFound")


def test_a_large_list_pages_its_faces(client: AzureClient) -> None:
    client.call("PUT", "/largefacelists/l", {"name": "n"})
    path = "/largefacelists/l/persistedfaces"
    added = sorted(client.call("POST", f"{path}?userData={n}", image=ADA)["persistedFaceId"] for n in range(3))
    assert [item["persistedFaceId"] for item in client.call("GET", f"{path}?top=2")] == added[:2]
    assert [item["persistedFaceId"] for item in client.call("GET", f"{path}?start={added[1]}")] == added[2:]
    for top in ("0", "1001", "x"):
        assert client.refused("GET", f"{path}?top={top}")[:2] == (400, "BadArgument")


def test_texts_come_back_as_they_were_sent_and_too_long_ones_are_refused(client: AzureClient) -> None:
    long = "ü" * 16_384
    client.call("PUT", "/persongroups/g", {"name": "n" * 128, "userData": long})
    assert client.call("GET", "/persongroups/g")["userData"] == long
    for body in ({"name": "n" * 129}, {"name": ""}, {"name": "n", "userData": long + "x"}, {"name": "a\0b"}, {}):
        assert client.refused("PUT", "/persongroups/h", body)[:2] == (400, "BadArgument")


def test_paths_that_are_left_out_say_why_and_others_are_not_there(client: AzureClient) -> None:
    for path in ("/snapshots", "/dynamicpersongroups/x", "/detectLiveness/singleModal/sessions"):
        status, code, message = client.refused("POST", path, {})
        assert (status, code) == (403, "UnsupportedFeature")
        assert "not part of this service" in message
    assert client.refused("POST", "/charm", {})[:2] == (404, "404")
    assert client.refused("DELETE", "/detect")[:2] == (404, "404")
    assert client.send("GET", "/face").status_code == 404


def test_requests_are_found_again_by_their_identifiers(client: AzureClient) -> None:
    answer = client.send("GET", f"{BASE}/persongroups", headers={"x-ms-client-request-id": "abc-1"})
    assert answer.headers["x-ms-client-request-id"] == "abc-1"
    assert answer.headers["apim-request-id"] == answer.headers["x-request-id"]
    strange = client.send("GET", f"{BASE}/persongroups", headers={"x-ms-client-request-id": "a b"})
    assert "x-ms-client-request-id" not in strange.headers


def test_groups_of_a_full_size_are_full(client: AzureClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(person_group_faces, "MOST_FACES_OF_PERSON", 2)
    person = client.group_with("Ada", ADA, ADA_AGAIN)
    path = f"/largepersongroups/g/persons/{person}/persistedfaces"
    assert client.refused("POST", path, image=ADA)[:2] == (403, "QuotaExceeded")
    assert len(client.call("GET", f"/largepersongroups/g/persons/{person}")["persistedFaceIds"]) == 2


def test_a_list_of_full_size_is_full(client: AzureClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(person_group_faces, "MOST_FACES_OF_LIST", {ContainerKind.FACE_LIST: 1})
    client.call("PUT", "/facelists/l", {"name": "n"})
    client.call("POST", "/facelists/l/persistedfaces", image=ADA)
    assert client.refused("POST", "/facelists/l/persistedfaces", image=ADA)[:2] == (403, "QuotaExceeded")


def test_many_clients_at_once_are_all_served(client: AzureClient) -> None:
    client.group_with("Ada", ADA)

    def one(number: int) -> bool:
        again = client.detect(picture("ada", variant=str(number)))
        asked = {"faceIds": [again], "largePersonGroupId": "g"}
        person = client.call("POST", "/largepersongroups/g/persons", {"name": f"p{number}"})["personId"]
        client.call("POST", f"/largepersongroups/g/persons/{person}/persistedfaces", image=picture(f"p{number}"))
        return len(client.call("POST", "/identify", asked)[0]["candidates"]) == 1

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(one, range(16)))
    assert len(client.call("GET", "/largepersongroups/g/persons")) == 17
