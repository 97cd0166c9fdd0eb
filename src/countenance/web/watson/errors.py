"""What goes wrong, in Watson's words: numbers, short identifiers and sentences.

Rules kept here:

- The vendor's clients never repeat a request, so a status says only what happened.
- A message never holds a path, a template or a stack.

Source: the method's documentation in ibm-watson 3.4.2 (shape of an error, sizes); ``No images were specified.`` is the
vendor's own sentence. Identifiers other than ``limit_exceeded`` are not documented; these are ours.
"""

from __future__ import annotations

from countenance.core import errors

PARAMETER = "parameter_error"
INPUT = "input_error"
LIMIT = "limit_exceeded"
UNAUTHORISED = "unauthorized"
FORBIDDEN = "forbidden"
NOT_FOUND = "not_found"
BUSY = "too_many_requests"
INTERNAL = "internal_error"

NO_IMAGES = "No images were specified."
#: What the vendor's client shows for every 401, whatever is sent.
ACCESS_DENIED = "Unauthorized: Access is denied due to invalid credentials."


class WatsonError(Exception):
    """An answer in the vendor's error shape.

    Attributes:
        status: HTTP status, and the number in the body.
        error_id: Short identifier.
        description: For the person who reads the client's traceback.
    """

    def __init__(self, status: int, error_id: str, description: str) -> None:
        super().__init__(description)
        self.status = status
        self.error_id = error_id
        self.description = description


#: The package's errors as (status, identifier); the first class that fits decides. A test fails if a class has no row.
_ROWS: tuple[tuple[type[errors.CountenanceError], int, str], ...] = (
    (errors.ImageTooLarge, 400, LIMIT),
    (errors.InputError, 400, INPUT),
    (errors.PolicyError, 403, FORBIDDEN),
    (errors.CalibrationError, 400, PARAMETER),
    (errors.ModelError, 500, INTERNAL),
    (errors.StorageError, 500, INTERNAL),
    (errors.LedgerError, 500, INTERNAL),
    (errors.SettingsInvalid, 500, INTERNAL),
    (errors.VendorError, 500, INTERNAL),
    (errors.AuditInputInvalid, 500, INTERNAL),
    (errors.AccountError, 500, INTERNAL),
    (errors.JobError, 500, INTERNAL),
)


def watson_error(error: errors.CountenanceError) -> WatsonError:
    """Return an error of the package as the vendor's; what went wrong inside is not told."""
    for kind, status, error_id in _ROWS:
        if isinstance(error, kind):
            if status == 500:
                break
            recorded = "".join(f" {note}" for note in getattr(error, "__notes__", ()))
            return WatsonError(status, error_id, f"{error.message}{recorded}")
    return WatsonError(500, INTERNAL, "Internal server error")
