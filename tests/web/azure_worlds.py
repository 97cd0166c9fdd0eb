"""Clients of Azure Face for a service in process, and photos large enough for the vendor's rules."""

from __future__ import annotations

from countenance.service.cases import OpenedCase
from countenance.service.credentials import CredentialKind
from tests.support.azure_client import AzureClient
from tests.web.conftest import World, photo

#: Makes a synthetic photo longer than the smallest one accepted.
PADDING = "x" * 1_100


def picture(*names: str, variant: str = "", blurred: bool = False) -> bytes:
    """Return a "PNG" of these people, of more than a kilobyte."""
    return photo(*names, variant=variant, blurred=blurred, note=PADDING)


def azure_case(world: World, **changes: object) -> tuple[AzureClient, OpenedCase]:
    """Return a client with the key of a new case, and the case."""
    _, opened = world.open_case(**changes)
    key = next(item.secret for item in opened.credentials if item.kind is CredentialKind.API_KEY)
    return AzureClient(world.service.app, key), opened
