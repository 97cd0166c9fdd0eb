"""Secrets that have to be known again, sealed at rest under the master key.

Rules kept here:

- A secret is encrypted and authenticated (AES-256-GCM) together with the credential and case it belongs to; a row that
  is moved to another case does not open.
- Nothing here prints a secret, and an error names the credential only.

Source: NIST SP 800-38D, as in ``template_sealing``.
"""

from __future__ import annotations

import json
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from countenance.core.errors import TemplateUnsealFailed
from countenance.storage.template_sealing import NONCE_BYTES, MasterKey

_LABEL = "countenance-credential-secret/1"


def seal_secret(master_key: MasterKey, credential_id: str, case_id: str, secret: bytes) -> bytes:
    """Return a credential's secret as nonce, ciphertext and tag."""
    nonce = os.urandom(NONCE_BYTES)
    return nonce + AESGCM(master_key.key).encrypt(nonce, secret, _bound_to(credential_id, case_id))


def unseal_secret(master_key: MasterKey, credential_id: str, case_id: str, sealed: bytes) -> bytes:
    """Return the secret that was sealed for this credential of this case.

    Raises:
        TemplateUnsealFailed: It was sealed under another master key, for another credential, or was altered.
    """
    try:
        return AESGCM(master_key.key).decrypt(
            sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], _bound_to(credential_id, case_id)
        )
    except (InvalidTag, ValueError):
        raise TemplateUnsealFailed(f"The secret of credential {credential_id} cannot be opened.") from None


def _bound_to(credential_id: str, case_id: str) -> bytes:
    return json.dumps([_LABEL, credential_id, case_id]).encode()
