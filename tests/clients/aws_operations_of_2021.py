"""The face operations that an AWS client of 2020 and 2021 knows, against a Rekognition-compatible endpoint.

Such a client has no operations for users and takes no tags with a collection; what it has must go on working.

    python aws_operations_of_2021.py --endpoint URL a1.jpg a2.jpg b1.jpg noface.jpg

Keys and region come from the environment. Exit status 0: every check held.
"""

import argparse
import uuid
from pathlib import Path

import boto3
from botocore.exceptions import ClientError


def code_of(call, **members):
    """Return the error code of a call that has to fail."""
    try:
        call(**members)
    except ClientError as error:
        return error.response["Error"]["Code"]
    raise AssertionError("the call succeeded")


def main():
    """Run every check."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--endpoint")
    parser.add_argument("photos", nargs=4)
    chosen = parser.parse_args()
    client = boto3.client("rekognition", endpoint_url=chosen.endpoint)
    first, second, other, nobody = ({"Bytes": Path(path).read_bytes()} for path in chosen.photos)

    face = client.detect_faces(Image=first)["FaceDetails"][0]
    assert 0 < face["BoundingBox"]["Width"] <= 1
    assert client.detect_faces(Image=nobody)["FaceDetails"] == []
    assert client.compare_faces(SourceImage=first, TargetImage=second)["FaceMatches"][0]["Similarity"] >= 80
    assert client.compare_faces(SourceImage=first, TargetImage=other)["FaceMatches"] == []
    assert code_of(client.compare_faces, SourceImage=nobody, TargetImage=first) == "InvalidParameterException"
    assert code_of(client.detect_faces, Image={"Bytes": b"no picture"}) == "InvalidImageFormatException"

    name = f"older-{uuid.uuid4().hex[:8]}"
    assert client.create_collection(CollectionId=name)["StatusCode"] == 200
    try:
        assert code_of(client.create_collection, CollectionId=name) == "ResourceAlreadyExistsException"
        ids = [
            client.index_faces(CollectionId=name, Image=image, ExternalImageId=label, MaxFaces=1)["FaceRecords"][0][
                "Face"
            ]["FaceId"]
            for image, label in ((first, "first"), (other, "other"))
        ]
        found = client.search_faces_by_image(CollectionId=name, Image=second, FaceMatchThreshold=80)
        assert found["FaceMatches"][0]["Face"]["ExternalImageId"] == "first"
        assert client.search_faces(CollectionId=name, FaceId=ids[0])["SearchedFaceId"] == ids[0]
        pages = client.get_paginator("list_faces").paginate(CollectionId=name, PaginationConfig={"PageSize": 1})
        assert {item["FaceId"] for page in pages for item in page["Faces"]} == set(ids)
        assert client.delete_faces(CollectionId=name, FaceIds=ids[:1])["DeletedFaces"] == ids[:1]
        assert client.describe_collection(CollectionId=name)["FaceCount"] == 1
        assert name in client.list_collections()["CollectionIds"]
    finally:
        assert client.delete_collection(CollectionId=name)["StatusCode"] == 200
    assert code_of(client.describe_collection, CollectionId=name) == "ResourceNotFoundException"
    print("aws boto3", boto3.__version__, "OK")


if __name__ == "__main__":
    main()
