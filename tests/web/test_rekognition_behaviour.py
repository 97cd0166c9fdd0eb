"""What the vendor's users rely on beyond shapes: thresholds, filters, pages, repeats, messages."""

from __future__ import annotations

import base64
import json
import uuid
from typing import Any

import pytest

from tests.web.conftest import PNG, Client, World, photo
from tests.web.test_rekognition_conformance import image

NO_FACE = "There are no faces in the image. Should be at least 1."


@pytest.fixture
def staff(client: Client) -> Client:
    """Return a client of a service with the collection ``staff`` in it."""
    client.call("CreateCollection", CollectionId="staff")
    return client


def face_id(client: Client, *names: str, **options: Any) -> str:
    found = client.call("IndexFaces", CollectionId="staff", Image=image(*names, **options))
    return str(found["FaceRecords"][0]["Face"]["FaceId"])


def test_a_similarity_reported_is_never_on_the_other_side_of_the_threshold_sent(client: Client) -> None:
    for step in range(0, 1001, 7):
        threshold = step / 10
        found = client.call(
            "CompareFaces",
            SourceImage=image("ada"),
            TargetImage=image("ada", "bob", "cleo", variant="2"),
            SimilarityThreshold=threshold,
        )
        assert all(match["Similarity"] >= threshold for match in found["FaceMatches"])
        assert len(found["FaceMatches"]) + len(found["UnmatchedFaces"]) == 3


def test_the_threshold_itself_is_a_match(shared_client: Client) -> None:
    pictures = {"SourceImage": image("ada"), "TargetImage": image("ada", variant="2")}
    similarity = shared_client.call("CompareFaces", **pictures, SimilarityThreshold=0)["FaceMatches"][0]["Similarity"]
    assert shared_client.call("CompareFaces", **pictures, SimilarityThreshold=similarity)["FaceMatches"]
    above = similarity + 1e-9
    assert shared_client.call("CompareFaces", **pictures, SimilarityThreshold=above)["FaceMatches"] == []


def test_comparing_without_a_face_is_an_invalid_parameter(shared_client: Client) -> None:
    for pictures in ((image(), image("ada")), (image("ada"), image())):
        refused = shared_client.refused("CompareFaces", SourceImage=pictures[0], TargetImage=pictures[1])
        assert refused == ("InvalidParameterException", "Request has invalid parameters")


def test_searching_without_a_face_says_so_to_the_letter(staff: Client) -> None:
    assert staff.refused("SearchFacesByImage", CollectionId="staff", Image=image()) == (
        "InvalidParameterException",
        NO_FACE,
    )


def test_the_default_filter_leaves_blurred_faces_out_of_an_index_but_not_of_a_search(staff: Client) -> None:
    refused = staff.call("IndexFaces", CollectionId="staff", Image=image("ada", blurred=True))
    assert refused["FaceRecords"] == []
    assert refused["UnindexedFaces"][0]["Reasons"] == ["LOW_SHARPNESS"]
    known = face_id(staff, "ada")
    search = {"CollectionId": "staff", "Image": image("ada", variant="2", blurred=True)}
    assert staff.call("SearchFacesByImage", **search)["FaceMatches"][0]["Face"]["FaceId"] == known
    filtered = staff.refused("SearchFacesByImage", **search, QualityFilter="AUTO")
    assert filtered == ("InvalidParameterException", NO_FACE)
    kept = staff.call("IndexFaces", CollectionId="staff", Image=image("ada", blurred=True), QualityFilter="NONE")
    assert len(kept["FaceRecords"]) == 1


def test_more_faces_than_wanted_leaves_the_smallest_out(staff: Client) -> None:
    found = staff.call("IndexFaces", CollectionId="staff", Image=image("ada", "bob", "cleo"), MaxFaces=2)
    widths = [item["Face"]["BoundingBox"]["Width"] for item in found["FaceRecords"]]
    assert widths == sorted(widths, reverse=True)
    assert [item["Reasons"] for item in found["UnindexedFaces"]] == [["EXCEEDS_MAX_FACES"]]
    assert found["UnindexedFaces"][0]["FaceDetail"]["BoundingBox"]["Width"] < min(widths)


def test_the_same_picture_under_the_same_name_is_stored_once(staff: Client, world: World) -> None:
    request = {"CollectionId": "staff", "Image": image("ada", "bob"), "ExternalImageId": "party"}
    first = staff.call("IndexFaces", **request)
    again = staff.call("IndexFaces", **request)
    assert [item["Face"] for item in first["FaceRecords"]] == [item["Face"] for item in again["FaceRecords"]]
    assert staff.call("DescribeCollection", CollectionId="staff")["FaceCount"] == 2
    other = staff.call("IndexFaces", **{**request, "ExternalImageId": "party:2"})
    assert other["FaceRecords"][0]["Face"]["ImageId"] != first["FaceRecords"][0]["Face"]["ImageId"]
    assert [entry["references"] for entry in world.entries("enrolment")] == [2, 2]


