"""Photos that lie elsewhere, through the vendors' own clients and the real models: by address, and in an S3 store."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import boto3
import httpx
import pytest
from azure.ai.vision.face import FaceAdministrationClient, FaceClient
from azure.core.credentials import AzureKeyCredential
from azure.core.exceptions import HttpResponseError
from botocore.exceptions import ClientError
from PIL import Image

from countenance.bootstrap.application import SAMPLE_COHORT
from tests.support.bad_files import saved, several_pictures
from tests.support.photo_server import PhotoServer, answer, photo_server
from tests.support.s3_double import REGION, S3Double, credentials_file_text, s3_double
from tests.web.conftest import RealServer, demonstration_server

pytestmark = pytest.mark.models
PHOTOS = SAMPLE_COHORT / "photos"
PROBE, REFERENCE = (PHOTOS / "p001_probe.jpg").read_bytes(), (PHOTOS / "p001_reference.jpg").read_bytes()
MODELS: dict[str, Any] = {"detection_model": "detection_03", "recognition_model": "recognition_04"}
NO_OBJECT = "Unable to get object metadata from S3. Check object key, region and/or access permissions."


@dataclass
class Elsewhere:
    """A service, and where its clients' photos lie."""

    server: RealServer
    photos: PhotoServer
    store: S3Double

    def address(self, path: str) -> str:
        return f"http://localhost:{self.photos.port}{path}"

    @property
    def azure_key(self) -> str:
        return self.server.environment["AZURE_FACE_KEY"]

    def face(self) -> FaceClient:
        return FaceClient(self.server.endpoint, AzureKeyCredential(self.azure_key))

    def rekognition(self) -> Any:
        return boto3.client(
            "rekognition",
            endpoint_url=self.server.endpoint,
            region_name="us-east-1",
            aws_access_key_id=self.server.environment["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=self.server.environment["AWS_SECRET_ACCESS_KEY"],
        )


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Elsewhere]:
    folder = tmp_path_factory.mktemp("elsewhere")
    (folder / "credentials").write_text(credentials_file_text())
    with photo_server() as photos, s3_double() as store:
        photos.answers |= {"/probe.jpg": answer(PROBE), "/reference.jpg": answer(REFERENCE)}
        with Image.open(PHOTOS / "p001_probe.jpg") as picture:
            rgb = picture.convert("RGB")
            photos.answers |= {
                "/still.gif": answer(saved(rgb, "GIF")),
                "/film.gif": answer(several_pictures(rgb, "GIF")),
                "/picture.bmp": answer(saved(rgb, "BMP")),
            }
            store.objects["staff", "film.gif"] = {"1": several_pictures(rgb, "GIF")}
        store.objects["staff", "ada/photo.jpg"] = {"old": b"no picture", "new": PROBE}
        store.objects["staff", "reference.jpg"] = {"1": REFERENCE}
        store.objects["staff", "large.jpg"] = {"1": b"\xff\xd8\xff" + bytes(15_728_640)}
        settings = {
            "fetch_allow": f"localhost:{photos.port}",
            "s3_endpoint": store.endpoint,
            "s3_region": REGION,
            "s3_credentials_file": str(folder / "credentials"),
        }
        with demonstration_server(folder, **settings) as server:
            yield Elsewhere(server, photos, store)


@pytest.mark.parametrize("path", ["/probe.jpg", "/still.gif", "/film.gif", "/picture.bmp"])
def test_azures_client_detects_a_face_at_an_address(elsewhere: Elsewhere, path: str) -> None:
    found = elsewhere.face().detect_from_url(url=elsewhere.address(path), return_face_id=False, **MODELS)
    (expected,) = elsewhere.face().detect(PROBE, return_face_id=False, **MODELS)
    assert len(found) == 1
    assert abs(found[0].face_rectangle.left - expected.face_rectangle.left) < 4


