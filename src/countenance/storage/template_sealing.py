"""Templates sealed at rest: master key → a data subject's key → that subject's templates.

Rules kept here:

- A template is encrypted and authenticated (AES-256-GCM) under a random key of its data subject; that key is stored
  only wrapped, by AES-256-GCM under the master key.
- What a sealed value belongs to is authenticated with it: gallery, model, subject and reference for a template;
  gallery, subject and the subject's name for a key. A row that is moved, or a person who is renamed, does not open.
- A subject in two galleries has two keys.
- Keys have no printable form. Keys and nonces come from the operating system and are no argument: whoever can choose a
  nonce can read what it seals.

Source: NIST SP 800-38D (GCM; 96-bit random nonces, at most 2**32 of them a key, far from reached: a key here seals one
person's templates, the master key one value a person and rotation).
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
from dataclasses import dataclass, field

import numpy as np
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from countenance.core.errors import TemplateUnsealFailed
from countenance.core.model_identity import ModelIdentity
from countenance.core.vocabulary import Template

#: AES-256. Source: NIST FIPS 197.
KEY_BYTES = 32
#: Source: NIST SP 800-38D, section 8.2.2 (random nonce of 96 bits).
NONCE_BYTES = 12

_KEY_LABEL = "countenance-subject-key/1"
_TEMPLATE_LABEL = "countenance-template/1"
_CROP_LABEL = "countenance-reference-crop/1"


@dataclass(frozen=True, slots=True)
class SubjectContext:
    """What a subject's key and templates are bound to; a sealed value opens only under the same words.

    Attributes:
        gallery_id: The gallery's identifier.
        subject_id: The subject's identifier.
        subject: The subject's name.
        model: Identity of the gallery's model.
    """

    gallery_id: str
    subject_id: str
    subject: str
    model: ModelIdentity


class SubjectKey:
    """An opened data subject's key: seals and unseals that subject's templates."""

    __slots__ = ("_bound_to", "_cipher", "_context", "_key")

    def __init__(self, key: bytes, context: SubjectContext) -> None:
        self._key = key
        self._cipher = AESGCM(key)
        self._context = context
        # The list ends with its bracket, so what is appended (the reference) cannot be mistaken for a part of it.
        self._bound_to = _bound_to(_TEMPLATE_LABEL, context.gallery_id, context.subject_id, context.model.digest)

    def seal(self, reference_id: str, template: Template) -> bytes:
        """Return the template as nonce, ciphertext and tag."""
        plain = template.vector.astype("<f4", copy=False).tobytes()
        nonce = os.urandom(NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, plain, self._bound_to + reference_id.encode())

    def digest_key(self) -> bytes:
        """Return the key that this subject's digests in the ledger are made with, 32 bytes; it goes with this key."""
        return hmac.digest(self._key, b"countenance-ledger-subject-digest/1", "sha256")

    def unseal(self, reference_id: str, sealed: bytes) -> Template:
        """Return the template that was sealed for this reference.

        Raises:
            TemplateUnsealFailed: It was sealed under another key, for another reference, or was altered.
        """
        bound_to = self._bound_to + reference_id.encode()
        try:
            plain = self._cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], bound_to)
            # Inside the try: a vector that does not fit the model means that the gallery's row was altered.
            return Template(np.frombuffer(plain, dtype="<f4").astype(np.float32, copy=False), self._context.model)
        except (InvalidTag, ValueError):
            raise TemplateUnsealFailed(f"The template of reference {reference_id} cannot be opened.") from None

    def seal_crop(self, reference_id: str, crop: bytes) -> bytes:
        """Return the picture of a reference's face, encoded, as nonce, ciphertext and tag."""
        nonce = os.urandom(NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, crop, self._crop_bound_to(reference_id))

    def unseal_crop(self, reference_id: str, sealed: bytes) -> bytes:
        """Return the picture that was sealed for this reference.

        Raises:
            TemplateUnsealFailed: It was sealed under another key, for another reference, or was altered.
        """
        try:
            return self._cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], self._crop_bound_to(reference_id))
        except (InvalidTag, ValueError):
            raise TemplateUnsealFailed(f"The picture of reference {reference_id} cannot be opened.") from None

    def _crop_bound_to(self, reference_id: str) -> bytes:
        context = self._context
        return _bound_to(_CROP_LABEL, context.gallery_id, context.subject_id, reference_id)


@dataclass(frozen=True, slots=True)
class MasterKey:
    """The key that wraps subjects' keys.

    Attributes:
        key: 32 random bytes.
    """

    key: bytes = field(repr=False)

    @property
    def key_id(self) -> str:
        """Return a name for the key that may be stored anywhere: the start of a digest of it."""
        return hashlib.sha256(b"countenance-master-key-id/1" + self.key).hexdigest()[:16]

    def new_subject_key(self, context: SubjectContext) -> tuple[SubjectKey, bytes]:
        """Return a new random key for a subject, opened and wrapped."""
        key = os.urandom(KEY_BYTES)
        return SubjectKey(key, context), self._wrap(key, context)

    def open_subject_key(self, wrapped: bytes, context: SubjectContext) -> SubjectKey:
        """Return a wrapped key, opened.

        Raises:
            TemplateUnsealFailed: It was wrapped under another master key, for another subject, or was altered.
        """
        return SubjectKey(self._unwrap(wrapped, context), context)

    def rewrap(self, wrapped: bytes, context: SubjectContext, new: MasterKey) -> bytes:
        """Return the same subject's key wrapped under another master key.

        Raises:
            TemplateUnsealFailed: As for ``open_subject_key``.
        """
        return new._wrap(self._unwrap(wrapped, context), context)

    def _wrap(self, key: bytes, context: SubjectContext) -> bytes:
        nonce = os.urandom(NONCE_BYTES)
        return nonce + AESGCM(self.key).encrypt(nonce, key, _key_bound_to(context))

    def _unwrap(self, wrapped: bytes, context: SubjectContext) -> bytes:
        try:
            return AESGCM(self.key).decrypt(wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], _key_bound_to(context))
        except (InvalidTag, ValueError):
            raise TemplateUnsealFailed(f"The key of subject {context.subject_id} cannot be opened.") from None


def _key_bound_to(context: SubjectContext) -> bytes:
    return _bound_to(_KEY_LABEL, context.gallery_id, context.subject_id, context.subject)


def _bound_to(*words: str) -> bytes:
    """Return words as bytes from which they could be told apart again, whatever they contain."""
    return json.dumps(words).encode()