def test_a_picture_indexed_for_fewer_faces_first_gets_the_others_later(staff: Client) -> None:
    request = {"CollectionId": "staff", "Image": image("ada", "bob")}
    first = staff.call("IndexFaces", **request, MaxFaces=1)["FaceRecords"]
    both = staff.call("IndexFaces", **request)["FaceRecords"]
    assert both[0]["Face"] == first[0]["Face"]
    assert both[1]["Face"]["ImageId"] == first[0]["Face"]["ImageId"]


def test_searching_with_a_face_of_the_collection_leaves_it_out_and_finds_the_others(staff: Client) -> None:
    one, two = face_id(staff, "ada"), face_id(staff, "ada", variant="2")
    face_id(staff, "bob")
    found = staff.call("SearchFaces", CollectionId="staff", FaceId=one)
    assert [match["Face"]["FaceId"] for match in found["FaceMatches"]] == [two]
    everyone = staff.call("SearchFaces", CollectionId="staff", FaceId=one, FaceMatchThreshold=0, MaxFaces=1)
    assert [match["Face"]["FaceId"] for match in everyone["FaceMatches"]] == [two]
    missing = staff.refused("SearchFaces", CollectionId="staff", FaceId=str(uuid.uuid4()))
    assert missing == ("InvalidParameterException", "faceId was not found in the collection.")


def test_a_deleted_face_is_found_no_more_and_its_erasure_is_recorded(staff: Client, world: World) -> None:
    gone = face_id(staff, "ada")
    missing = str(uuid.uuid4())
    deleted = staff.call("DeleteFaces", CollectionId="staff", FaceIds=[gone, missing])
    assert deleted["DeletedFaces"] == [gone]
    assert deleted["UnsuccessfulFaceDeletions"] == [{"FaceId": missing, "Reasons": ["FACE_NOT_FOUND"]}]
    assert staff.call("SearchFacesByImage", CollectionId="staff", Image=image("ada"))["FaceMatches"] == []
    assert [(entry["references"], entry["keys_destroyed"]) for entry in world.entries("erasure")] == [(1, 1)]


def test_pages_hold_everything_once_and_the_last_has_no_token(staff: Client) -> None:
    known = {face_id(staff, f"person{number}") for number in range(7)}
    seen: list[str] = []
    token: dict[str, str] = {}
    while True:
        page = staff.call("ListFaces", CollectionId="staff", MaxResults=3, **token)
        seen += [face["FaceId"] for face in page["Faces"]]
        if "NextToken" not in page:
            break
        token = {"NextToken": page["NextToken"]}
        assert len(page["NextToken"]) <= 255
    assert len(seen) == 7
    assert set(seen) == known


def test_a_token_of_another_collection_operation_or_nobody_is_refused(staff: Client) -> None:
    for number in range(3):
        face_id(staff, f"person{number}")
        staff.call("CreateUser", CollectionId="staff", UserId=f"user{number}")
    staff.call("CreateCollection", CollectionId="other")
    token = staff.call("ListFaces", CollectionId="staff", MaxResults=1)["NextToken"]
    for operation, members in (
        ("ListFaces", {"CollectionId": "other"}),
        ("ListUsers", {"CollectionId": "staff"}),
        ("ListCollections", {}),
    ):
        refused = staff.refused(operation, **members, NextToken=token)
        assert refused == ("InvalidPaginationTokenException", "Invalid Pagination Token")
    for bogus in ("bogus", "ü", "A" * 300, token[:-1]):
        assert staff.refused("ListFaces", CollectionId="staff", NextToken=bogus)[0] == "InvalidPaginationTokenException"


def test_collections_are_listed_in_pages(client: Client) -> None:
    names = [f"collection-{number}" for number in range(5)]
    for name in names:
        client.call("CreateCollection", CollectionId=name)
    first = client.call("ListCollections", MaxResults=2)
    second = client.call("ListCollections", MaxResults=2, NextToken=first["NextToken"])
    last = client.call("ListCollections", NextToken=second["NextToken"])
    listed = [name for page in (first, second, last) for name in page["CollectionIds"]]
    assert sorted(listed) == names
    assert "NextToken" not in last
    assert all(len(page["CollectionIds"]) == len(page["FaceModelVersions"]) for page in (first, second, last))


