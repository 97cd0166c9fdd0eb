"""Templates of nobody: random unit vectors of a model that does not exist, and references made of them."""

from __future__ import annotations

import hashlib

import numpy as np

from countenance.core.model_identity import ModelIdentity, model_identity
from countenance.core.vocabulary import EnrolmentOutcome, EnrolmentStatus, NewReference, Template

MADE_UP_MODEL = model_identity(
    name="made-up", weights_sha256="0" * 64, preprocessing="none", alignment="none", dimension=128
)
OTHER_MODEL = model_identity(
    name="other", weights_sha256="1" * 64, preprocessing="none", alignment="none", dimension=128
)


def photo_sha256(number: int) -> str:
    """Return the digest of made-up photo ``number``."""
    return hashlib.sha256(f"photo {number}".encode()).hexdigest()


def made_up_template(number: int, model: ModelIdentity = MADE_UP_MODEL) -> Template:
    """Return the template of made-up photo ``number``: always the same for the same number."""
    vector = np.random.default_rng(number).standard_normal(model.dimension)
    return Template((vector / np.linalg.norm(vector)).astype(np.float32), model)


def made_up_reference(number: int, subject: str | None = None, model: ModelIdentity = MADE_UP_MODEL) -> NewReference:
    """Return a reference of made-up photo ``number``; every two photos are of one subject unless it is named."""
    return NewReference(
        subject=f"subject {number // 2}" if subject is None else subject,
        template=made_up_template(number, model),
        source_sha256=photo_sha256(number),
        source_name=f"{number}.jpg",
    )


def stored_outcome(reference: NewReference) -> EnrolmentOutcome:
    """Return the outcome that says a reference was stored."""
    return EnrolmentOutcome(
        reference.source_name, reference.subject, EnrolmentStatus.STORED, sha256=reference.source_sha256
    )
