"""What a client of person groups and face lists can get wrong; the dialect answers each in its vendor's words."""

from __future__ import annotations

from countenance.core.errors import InputError
from countenance.service.collection_errors import FaceMissing


class TemporaryFaceMissing(FaceMissing):
    """No temporary face of this identifier: never made, of another case, or its time is up."""


class PersonMissing(InputError):
    """The group has no person of this identifier."""


class NotTrained(InputError):
    """The container's client has not asked for training yet."""


class NothingToSearch(InputError):
    """The list holds no face."""


class OtherRecognitionModel(InputError):
    """Faces or containers were made for different ones of the vendor's models."""


class SeveralFacesFound(InputError):
    """A photo holds several faces and the client has not said which."""
