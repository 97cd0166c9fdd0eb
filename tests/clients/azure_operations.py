"""The main operations of azure-ai-vision-face against an Azure-Face-compatible endpoint, as an application uses them.

    python azure_operations.py --endpoint URL --key KEY a1.jpg a2.jpg b1.jpg noface.jpg

Exit status 0: every check held.
"""

import argparse
import uuid
from pathlib import Path

from azure.ai.vision.face import FaceAdministrationClient, FaceClient
from azure.core.credentials import AzureKeyCredential
from azure.core.exceptions import ClientAuthenticationError, HttpResponseError

MODELS = {"detection_model": "detection_03", "recognition_model": "recognition_04"}


def error_of(call):
    """Return the error of a call that has to fail."""
    try:
        call()
    except HttpResponseError as error:
        return error
    raise AssertionError("the call succeeded")


def main():
    """Run every check."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--endpoint", required=True)
    parser.add_argument("--key", required=True)
    parser.add_argument("photos", nargs=4)
    chosen = parser.parse_args()
    first, second, other, nobody = (Path(path).read_bytes() for path in chosen.photos)
    key = AzureKeyCredential(chosen.key)
    faces = FaceClient(chosen.endpoint, key)
    groups = FaceAdministrationClient(chosen.endpoint, key, polling_interval=1).large_person_group

    def identifier(photo):
        return faces.detect(photo, return_face_id=True, **MODELS)[0].face_id

    one, same, stranger = identifier(first), identifier(second), identifier(other)
    assert faces.detect(nobody, return_face_id=False, **MODELS) == []
    assert faces.verify_face_to_face(face_id1=one, face_id2=same).is_identical
    assert not faces.verify_face_to_face(face_id1=one, face_id2=stranger).is_identical

    name = f"own-{uuid.uuid4().hex[:8]}"
    groups.create(name, name="people", recognition_model="recognition_04")
    try:
        person = groups.create_person(name, name="A. Person").person_id
        kept = groups.add_face(name, person, first, detection_model="detection_03").persisted_face_id
        groups.begin_train(name).result()
        (found,) = faces.identify_from_large_person_group(face_ids=[same], large_person_group_id=name)
        assert found.candidates[0].person_id == person
        assert groups.get_person(name, person).persisted_face_ids == [kept]
        missing = {"face_ids": [same], "large_person_group_id": "not-there"}
        error = error_of(lambda: faces.identify_from_large_person_group(**missing))
        assert error.error.code == "LargePersonGroupNotFound", error.error.code
    finally:
        groups.delete(name)
    stranger = FaceClient(chosen.endpoint, AzureKeyCredential("0" * 32))
    error = error_of(lambda: stranger.detect(first, return_face_id=False, **MODELS))
    assert isinstance(error, ClientAuthenticationError)
    print("azure-ai-vision-face OK")


if __name__ == "__main__":
    main()
