"""What a client of a collection can get wrong; dialects answer each in their vendor's words."""

from __future__ import annotations

from countenance.core.errors import InputError


class UserExists(InputError):
    """The collection has a user of this identifier."""


class UserMissing(InputError):
    """The collection has no user of this identifier."""


class FaceMissing(InputError):
    """The collection has no face of this identifier."""


class TokenReused(InputError):
    """A client's token was used before with other parameters."""


class TooMany(InputError):
    """A limit on the size of something in a collection is reached."""


class NoFace(InputError):
    """A photo holds no face that can be used, where one is needed."""


class PhotoTooSmall(InputError):
    """A photo has a side that is shorter than the vendor's service accepts."""
