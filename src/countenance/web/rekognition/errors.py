"""What goes wrong, in Amazon Rekognition's words: codes, literal messages and statuses.

Rules kept here:

- Public client code compares some messages literally; those are kept to the letter.
- The status is 400 for everything the client can do something about, 500 only where the same request may be repeated
  because nothing was committed: SDKs repeat a 500 by themselves.
- A message never holds a path, a template or a stack.

Source: Amazon Rekognition Developer Guide, "Error handling"; codes as in botocore's service model.
"""

from __future__ import annotations

from countenance.core import errors
from countenance.service import collection_errors

INVALID_PARAMETER = "InvalidParameterException"
INVALID_IMAGE_FORMAT = "InvalidImageFormatException"
IMAGE_TOO_LARGE = "ImageTooLargeException"
INVALID_S3_OBJECT = "InvalidS3ObjectException"
INVALID_TOKEN = "InvalidPaginationTokenException"  # noqa: S105 - the name of an error
NOT_FOUND = "ResourceNotFoundException"
ALREADY_EXISTS = "ResourceAlreadyExistsException"
CONFLICT = "ConflictException"
QUOTA = "ServiceQuotaExceededException"
IDEMPOTENCY = "IdempotentParameterMismatchException"
ACCESS_DENIED = "AccessDeniedException"
THROTTLING = "ThrottlingException"
THROUGHPUT = "ProvisionedThroughputExceededException"
INTERNAL = "InternalServerError"
UNKNOWN_OPERATION = "UnknownOperationException"
SERIALIZATION = "SerializationException"
MISSING_TOKEN = "MissingAuthenticationTokenException"  # noqa: S105 - the name of an error
INCOMPLETE_SIGNATURE = "IncompleteSignatureException"
INVALID_SIGNATURE = "InvalidSignatureException"
UNRECOGNISED_CLIENT = "UnrecognizedClientException"
EXPIRED_TOKEN = "ExpiredTokenException"  # noqa: S105 - the name of an error

#: The message each code has in the vendor's documentation, used where nothing more useful is known.
DOCUMENTED_MESSAGES = {
    INVALID_PARAMETER: "Request has invalid parameters",
    INVALID_IMAGE_FORMAT: "Request has invalid image format.",
    IMAGE_TOO_LARGE: "Image size is too large.",
    INVALID_S3_OBJECT: "Unable to get object metadata from S3. Check object key, region and/or access permissions.",
    INVALID_TOKEN: "Invalid Pagination Token",
    THROTTLING: "Slow down; sudden increase in rate of requests.",
    THROUGHPUT: "Provisioned Rate exceeded.",
    INTERNAL: "Internal server error",
    UNRECOGNISED_CLIENT: "The security token included in the request is invalid.",
    EXPIRED_TOKEN: "The security token included in the request is expired",
    MISSING_TOKEN: "Missing Authentication Token",
}
#: Compared literally by client code in many public repositories.
NO_FACES_IN_IMAGE = "There are no faces in the image. Should be at least 1."
FACE_NOT_IN_COLLECTION = "faceId was not found in the collection."


class AwsError(Exception):
    """An answer in the vendor's error shape.

    Attributes:
        code: The vendor's name for the error; SDKs make an exception class of it.
        message: For the person who reads the client's traceback.
        status: HTTP status.
        headers: Further headers of the answer.
    """

    def __init__(
        self, code: str, message: str | None = None, *, status: int = 400, headers: tuple[tuple[str, str], ...] = ()
    ) -> None:
        text = DOCUMENTED_MESSAGES[code] if message is None else message
        super().__init__(text)
        self.code = code
        self.message = text
        self.status = status
        self.headers = headers


def invalid(message: str) -> AwsError:
    """Return an invalid-parameter error that says which one and why."""
    return AwsError(INVALID_PARAMETER, message)


def collection_missing(collection_id: str) -> AwsError:
    """Return the error for a collection that does not exist, or that the caller may not know of."""
    return AwsError(NOT_FOUND, f"The collection id: {collection_id} does not exist")


#: The package's errors in the vendor's codes; the first class that fits decides, so narrower ones come first. None as
#: message: the error's own words, which name no file and no person. A test fails if a class has no row.
_ROWS: tuple[tuple[type[errors.CountenanceError], str, str | None], ...] = (
    (errors.ImageTooLarge, IMAGE_TOO_LARGE, DOCUMENTED_MESSAGES[IMAGE_TOO_LARGE]),
    (errors.ImageFormatUnsupported, INVALID_IMAGE_FORMAT, DOCUMENTED_MESSAGES[INVALID_IMAGE_FORMAT]),
    (errors.ImageUnreadable, INVALID_IMAGE_FORMAT, DOCUMENTED_MESSAGES[INVALID_IMAGE_FORMAT]),
    (collection_errors.UserExists, CONFLICT, None),
    (collection_errors.UserMissing, NOT_FOUND, None),
    (collection_errors.TokenReused, IDEMPOTENCY, None),
    (collection_errors.TooMany, QUOTA, None),
    (errors.InputError, INVALID_PARAMETER, None),
    (errors.GalleryNotFound, NOT_FOUND, None),
    (errors.GalleryExists, ALREADY_EXISTS, None),
    (errors.ModelMismatch, INVALID_PARAMETER, None),
    (errors.CalibrationError, INVALID_PARAMETER, None),
    (errors.PolicyError, ACCESS_DENIED, None),
    (errors.ModelError, INTERNAL, DOCUMENTED_MESSAGES[INTERNAL]),
    (errors.StorageError, INTERNAL, DOCUMENTED_MESSAGES[INTERNAL]),
    (errors.LedgerError, INTERNAL, DOCUMENTED_MESSAGES[INTERNAL]),
    (errors.SettingsInvalid, INTERNAL, DOCUMENTED_MESSAGES[INTERNAL]),
    (errors.VendorError, INTERNAL, DOCUMENTED_MESSAGES[INTERNAL]),
    (errors.AuditInputInvalid, INTERNAL, DOCUMENTED_MESSAGES[INTERNAL]),
    (errors.AccountError, INTERNAL, DOCUMENTED_MESSAGES[INTERNAL]),
    (errors.JobError, INTERNAL, DOCUMENTED_MESSAGES[INTERNAL]),
)


def aws_error(error: errors.CountenanceError) -> AwsError:
    """Return an error of the package as the vendor's."""
    for kind, code, message in _ROWS:
        if isinstance(error, kind):
            return AwsError(
                code, error.message if message is None else message, status=500 if code == INTERNAL else 400
            )
    return AwsError(INTERNAL, status=500)
