"""Credentials that carry a case: made here, shown once, found again by what a client sends.

Rules kept here:

- Secrets come from the operating system (``secrets``) and are no argument. They are shown once; of an API key and a
  token only the SHA-256 is kept. The secret of an AWS key pair has to be known to check a signature and is kept sealed.
- Each kind has well over 128 bits of randomness, so a plain SHA-256 of it cannot be guessed back.
- No secret has a printable form: not in a representation, not in an error, not in the ledger.
"""

from __future__ import annotations

import enum
import hashlib
import secrets
import string
from dataclasses import dataclass, field
from datetime import datetime

#: Letters and digits only: they survive every shell, INI file, URL and HTTP header as they are.
_LETTERS = string.ascii_letters + string.digits
#: Access key ids: what AWS clients expect to see, four letters and sixteen of base32.
#: Source: AWS IAM user guide, "IAM identifiers", unique identifiers (AKIA: access key).
ACCESS_KEY_PREFIX = "AKIA"
_BASE32 = string.ascii_uppercase + "234567"
ACCESS_KEY_LENGTH = 20
#: Length of an AWS secret access key; 40 letters and digits are 238 bits.
AWS_SECRET_LENGTH = 40
#: 43 letters and digits are 256 bits.
KEY_LENGTH = 43
TOKEN_PREFIX = "cnt_"  # noqa: S105 - the public beginning of every token
#: Longest text that is looked up at all.
LONGEST_SHOWN = 200


class CredentialKind(enum.StrEnum):
    """Which clients a credential is for."""

    AWS = "aws"
    """Access key id and secret access key, for AWS clients (Signature Version 4)."""
    API_KEY = "api_key"
    """One key: ``Ocp-Apim-Subscription-Key`` of Azure clients, ``apikey`` of IBM clients."""
    TOKEN = "token"  # noqa: S105 - the name of a kind
    """Bearer token of the native interface."""


@dataclass(frozen=True, slots=True)
class MintedCredential:
    """A new credential with its secret, to be shown once and forgotten.

    Attributes:
        credential_id: Random identifier, 32 hex digits; may be shown and recorded.
        kind: Which clients it is for.
        lookup: What it is found by: access key id, or SHA-256 of key or token.
        secret: AWS secret access key, API key or token.
    """

    credential_id: str
    kind: CredentialKind
    lookup: str
    secret: str = field(repr=False)

    @property
    def kept_secret(self) -> bytes | None:
        """Return what has to be kept, sealed, of the secret: nothing but an AWS secret."""
        return self.secret.encode() if self.kind is CredentialKind.AWS else None


@dataclass(frozen=True, slots=True)
class Credential:
    """A credential that a client showed.

    Attributes:
        credential_id: Its identifier.
        case_id: The case it carries.
        kind: Which clients it is for.
        expires_at: From when on it is refused.
        revoked_at: When it was ended early, or None.
    """

    credential_id: str
    case_id: str
    kind: CredentialKind
    expires_at: datetime
    revoked_at: datetime | None


def mint(kind: CredentialKind) -> MintedCredential:
    """Return a new random credential of a kind."""
    identifier = secrets.token_hex(16)
    if kind is CredentialKind.AWS:
        lookup = ACCESS_KEY_PREFIX + _random(_BASE32, ACCESS_KEY_LENGTH - len(ACCESS_KEY_PREFIX))
        return MintedCredential(identifier, kind, lookup, _random(_LETTERS, AWS_SECRET_LENGTH))
    secret = _random(_LETTERS, KEY_LENGTH)
    if kind is CredentialKind.TOKEN:
        secret = TOKEN_PREFIX + secret
    return MintedCredential(identifier, kind, digest_of(secret), secret)


def digest_of(secret: str) -> str:
    """Return what is kept of an API key or token: its SHA-256, hex."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def _random(letters: str, length: int) -> str:
    return "".join(secrets.choice(letters) for _ in range(length))
