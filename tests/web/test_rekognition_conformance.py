"""Every operation once, its answer held against the vendor's own service model; lists are there even when empty."""

from __future__ import annotations

import base64
from typing import Any

import botocore.session
import pytest
from botocore.validate import ParamValidator

from countenance.web.rekognition.dialect import OPERATIONS
from countenance.web.rekognition.refused_operations import REFUSED, REFUSED_ATTRIBUTES
from tests.web.conftest import Client, photo

MODEL = botocore.session.get_session().get_service_model("rekognition")


def image(*names: str, **options: Any) -> dict[str, str]:
    """Return the member of a request that holds a photo."""
    return {"Bytes": base64.b64encode(photo(*names, **options)).decode()}


def conforming(client: Client, operation: str, **members: Any) -> dict[str, Any]:
    """Return the answer to a call, after holding it against the service model."""
    answer = client.call(operation, **members)
    shape = MODEL.operation_model(operation).output_shape
    report = ParamValidator().validate(answer, shape)
    assert not report.has_errors(), report.generate_report()
    return answer


def test_every_operation_of_the_model_is_answered_or_refused_with_a_reason() -> None:
    assert set(OPERATIONS) | set(REFUSED) == set(MODEL.operation_names)
    assert not set(OPERATIONS) & set(REFUSED)


def test_every_attribute_of_the_model_is_answered_or_refused_with_a_reason() -> None:
    words = MODEL.shape_for("Attribute").enum
    assert set(REFUSED_ATTRIBUTES) | {"DEFAULT", "ALL"} == set(words)


def test_answers_of_every_operation_are_those_of_the_service_model(client: Client) -> None:
    asked: set[str] = set()

    def ask(operation: str, **members: Any) -> dict[str, Any]:
        asked.add(operation)
        return conforming(client, operation, **members)

    detected = ask("DetectFaces", Image=image("ada", "bob"), Attributes=["ALL"])
    assert [face["BoundingBox"]["Width"] for face in detected["FaceDetails"]] == [90 / 640, 80 / 640]
    compared = ask("CompareFaces", SourceImage=image("ada"), TargetImage=image("ada", "bob", variant="2"))
    assert len(compared["FaceMatches"]) == len(compared["UnmatchedFaces"]) == 1
    made = ask("CreateCollection", CollectionId="staff", Tags={"purpose": "test"})
    assert made["CollectionArn"] == "aws:rekognition:eu-central-1:000000000000:collection/staff"
    assert ask("ListCollections")["CollectionIds"] == ["staff"]
    indexed = ask("IndexFaces", CollectionId="staff", Image=image("ada", "bob"), ExternalImageId="party:1")
    ada, bob = (record["Face"]["FaceId"] for record in indexed["FaceRecords"])
    assert indexed["UnindexedFaces"] == []
    listed = ask("ListFaces", CollectionId="staff")
    assert {face["FaceId"] for face in listed["Faces"]} == {ada, bob}
    hit = ask("SearchFacesByImage", CollectionId="staff", Image=image("ada", variant="2"))
    assert [match["Face"]["FaceId"] for match in hit["FaceMatches"]] == [ada]
    assert ask("SearchFaces", CollectionId="staff", FaceId=ada)["FaceMatches"] == []
    ask("CreateUser", CollectionId="staff", UserId="ada")
    assert ask("ListUsers", CollectionId="staff")["Users"] == [{"UserId": "ada", "UserStatus": "CREATED"}]
    joined = ask("AssociateFaces", CollectionId="staff", UserId="ada", FaceIds=[ada, bob])
    assert joined["UserStatus"] == "ACTIVE"
    users = ask("SearchUsersByImage", CollectionId="staff", Image=image("ada", "cleo", variant="3"))
    assert users["UnsearchedFaces"][0]["Reasons"] == ["FACE_NOT_LARGEST"]
    assert ask("SearchUsers", CollectionId="staff", UserId="ada")["UserMatches"] == []
    cleo = client.call("IndexFaces", CollectionId="staff", Image=image("cleo"))["FaceRecords"][0]["Face"]["FaceId"]
    kept = ask("DeleteFaces", CollectionId="staff", FaceIds=[ada, cleo])
    assert kept["DeletedFaces"] == [cleo]
    assert kept["UnsuccessfulFaceDeletions"][0]["Reasons"] == ["ASSOCIATED_TO_AN_EXISTING_USER"]
    ask("DisassociateFaces", CollectionId="staff", UserId="ada", FaceIds=[ada])
    ask("DeleteUser", CollectionId="staff", UserId="ada")
    described = ask("DescribeCollection", CollectionId="staff")
    assert (described["FaceCount"], described["UserCount"]) == (2, 0)
    arn = described["CollectionARN"]
    assert arn.startswith("arn:aws:rekognition:")
    ask("TagResource", ResourceArn=arn, Tags={"owner": "Frau Weiß"})
    ask("UntagResource", ResourceArn=made["CollectionArn"], TagKeys=["purpose"])
    assert ask("ListTagsForResource", ResourceArn=arn)["Tags"] == {"owner": "Frau Weiß"}
    ask("DeleteCollection", CollectionId="staff")
    assert asked == set(OPERATIONS)


def test_lists_are_there_even_when_they_are_empty(client: Client) -> None:
    client.call("CreateCollection", CollectionId="empty")
    assert client.call("DetectFaces", Image=image())["FaceDetails"] == []
    none = client.call("IndexFaces", CollectionId="empty", Image=image())
    assert (none["FaceRecords"], none["UnindexedFaces"]) == ([], [])
    assert client.call("SearchFacesByImage", CollectionId="empty", Image=image("ada"))["FaceMatches"] == []
    nobody = client.call("SearchUsersByImage", CollectionId="empty", Image=image())
    assert (nobody["UserMatches"], nobody["UnsearchedFaces"]) == ([], [])
    assert "SearchedFace" not in nobody
    assert client.call("ListUsers", CollectionId="empty")["Users"] == []


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_what_is_refused_on_purpose_names_the_operation(shared_client: Client, name: str) -> None:
    code, message = shared_client.refused(name)
    assert code == "UnknownOperationException"
    assert name in message