def test_a_face_joins_a_user_only_if_it_is_like_the_users_faces(staff: Client) -> None:
    ada, ada2, bob = face_id(staff, "ada"), face_id(staff, "ada", variant="2"), face_id(staff, "bob")
    for user in ("ada", "bob"):
        staff.call("CreateUser", CollectionId="staff", UserId=user)
    staff.call("AssociateFaces", CollectionId="staff", UserId="ada", FaceIds=[ada])
    missing = str(uuid.uuid4())
    wanted = {"CollectionId": "staff", "UserId": "ada", "FaceIds": [ada, ada2, bob, missing]}
    done = staff.call("AssociateFaces", **wanted)
    assert done["AssociatedFaces"] == [{"FaceId": ada2}]
    failed = {item["FaceId"]: item for item in done["UnsuccessfulFaceAssociations"]}
    assert failed[bob]["Reasons"] == ["LOW_MATCH_CONFIDENCE"]
    assert failed[bob]["Confidence"] < 75
    assert failed[missing]["Reasons"] == ["FACE_NOT_FOUND"]
    assert ada not in failed
    other = staff.call("AssociateFaces", CollectionId="staff", UserId="bob", FaceIds=[ada])
    assert other["UnsuccessfulFaceAssociations"][0]["Reasons"] == ["ASSOCIATED_TO_A_DIFFERENT_USER"]
    found = staff.call("SearchUsersByImage", CollectionId="staff", Image=image("ada", variant="3"))
    assert [match["User"]["UserId"] for match in found["UserMatches"]] == ["ada"]
    listed = staff.call("ListFaces", CollectionId="staff", UserId="ada")
    assert {face["FaceId"] for face in listed["Faces"]} == {ada, ada2}


def test_a_repeated_request_with_its_token_is_done_once(staff: Client) -> None:
    created = {"CollectionId": "staff", "UserId": "ada", "ClientRequestToken": "token-1"}
    assert staff.call("CreateUser", **created) == staff.call("CreateUser", **created) == {}
    code, message = staff.refused("CreateUser", **{**created, "UserId": "bob"})
    assert code == "IdempotentParameterMismatchException"
    assert message == "The ClientRequestToken: token-1 you have supplied is already in use."
    assert staff.refused("CreateUser", CollectionId="staff", UserId="ada")[0] == "ConflictException"
    ada = face_id(staff, "ada")
    join = {"CollectionId": "staff", "UserId": "ada", "FaceIds": [ada], "ClientRequestToken": "token-1"}
    assert staff.call("AssociateFaces", **join) == staff.call("AssociateFaces", **join)


def test_deleting_a_user_leaves_the_faces(staff: Client) -> None:
    ada = face_id(staff, "ada")
    staff.call("CreateUser", CollectionId="staff", UserId="ada")
    staff.call("AssociateFaces", CollectionId="staff", UserId="ada", FaceIds=[ada])
    staff.call("DeleteUser", CollectionId="staff", UserId="ada")
    assert staff.refused("DeleteUser", CollectionId="staff", UserId="ada")[0] == "ResourceNotFoundException"
    assert staff.call("DeleteFaces", CollectionId="staff", FaceIds=[ada])["DeletedFaces"] == [ada]


@pytest.mark.parametrize(
    ("operation", "members", "code"),
    [
        ("DetectFaces", {}, "InvalidParameterException"),
        ("DetectFaces", {"Image": {}}, "InvalidParameterException"),
        ("DetectFaces", {"Image": {"Bytes": ""}}, "InvalidParameterException"),
        ("DetectFaces", {"Image": {"Bytes": "***"}}, "InvalidParameterException"),
        ("DetectFaces", {"Image": {"Bytes": "AAAA", "S3Object": {}}}, "InvalidParameterException"),
        ("DetectFaces", {"Image": {"Bytes": "aGVsbG8="}}, "InvalidImageFormatException"),
        ("DetectFaces", {"Image": image("ada"), "Attributes": ["GENDER"]}, "InvalidParameterException"),
        ("DetectFaces", {"Image": image("ada"), "Attributes": ["BOGUS"]}, "InvalidParameterException"),
        ("DetectFaces", {"Image": image("ada"), "Atributes": []}, "InvalidParameterException"),
        ("CompareFaces", {"SourceImage": image("a"), "TargetImage": image("b"), "SimilarityThreshold": 140},
         "InvalidParameterException"),
        ("CompareFaces", {"SourceImage": image("a"), "TargetImage": image("b"), "SimilarityThreshold": True},
         "InvalidParameterException"),
        ("CompareFaces", {"SourceImage": image("a"), "TargetImage": image("b"), "QualityFilter": "BOGUS"},
         "InvalidParameterException"),
        ("CreateCollection", {"CollectionId": "bad id!"}, "InvalidParameterException"),
        ("CreateCollection", {"CollectionId": "x" * 256}, "InvalidParameterException"),
        ("CreateCollection", {"CollectionId": "x", "Tags": {"aws:x": "1"}}, "InvalidParameterException"),
        ("DescribeCollection", {"CollectionId": "nothing"}, "ResourceNotFoundException"),
        ("ListFaces", {"CollectionId": "nothing"}, "ResourceNotFoundException"),
        ("SearchFaces", {"CollectionId": "x", "FaceId": "not-a-uuid"}, "InvalidParameterException"),
        ("SearchUsers", {"CollectionId": "x"}, "InvalidParameterException"),
        ("ListTagsForResource", {"ResourceArn": "arn:aws:s3:::bucket/of/somebody"}, "ResourceNotFoundException"),
        ("NoSuchOperation", {}, "UnknownOperationException"),
    ],
)  # fmt: skip
def test_bad_input_has_the_vendors_code(
    shared_client: Client, operation: str, members: dict[str, Any], code: str
) -> None:
    assert shared_client.refused(operation, **members)[0] == code


