"""What goes wrong, in Azure Face's words: codes, literal messages and statuses.

Rules kept here:

- Every error has a body in the vendor's shape: the client library fails on an empty one, or on one that is not JSON.
- ``Retry-After`` goes only with what may be repeated: the client library repeats whatever carries it.
- A 500 only where nothing was committed: the client library repeats additions too.
- What a case or the rules refuse is a 403 ``UnsupportedFeature``, as the vendor answers who is not approved; the
  message says why and which ledger entry records it.

Source: Microsoft, Face API reference, error codes of each operation; "Azure AI Face API error codes".
"""

from __future__ import annotations

from countenance.core import errors
from countenance.service import collection_errors, person_group_errors
from countenance.service.person_group_port import ContainerKind
from countenance.service.photo_addresses import PhotoNotFetched, WhyNot

BAD_ARGUMENT = "BadArgument"
INVALID_URL = "InvalidURL"
INVALID_IMAGE = "InvalidImage"
INVALID_IMAGE_SIZE = "InvalidImageSize"
UNSUPPORTED = "UnsupportedFeature"
QUOTA = "QuotaExceeded"
FACE_NOT_FOUND = "FaceNotFound"
PERSON_NOT_FOUND = "PersonNotFound"
PERSISTED_FACE_NOT_FOUND = "PersistedFaceNotFound"
LIST_NOT_READY = "FaceListNotReady"
INTERNAL = "InternalServerError"
UNAUTHORISED, RESOURCE_NOT_FOUND, TOO_MANY = "401", "404", "429"

ACCESS_DENIED_MESSAGE = (
    "Access denied due to invalid subscription key or wrong API endpoint. Make sure to provide a valid key for an "
    "active subscription and use a correct regional API endpoint for your resource."
)
RETIRED_MESSAGE = (
    "Return Attributes (emotion, gender, age, smile, facial hair, hair and makeup) have been deprecated and are no "
    "longer supported."
)
#: What went wrong takes the place of the last sentence's quotation, as it does in the vendor's own messages.
NOT_FETCHED_MESSAGE = (
    'Invalid image URL or error downloading from target server. Remote server error returned: "{why}."'
)
TOO_SMALL_MESSAGE = "Image size is too small. The valid image file size should be larger than or equal to 1 KB."
TOO_BIG_MESSAGE = "Image size is too big. The valid image file size should be no larger than 6 MB."
DECODING_MESSAGE = "Decoding error, image format unsupported."
NO_FACE_MESSAGE = "No face detected in the image."
SEVERAL_FACES_MESSAGE = "There is more than 1 face in the image."
INCOMPATIBLE_MESSAGE = "'recognitionModel' is incompatible."
FACE_NOT_FOUND_MESSAGE = "Face is not found."
INTERNAL_MESSAGE = "An unexpected error happened; nothing was changed."

#: What a kind is called in codes, and in messages.
KIND_CODE = {
    ContainerKind.PERSON_GROUP: "PersonGroup",
    ContainerKind.LARGE_PERSON_GROUP: "LargePersonGroup",
    ContainerKind.FACE_LIST: "FaceList",
    ContainerKind.LARGE_FACE_LIST: "LargeFaceList",
}
KIND_WORDS = {
    ContainerKind.PERSON_GROUP: "Person group",
    ContainerKind.LARGE_PERSON_GROUP: "Large person group",
    ContainerKind.FACE_LIST: "Face list",
    ContainerKind.LARGE_FACE_LIST: "Large face list",
}


class AzureError(Exception):
    """An answer in the vendor's error shape.

    Attributes:
        status: HTTP status.
        code: The vendor's name for the error.
        message: For the person who reads the client's traceback.
        headers: Further headers of the answer.
    """

    def __init__(self, status: int, code: str, message: str, headers: tuple[tuple[str, str], ...] = ()) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.headers = headers


def bad_argument(message: str) -> AzureError:
    """Return a 400 that says which argument and why."""
    return AzureError(400, BAD_ARGUMENT, message)


def rate_limited(wait_s: int) -> AzureError:
    """Return a 429 that says after how many whole seconds to come again."""
    return AzureError(429, TOO_MANY, "Rate limit is exceeded.", (("retry-after", str(max(1, wait_s))),))


