"""Which law's territory a request touches: what a code implies, and whether the loaded packs looked at it.

Codes are ISO 3166: ``US``, ``US-VA``, with a locality ``US-OR/portland``; ``EU`` stands for the Union.
A request is judged under every code it names *and* every code those imply, so leaving out the wider one does not help.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable

#: Member States of the European Union by ISO 3166 code. Source: Article 52 TEU as amended (27 members since 2020).
EU_MEMBERS = frozenset(
    "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK".split()  # noqa: SIM905
)


@functools.lru_cache(maxsize=4096)
def implied_jurisdictions(stated: frozenset[str], sectors: frozenset[str]) -> frozenset[str]:
    """Return the stated codes with all they imply: the state of a city, the country of a state, the Union of a member.

    Args:
        stated: Codes as the request names them.
        sectors: Sectors acting and acted for; one whose name begins with ``us_`` is in the United States, wherever the
            camera stands.
    """
    found = set(stated)
    for code in stated:
        subdivision = code.partition("/")[0]
        country = subdivision.partition("-")[0]
        found.update((subdivision, country))
        if country in EU_MEMBERS:
            found.add("EU")
    if any(sector.startswith("us_") for sector in sectors):
        found.add("US")
    return frozenset(found)


def uncovered(stated: Iterable[str], covers: frozenset[str]) -> tuple[str, ...]:
    """Return the stated codes that no coverage entry names, sorted.

    ``US-*`` in a coverage covers every state of that country, but no locality: a city with rules of its own must be
    named.
    """
    return tuple(sorted(code for code in stated if not _covered(code, covers)))


def without_own_rules(stated: Iterable[str], covers: frozenset[str]) -> tuple[str, ...]:
    """Return the stated codes that are covered only through their country's ``*`` entry, sorted."""
    return tuple(sorted(code for code in stated if code not in covers and _covered(code, covers)))


def _covered(code: str, covers: frozenset[str]) -> bool:
    if code in covers:
        return True
    country, dash, _ = code.partition("-")
    return bool(dash) and "/" not in code and f"{country}-*" in covers