def test_a_collection_that_exists_is_named_in_the_message(staff: Client) -> None:
    assert staff.refused("CreateCollection", CollectionId="staff") == (
        "ResourceAlreadyExistsException",
        "The collection id: staff already exists",
    )
    assert staff.refused("DeleteCollection", CollectionId="nothing") == (
        "ResourceNotFoundException",
        "The collection id: nothing does not exist",
    )


def test_a_picture_encoded_twice_is_explained(shared_client: Client) -> None:
    twice = base64.b64encode(base64.b64encode(PNG + b"\0\0\0\rIHDR")).decode()
    code, message = shared_client.refused("DetectFaces", Image={"Bytes": twice})
    assert code == "InvalidImageFormatException"
    assert "base64" in message


def test_sizes_are_those_of_the_vendor(shared_client: Client) -> None:
    large = {"Bytes": base64.b64encode(PNG + b"\0" * 5_242_880).decode()}
    assert shared_client.refused("DetectFaces", Image=large) == ("ImageTooLargeException", "Image size is too large.")
    huge = {"Bytes": "A" * 15_000_001}
    assert shared_client.refused("DetectFaces", Image=huge)[0] == "ImageTooLargeException"
    assert shared_client.refused("CreateCollection", CollectionId="A" * 15_000_001)[0] == "SerializationException"


@pytest.mark.parametrize("body", [b"{", b"[]", b"null", b'"x"', b"\xff", b"[" * 100_000, b'{"a":NaN', b"{}trailing"])
def test_what_is_not_a_json_object_is_a_serialization_exception(shared_client: Client, body: bytes) -> None:
    assert shared_client.raw("ListCollections", body).json()["Code"] == "SerializationException"


def test_an_object_comes_from_the_configured_folder_and_nothing_else_does(world: World, client: Client) -> None:
    folder = world.service.parts.app.settings.data_dir / "objects"
    (folder / "bucket" / "deep").mkdir(parents=True)
    (folder / "bucket" / "deep" / "ada.png").write_bytes(photo("ada"))
    (folder.parent / "secret.png").write_bytes(photo("bob"))
    (folder / "bucket" / "link.png").symlink_to(folder.parent / "secret.png")

    def of(key: str, bucket: str = "bucket", **more: str) -> dict[str, Any]:
        return {"S3Object": {"Bucket": bucket, "Name": key, **more}}

    assert len(client.call("DetectFaces", Image=of("deep/ada.png"))["FaceDetails"]) == 1
    for missing in (
        of("nothing.png"), of("../../secret.png"), of("link.png"), of("deep"), of("secret.png", ".."),
        of("secret.png", "..."), of("deep/ada.png", Version="1"), of("deep/ada.png\0"),
    ):  # fmt: skip
        assert client.refused("DetectFaces", Image=missing) == (
            "InvalidS3ObjectException",
            "Unable to get object metadata from S3. Check object key, region and/or access permissions.",
        )


def test_no_object_is_read_for_a_case_that_has_ended(world: World) -> None:
    client, opened = world.open_case()
    folder = world.service.parts.app.settings.data_dir / "objects" / "bucket"
    folder.mkdir()
    (folder / "ada.png").write_bytes(photo("ada"))
    named = {"S3Object": {"Bucket": "bucket", "Name": "ada.png"}}
    matches = client.call("CompareFaces", SourceImage=named, TargetImage=image("ada"))["FaceMatches"]
    assert len(matches) == 1
    world.service.parts.cases.close(opened.case.case_id, by="B. Head", reason="over")
    # Whether the object exists or not: the answer is the same, and it is recorded once.
    for name in ("ada.png", "nothing.png"):
        before = len(world.entries("act_denied"))
        wanted = {"S3Object": {"Bucket": "bucket", "Name": name}}
        assert client.refused("DetectFaces", Image=wanted)[0] == "AccessDeniedException"
        assert len(world.entries("act_denied")) == before + 1


def test_null_members_count_as_absent(shared_client: Client) -> None:
    answer = shared_client.raw("ListCollections", json.dumps({"NextToken": None, "MaxResults": None}).encode())
    assert answer.json()["CollectionIds"] == []
