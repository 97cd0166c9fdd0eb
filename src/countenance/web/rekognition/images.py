"""Pictures in requests: base64 bytes, or an object of a store that the operator has configured.

Rules kept here:

- JPEG and PNG only, by content, and within the vendor's sizes; everything else this package could read is refused, as
  the vendor refuses it.
- An object is read from a configured folder or store; without one, or if anything about it is not as it should be, the
  answer is the vendor's InvalidS3ObjectException and tells nothing about disk or store.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from countenance.service.object_folder import ObjectStore
from countenance.web.rekognition.errors import (
    DOCUMENTED_MESSAGES,
    IMAGE_TOO_LARGE,
    INVALID_IMAGE_FORMAT,
    INVALID_S3_OBJECT,
    AwsError,
    invalid,
)

#: Largest picture in a request, and in a store. Source: Rekognition service model, ImageBlob; Developer Guide, quotas.
MOST_BYTES, MOST_OBJECT_BYTES = 5_242_880, 15_728_640
#: Members of requests that hold pictures. Source: Rekognition service model, shape Image.
MEMBERS = ("Image", "SourceImage", "TargetImage")
_MAGIC = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")
#: How base64 of a JPEG or PNG begins.
_ENCODED_MAGIC = (b"/9j/", b"iVBORw0KGgo")
_BUCKET = re.compile(r"[0-9A-Za-z._\-]{3,255}")
NO_STORE = (
    f"{DOCUMENTED_MESSAGES[INVALID_S3_OBJECT]} This service reads no S3: send Image.Bytes, or ask its operator to "
    "set s3_folder or s3_endpoint."
)


@dataclass(frozen=True, slots=True)
class ImageInput:
    """A picture of a request, in full or by name.

    Attributes:
        data: The bytes, or None.
        bucket: Bucket of an object, else empty.
        key: Key of an object, else empty.
        version: Version of an object that was asked for, or None.
    """

    data: bytes | None = field(repr=False)
    bucket: str = ""
    key: str = ""
    version: str | None = None

    def load(self, objects: ObjectStore | None) -> bytes:
        """Return the picture's bytes.

        Raises:
            AwsError: The object cannot be read, or is too large or of another format.
        """
        if self.data is not None:
            return self.data
        if objects is None:
            raise AwsError(INVALID_S3_OBJECT, NO_STORE)
        content = objects.read(self.bucket, self.key, MOST_OBJECT_BYTES, self.version)
        if content is None:
            raise AwsError(INVALID_S3_OBJECT)
        if len(content) > MOST_OBJECT_BYTES:
            raise AwsError(IMAGE_TOO_LARGE)
        return _checked_format(content)


def named_objects(members: Mapping[str, Any]) -> tuple[ImageInput, ...]:
    """Return the objects a request names as its pictures; what is wrong with a picture is told when it is looked at."""
    found = []
    for name in MEMBERS:
        value = members.get(name)
        if isinstance(value, dict) and value.get("S3Object") is not None:
            try:
                found.append(image_input(name, value))
            except AwsError:
                continue
    return tuple(dict.fromkeys(found))


def image_input(name: str, value: Any) -> ImageInput:
    """Return the picture a member describes.

    Raises:
        AwsError: It is neither bytes nor an object, or both; or too large; or not a JPEG or PNG.
    """
    if not isinstance(value, dict):
        raise invalid(f"Invalid type for parameter {name}.")
    given = {key: item for key, item in value.items() if item is not None}
    unknown = sorted(set(given) - {"Bytes", "S3Object"})
    if unknown:
        raise invalid(f"Unknown parameter in {name}: {', '.join(ascii(key[:100]) for key in unknown)}.")
    if len(given) != 1:
        raise invalid(f"{name} needs either Bytes or S3Object.")
    if "Bytes" in given:
        return ImageInput(_decoded(name, given["Bytes"]))
    return _object(name, given["S3Object"])


def _decoded(name: str, text: Any) -> bytes:
    if not isinstance(text, str):
        raise invalid(f"Invalid type for parameter {name}.Bytes: base64 text is needed.")
    if len(text) > (MOST_BYTES + 2) // 3 * 4:
        raise AwsError(IMAGE_TOO_LARGE)
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise invalid(f"{name}.Bytes is not base64.") from None
    if not data:
        raise invalid(f"{name}.Bytes is empty.")
    if len(data) > MOST_BYTES:
        raise AwsError(IMAGE_TOO_LARGE)
    return _checked_format(data)


def _checked_format(data: bytes) -> bytes:
    if data.startswith(_MAGIC):
        return data
    if data.startswith(_ENCODED_MAGIC):
        raise AwsError(
            INVALID_IMAGE_FORMAT,
            f"{DOCUMENTED_MESSAGES[INVALID_IMAGE_FORMAT]} The bytes are base64 text of a picture: hand over the raw "
            "bytes, the SDK encodes them (CLI: --image-bytes fileb://photo.jpg).",
        )
    raise AwsError(INVALID_IMAGE_FORMAT)


def _object(name: str, value: Any) -> ImageInput:
    if not isinstance(value, dict) or set(value) - {"Bucket", "Name", "Version"}:
        raise invalid(f"{name}.S3Object needs Bucket and Name.")
    bucket, key, version = value.get("Bucket"), value.get("Name"), value.get("Version")
    if not isinstance(bucket, str) or not isinstance(key, str) or not isinstance(version, str | None):
        raise invalid(f"{name}.S3Object needs Bucket and Name as text.")
    if not _BUCKET.fullmatch(bucket) or not 1 <= len(key) <= 1024 or not 1 <= len(version or "x") <= 1024:
        raise AwsError(INVALID_S3_OBJECT)
    return ImageInput(None, bucket, key, version)