def test_azures_client_enrols_and_identifies_by_address(elsewhere: Elsewhere) -> None:
    key = AzureKeyCredential(elsewhere.azure_key)
    groups = FaceAdministrationClient(elsewhere.server.endpoint, key).large_person_group
    groups.create("elsewhere", name="n", recognition_model="recognition_04")
    person = groups.create_person("elsewhere", name="ada").person_id
    groups.add_face_from_url(
        "elsewhere", person, url=elsewhere.address("/reference.jpg"), detection_model="detection_03"
    )
    groups.begin_train("elsewhere").wait()
    (face,) = elsewhere.face().detect_from_url(url=elsewhere.address("/probe.jpg"), return_face_id=True, **MODELS)
    (answered,) = elsewhere.face().identify_from_large_person_group(
        face_ids=[face.face_id], large_person_group_id="elsewhere"
    )
    assert [item.person_id for item in answered.candidates] == [person]


def test_azures_client_reads_why_an_address_was_not_fetched(elsewhere: Elsewhere) -> None:
    for url in ("http://169.254.169.254/latest/meta-data", elsewhere.address("/nothing.jpg")):
        with pytest.raises(HttpResponseError) as caught:
            elsewhere.face().detect_from_url(url=url, return_face_id=False, **MODELS)
        assert caught.value.error is not None
        assert (caught.value.status_code, caught.value.error.code) == (400, "InvalidURL")
        assert str(caught.value.error.message).startswith("Invalid image URL or error downloading from target server.")


def test_watson_finds_a_face_at_an_address_and_in_a_film(elsewhere: Elsewhere) -> None:
    detect = f"{elsewhere.server.endpoint}/visual-recognition/api/v3/detect_faces?version=2018-03-19"
    auth = ("apikey", f"icp-{elsewhere.azure_key}")
    for files in (
        {"url": (None, elsewhere.address("/probe.jpg"))},
        {"url": (None, elsewhere.address("/film.gif"))},
        {"images_file": ("film.gif", elsewhere.store.objects["staff", "film.gif"]["1"])},
    ):
        (image,) = httpx.post(detect, files=files, auth=auth, timeout=30).json()["images"]
        assert len(image["faces"]) == 1, image


def of(key: str, bucket: str = "staff", **more: str) -> dict[str, Any]:
    return {"S3Object": {"Bucket": bucket, "Name": key, **more}}


def test_boto3_works_with_objects_of_a_store(elsewhere: Elsewhere) -> None:
    client = elsewhere.rekognition()
    assert len(client.detect_faces(Image=of("ada/photo.jpg"))["FaceDetails"]) == 1
    assert len(client.detect_faces(Image=of("ada/photo.jpg", Version="new"))["FaceDetails"]) == 1
    compared = client.compare_faces(SourceImage=of("ada/photo.jpg"), TargetImage=of("reference.jpg"))
    assert compared["FaceMatches"][0]["Similarity"] >= 80
    client.create_collection(CollectionId="of-objects")
    (record,) = client.index_faces(CollectionId="of-objects", Image=of("reference.jpg"))["FaceRecords"]
    (match,) = client.search_faces_by_image(CollectionId="of-objects", Image=of("ada/photo.jpg"))["FaceMatches"]
    assert match["Face"]["FaceId"] == record["Face"]["FaceId"]


@pytest.mark.parametrize(
    ("image", "code", "message"),
    [
        (of("nothing.jpg"), "InvalidS3ObjectException", NO_OBJECT),
        (of("ada/photo.jpg", bucket="nobodys"), "InvalidS3ObjectException", NO_OBJECT),
        (of("ada/photo.jpg", Version="newer"), "InvalidS3ObjectException", NO_OBJECT),
        (of("ada/photo.jpg", Version="old"), "InvalidImageFormatException", "Request has invalid image format."),
        # The vendor takes JPEG and PNG only, whatever else could be read here.
        (of("film.gif"), "InvalidImageFormatException", "Request has invalid image format."),
        (of("large.jpg"), "ImageTooLargeException", "Image size is too large."),
    ],
)
def test_boto3_gets_the_vendors_own_errors(elsewhere: Elsewhere, image: Any, code: str, message: str) -> None:
    with pytest.raises(ClientError) as caught:
        elsewhere.rekognition().detect_faces(Image=image)
    assert (caught.value.response["Error"]["Code"], caught.value.response["Error"]["Message"]) == (code, message)
