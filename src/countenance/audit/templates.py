"""Checks on a matrix of templates before anything is measured on it."""

from __future__ import annotations

import numpy as np

from countenance.core.errors import AuditInputInvalid
from countenance.core.vocabulary import FloatArray

#: How far a template's length may be from 1; the same as in ``core.vocabulary.Template``.
LENGTH_TOLERANCE = 1e-3


def require_templates(vectors: FloatArray, *, rows: int) -> None:
    """Raise unless ``vectors`` holds ``rows`` finite float32 templates of unit length.

    Args:
        vectors: Shape (rows, dimension).
        rows: Number of labels that go with them.

    Raises:
        AuditInputInvalid: Shape, type, a value that is not finite, or a length other than 1; the message names rows.
    """
    if vectors.ndim != 2 or vectors.dtype != np.float32:
        raise AuditInputInvalid(
            f"Templates are a float32 matrix of rows × dimension, not {vectors.dtype} of shape {vectors.shape}.",
            remedy="Stack the template vectors of one model.",
        )
    if vectors.shape[0] != rows:
        raise AuditInputInvalid(
            f"There are {vectors.shape[0]:,} templates and {rows:,} labels.", remedy="Give one label a template."
        )
    lengths = np.sqrt(np.einsum("ij,ij->i", vectors, vectors))
    # A non-finite element makes the length non-finite, which this comparison refuses as well.
    wrong = np.flatnonzero(~(np.abs(lengths - 1.0) < LENGTH_TOLERANCE))
    if wrong.size:
        shown = ", ".join(f"{row + 1:,}" for row in wrong[:5])
        raise AuditInputInvalid(
            f"{wrong.size:,} templates are not finite or not of unit length (rows {shown}{' …' * (wrong.size > 5)}).",
            remedy="Divide each template by its length; leave out photos that gave none and count them as failures.",
        )
