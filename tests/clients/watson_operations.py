"""``detect_faces`` of ibm-watson against a Visual-Recognition-compatible endpoint, as an application uses it.

    python watson_operations.py --url URL --key KEY face.jpg

Exit status 0: every check held.
"""

import argparse
from pathlib import Path

from ibm_watson import ApiException, VisualRecognitionV3


def error_of(call):
    """Return the error of a call that has to fail."""
    try:
        call()
    except ApiException as error:
        return error
    raise AssertionError("the call succeeded")


def main():
    """Run every check."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--url", required=True)
    parser.add_argument("--key", required=True)
    parser.add_argument("photo")
    chosen = parser.parse_args()
    client = VisualRecognitionV3("2018-03-19", url=chosen.url, iam_apikey=f"icp-{chosen.key}")
    with Path(chosen.photo).open("rb") as photo:
        answer = client.detect_faces(images_file=photo).get_result()
    (face,) = answer["images"][0]["faces"]
    assert set(face) == {"face_location"}, "neither age nor gender is told"
    assert face["face_location"]["width"] > 0
    assert error_of(client.detect_faces).code == 400
    stranger = VisualRecognitionV3("2018-03-19", url=chosen.url, iam_apikey="icp-" + "0" * 32)
    assert error_of(stranger.detect_faces).code == 401
    print("ibm-watson OK")


if __name__ == "__main__":
    main()
