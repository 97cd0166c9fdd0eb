"""Names of those who work with the system, by the identifier that stands for them in the ledger.

The ledger holds no names. They come from the cases, the list of reviewers and whoever sits at the keyboard; an operator
that none of these knows stays an identifier.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

#: Digits of an identifier shown to people.
SHORT = 8


@dataclass(frozen=True, slots=True)
class People:
    """Names by identifier.

    Attributes:
        names: Identifier → name.
    """

    names: Mapping[str, str]

    def called(self, operator_id: object) -> str:
        """Return the name, or ``operator 3fa29c01`` for somebody unknown."""
        known = str(operator_id or "")
        return self.names.get(known) or (f"operator {known[:SHORT]}" if known else "nobody named")


def people(pairs: Iterable[tuple[str, str]]) -> People:
    """Return the people of (identifier, name) pairs; the first name of an identifier counts."""
    names: dict[str, str] = {}
    for identifier, name in pairs:
        names.setdefault(identifier, name)
    return People(names)
