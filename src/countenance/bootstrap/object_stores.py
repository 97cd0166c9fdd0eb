"""Settings → what S3 objects in requests are read from: a folder, an S3-compatible store through boto3, or nothing.

Rules kept here:

- The operator names the store; a client names only bucket and key in it, and the store decides what these credentials
  may read.
- Encrypted, or on this machine.
- No more is asked for than one byte over the limit.
"""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from countenance.core.errors import SettingsInvalid, VendorSdkMissing
from countenance.service.object_folder import ObjectFolder, ObjectStore
from countenance.settings import Settings

_LOGGER = logging.getLogger("countenance.objects")
#: Seconds until a connection stands, and between two pieces of an answer; attempts in all.
CONNECT_S, READ_S, ATTEMPTS = 3, 10, 2
#: Region where neither the setting nor boto3's configuration has one. Source: most compatible stores' own default.
DEFAULT_REGION = "us-east-1"
_HERE = frozenset({"localhost", "127.0.0.1", "::1"})


def object_store(settings: Settings, folder: Path | None = None) -> ObjectStore | None:
    """Return what S3 objects are read from, or None.

    Args:
        settings: Of the process.
        folder: Folder that the command line names instead of the settings.

    Raises:
        SettingsInvalid: A folder and a store are named, or the store's address or credentials cannot be used.
        VendorSdkMissing: A store is named, and boto3 is not installed.
    """
    if folder is None and settings.s3_folder:
        folder = Path(settings.s3_folder).expanduser().resolve()
    if folder is not None and settings.s3_endpoint:
        raise SettingsInvalid(
            "S3 objects are to be read from a folder and from a store.",
            remedy="Set s3_folder or s3_endpoint, not both.",
        )
    if folder is not None:
        return ObjectFolder(folder)
    return S3Store(settings) if settings.s3_endpoint else None


class S3Store:
    """Objects of an S3-compatible store; implements ``ObjectStore``."""

    def __init__(self, settings: Settings) -> None:
        """Make a client; nothing is asked yet.

        Raises:
            SettingsInvalid: The address or the credentials cannot be used.
            VendorSdkMissing: boto3 is not installed.
        """
        _require_address(settings.s3_endpoint)
        try:
            import botocore.exceptions as problems
            import botocore.session
            from botocore.config import Config
        except ImportError as error:
            raise VendorSdkMissing(
                "S3 objects are read through boto3, which is not installed here.",
                remedy="Run `pip install 'countenance[rekognition]'`, or set s3_folder instead of s3_endpoint.",
            ) from error
        self._problems = (problems.ClientError, problems.BotoCoreError, OSError, ValueError)
        session = botocore.session.Session()
        if settings.s3_credentials_file:
            session.set_config_variable("credentials_file", _readable(settings.s3_credentials_file))
            # This file, and nothing that happens to be in the environment of the process.
            session.set_config_variable("profile", "default")
        try:
            found = session.get_credentials()
            if found is None:
                raise SettingsInvalid(
                    f"There are no credentials for the store {settings.s3_endpoint}.",
                    remedy="Name a file with them in s3_credentials_file, or set AWS_ACCESS_KEY_ID and "
                    "AWS_SECRET_ACCESS_KEY.",
                )
            self._client: Any = session.create_client(
                "s3",
                endpoint_url=settings.s3_endpoint,
                region_name=settings.s3_region or session.get_config_variable("region") or DEFAULT_REGION,
                config=Config(
                    # Compatible stores have no name of their own for each bucket.
                    s3={"addressing_style": "path"},
                    connect_timeout=CONNECT_S,
                    read_timeout=READ_S,
                    retries={"mode": "standard", "total_max_attempts": ATTEMPTS},
                    # Not every compatible store knows the checksums of newer clients.
                    response_checksum_validation="when_required",
                ),
            )
        except problems.BotoCoreError as error:
            raise SettingsInvalid(f"The store {settings.s3_endpoint} cannot be used: {error}") from error

    def read(self, bucket: str, key: str, limit: int, version: str | None = None) -> bytes | None:
        """Return an object's bytes, at most one more than ``limit``, or None if it cannot be read, whatever the cause.

        What the cause was stands in the log, without a name.
        """
        wanted = {"Bucket": bucket, "Key": key, "Range": f"bytes=0-{limit}"}
        if version is not None:
            wanted["VersionId"] = version
        try:
            with self._client.get_object(**wanted)["Body"] as body:
                return bytes(body.read(limit + 1))
        except self._problems as error:
            response: dict[str, Any] = getattr(error, "response", {})
            code = response.get("Error", {}).get("Code") or type(error).__name__
            _LOGGER.warning("an S3 object was not read: %s", code)
            return None


def _require_address(address: str) -> None:
    try:
        parts = urlsplit(address)
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.query or parts.fragment:
        raise SettingsInvalid("The setting s3_endpoint is not an address such as https://s3.example.org.")
    if parts.scheme != "https" and parts.hostname not in _HERE:
        raise SettingsInvalid(
            "The setting s3_endpoint is not an https address.",
            remedy="Use https; plain http is for this machine only.",
        )


def _readable(path: str) -> str:
    file = Path(path).expanduser().resolve()
    if not file.is_file():
        raise SettingsInvalid(f"The setting s3_credentials_file names {file}, which is no file.")
    return str(file)
