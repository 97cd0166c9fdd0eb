"""Credentials of a case as pages show them: the secrets once, with the lines that a client needs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from countenance.service.case_ports import StoredCredential
from countenance.service.credentials import CredentialKind, MintedCredential
from countenance.web.console.templating import moment


@dataclass(frozen=True, slots=True)
class CredentialLine:
    """A credential in a list; never its secret."""

    credential_id: str
    clients: str
    known_as: str
    state: str
    works: bool


_CLIENTS = {
    "aws": "AWS clients",
    "api_key": "Azure and IBM clients",
    "token": "native interface",
}


def credential_line(one: StoredCredential, now: datetime) -> CredentialLine:
    """Return a credential as a list shows it."""
    works = one.revoked_at is None and one.expires_at > now
    if one.revoked_at is not None:
        state = f"ended {moment(one.revoked_at)}"
    else:
        state = f"works until {moment(one.expires_at)}" if works else "expired"
    known = one.lookup if one.kind == CredentialKind.AWS else one.credential_id[:12]
    return CredentialLine(one.credential_id, _CLIENTS.get(one.kind, one.kind), known, state, works)


@dataclass(frozen=True, slots=True)
class ShownOnce:
    """A new credential with its secret and the lines a client needs.

    Attributes:
        kind: Kind of the credential.
        title: For which clients.
        lines: Ready to paste.
    """

    kind: str
    title: str
    lines: str


def shown_once(minted: Sequence[MintedCredential], address: str) -> tuple[ShownOnce, ...]:
    """Return new credentials as they are shown, once.

    Args:
        minted: The credentials with their secrets.
        address: Where this service is reached, without a slash at the end.
    """
    shown: list[ShownOnce] = []
    for one in minted:
        if one.kind is CredentialKind.AWS:
            lines = (
                f"export AWS_ENDPOINT_URL_REKOGNITION={address}",
                "export AWS_DEFAULT_REGION=us-east-1",
                f"export AWS_ACCESS_KEY_ID={one.lookup}",
                f"export AWS_SECRET_ACCESS_KEY={one.secret}",
            )
            shown.append(ShownOnce("aws", "Amazon Rekognition clients", "\n".join(lines)))
        elif one.kind is CredentialKind.API_KEY:
            azure = (f"export AZURE_FACE_ENDPOINT={address}", f"export AZURE_FACE_KEY={one.secret}")
            shown.append(ShownOnce("azure", "Azure Face clients", "\n".join(azure)))
            watson = f"VisualRecognitionV3('2018-03-19', url='{address}', iam_apikey='icp-{one.secret}')"
            shown.append(ShownOnce("watson", "IBM Watson clients", watson))
        else:
            shown.append(ShownOnce("token", "The native interface", f"Authorization: Bearer {one.secret}"))
    return tuple(shown)
