"""The main operations of azure-cognitiveservices-vision-face, the older client, as an application uses them.

    python azure_operations_of_2022.py --endpoint URL --key KEY a1.jpg a2.jpg b1.jpg noface.jpg

Exit status 0: every check held.
"""

import argparse
import time
import uuid
from pathlib import Path

from azure.cognitiveservices.vision.face import FaceClient
from azure.cognitiveservices.vision.face.models import APIErrorException
from msrest.authentication import CognitiveServicesCredentials

MODELS = {"detection_model": "detection_03", "recognition_model": "recognition_04"}
#: Times the training is asked for, half a second apart.
ASKED = 60


def error_of(call):
    """Return the error of a call that has to fail."""
    try:
        call()
    except APIErrorException as error:
        return error
    raise AssertionError("the call succeeded")


def main():
    """Run every check."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--endpoint", required=True)
    parser.add_argument("--key", required=True)
    parser.add_argument("photos", nargs=4)
    chosen = parser.parse_args()
    client = FaceClient(chosen.endpoint, CognitiveServicesCredentials(chosen.key))

    def detected(path):
        with Path(path).open("rb") as photo:
            return client.face.detect_with_stream(photo, return_face_id=True, **MODELS)

    one, same, stranger = (detected(path)[0].face_id for path in chosen.photos[:3])
    assert detected(chosen.photos[3]) == []
    assert client.face.verify_face_to_face(one, same).is_identical
    assert not client.face.verify_face_to_face(one, stranger).is_identical

    name = f"own-{uuid.uuid4().hex[:8]}"
    client.person_group.create(name, name="people", recognition_model="recognition_04")
    try:
        person = client.person_group_person.create(name, name="A. Person").person_id
        with Path(chosen.photos[0]).open("rb") as photo:
            client.person_group_person.add_face_from_stream(name, person, photo, detection_model="detection_03")
        client.person_group.train(name)
        for _ in range(ASKED):
            if client.person_group.get_training_status(name).status.value != "running":
                break
            time.sleep(0.5)
        assert client.person_group.get_training_status(name).status.value == "succeeded"
        (found,) = client.face.identify([same], person_group_id=name)
        assert found.candidates[0].person_id == person
    finally:
        client.person_group.delete(name)
    error = error_of(lambda: client.person_group.get(name))
    assert error.error.error.code == "PersonGroupNotFound", error.error.error.code
    print("azure-cognitiveservices-vision-face OK")


if __name__ == "__main__":
    main()