#: Errors that say the same wherever they come up: class, status, code, message; the first class that fits decides. None
#: as message: the error's own words, which name no file and no person. A test fails if a class has no row.
_ROWS: tuple[tuple[type[errors.CountenanceError], int, str, str | None], ...] = (
    (person_group_errors.NothingToSearch, 400, LIST_NOT_READY, "Face list is empty."),
    (person_group_errors.OtherRecognitionModel, 400, BAD_ARGUMENT, INCOMPATIBLE_MESSAGE),
    (person_group_errors.SeveralFacesFound, 400, INVALID_IMAGE, SEVERAL_FACES_MESSAGE),
    (collection_errors.NoFace, 400, INVALID_IMAGE, NO_FACE_MESSAGE),
    (collection_errors.TooMany, 403, QUOTA, None),
    (errors.ImageTooLarge, 400, INVALID_IMAGE_SIZE, None),
    (errors.ImageFormatUnsupported, 400, INVALID_IMAGE, DECODING_MESSAGE),
    (errors.ImageUnreadable, 400, INVALID_IMAGE, DECODING_MESSAGE),
    (errors.InputError, 400, BAD_ARGUMENT, None),
    (errors.ModelMismatch, 400, BAD_ARGUMENT, None),
    (errors.CalibrationError, 400, BAD_ARGUMENT, None),
    (errors.PolicyError, 403, UNSUPPORTED, None),
    (errors.ModelError, 500, INTERNAL, INTERNAL_MESSAGE),
    (errors.StorageError, 500, INTERNAL, INTERNAL_MESSAGE),
    (errors.LedgerError, 500, INTERNAL, INTERNAL_MESSAGE),
    (errors.SettingsInvalid, 500, INTERNAL, INTERNAL_MESSAGE),
    (errors.VendorError, 500, INTERNAL, INTERNAL_MESSAGE),
    (errors.AuditInputInvalid, 500, INTERNAL, INTERNAL_MESSAGE),
    (errors.AccountError, 500, INTERNAL, INTERNAL_MESSAGE),
    (errors.JobError, 500, INTERNAL, INTERNAL_MESSAGE),
)


def azure_error(error: errors.CountenanceError, kind: ContainerKind | None, missing_status: int) -> AzureError:
    """Return an error of the package as the vendor's.

    Args:
        error: What a use case raised.
        kind: The kind of container the request is about, if it is about one.
        missing_status: The status of what is not there: 404 where the path names it, 400 where the body does.
    """
    special = (
        _about_container(error, kind, missing_status) or _about_missing(error, missing_status) or _about_address(error)
    )
    if special is not None:
        return special
    notes = "".join(f" {note}" for note in getattr(error, "__notes__", ()))
    for row_class, status, code, message in _ROWS:
        if isinstance(error, row_class):
            return AzureError(status, code, f"{error.message}{notes}" if message is None else message)
    return AzureError(500, INTERNAL, INTERNAL_MESSAGE)


def _about_container(
    error: errors.CountenanceError, kind: ContainerKind | None, missing_status: int
) -> AzureError | None:
    if kind is None:
        return None
    code, words = KIND_CODE[kind], KIND_WORDS[kind]
    if isinstance(error, errors.GalleryNotFound):
        return AzureError(missing_status, f"{code}NotFound", f"{words} is not found.")
    if isinstance(error, errors.GalleryExists):
        return AzureError(409, f"{code}Exists", f"{words} already exists.")
    if isinstance(error, person_group_errors.NotTrained):
        return AzureError(missing_status, f"{code}NotTrained", f"{words} is not trained.")
    return None


def _about_missing(error: errors.CountenanceError, missing_status: int) -> AzureError | None:
    if isinstance(error, person_group_errors.TemporaryFaceMissing):
        return AzureError(missing_status, FACE_NOT_FOUND, FACE_NOT_FOUND_MESSAGE)
    if isinstance(error, person_group_errors.PersonMissing):
        return AzureError(missing_status, PERSON_NOT_FOUND, "Person is not found.")
    if isinstance(error, collection_errors.FaceMissing):
        return AzureError(missing_status, PERSISTED_FACE_NOT_FOUND, "Persisted face is not found.")
    return None


def _about_address(error: errors.CountenanceError) -> AzureError | None:
    if not isinstance(error, PhotoNotFetched):
        return None
    if error.why is WhyNot.TOO_LARGE:
        return AzureError(400, INVALID_IMAGE_SIZE, TOO_BIG_MESSAGE)
    return AzureError(400, INVALID_URL, NOT_FETCHED_MESSAGE.format(why=error.why.value))
