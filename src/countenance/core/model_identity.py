"""Which model made a template: equal identity means comparable, anything else is an error.

Rules kept here:

- The identity is a digest over everything that changes a template's meaning: weights, preprocessing, alignment
  and dimension. A new file name does not change it; one flipped weight does.
- Two templates meet only if their identities are equal (``require_same``).
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass

from countenance.core.errors import ModelMismatch

#: Version of the digest's input; part of the digest, so that a change of the recipe changes every identity.
IDENTITY_RECIPE = "countenance-model-identity/1"


@dataclass(frozen=True, slots=True)
class ModelIdentity:
    """Name and digest of a recogniser; only the digest decides whether templates are comparable.

    Attributes:
        name: Short name for people, such as ``sface``. Not part of equality of templates.
        digest: Lower-case hex SHA-256 over the recipe, weights, preprocessing, alignment and dimension.
        dimension: Length of a template vector.
    """

    name: str
    digest: str
    dimension: int

    @property
    def short(self) -> str:
        """Return the name with the first twelve digits of the digest, for tables and messages."""
        return f"{self.name}@{self.digest[:12]}"

    def require_same(self, other: ModelIdentity) -> None:
        """Raise unless ``other`` is the same model.

        Raises:
            ModelMismatch: The digests differ.
        """
        if self.digest != other.digest:
            raise ModelMismatch(f"Templates of {self.short} and {other.short} cannot be compared.")


def model_identity(
    *, name: str, weights_sha256: str, preprocessing: str, alignment: str, dimension: int
) -> ModelIdentity:
    """Return the identity of a recogniser from what makes it one.

    Args:
        name: Short name for people.
        weights_sha256: Hex digest of the weights as they are run (after dequantisation, where there is one).
        preprocessing: Canonical words for colour order, scale and mean, such as ``rgb;0..255``.
        alignment: Canonical words for the alignment template and its sampling.
        dimension: Length of the template.
    """
    fields = [IDENTITY_RECIPE, weights_sha256, preprocessing, alignment, dimension]
    digest = hashlib.sha256(json.dumps(fields, separators=(",", ":")).encode()).hexdigest()
    return ModelIdentity(name=name, digest=digest, dimension=dimension)
