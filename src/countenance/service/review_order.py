"""The order in which one reviewer sees a line-up, and the letters the pictures stand under.

Rules kept here:

- The order follows from the review's key and the reviewer alone: two reviewers see two orders, the same reviewer sees
  the same one again, and without the key nobody can work it out. Its seed goes into the record of the vote.
- Everybody keeps their letter, whatever becomes of their picture while the review goes on.
"""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from dataclasses import dataclass

from countenance.service.review_port import Item

_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@dataclass(frozen=True, slots=True)
class Placed:
    """Somebody at their place in one reviewer's order.

    Attributes:
        letter: ``A``, ``B`` … ``Z``, ``AA``; goes on from one probe's line-up to the next.
        item: Who it is.
    """

    letter: str
    item: Item


def order_seed(key: bytes, reviewer_id: str) -> bytes:
    """Return what a reviewer's order follows from, 32 bytes."""
    return hmac.digest(key, f"countenance-review-order/1 {reviewer_id}".encode(), "sha256")


def placed(items: Sequence[Item], seed: bytes) -> tuple[Placed, ...]:
    """Return those who are shown in a reviewer's order: line-up by line-up, shuffled within each.

    Args:
        items: Candidates and fillers in any order.
        seed: Of ``order_seed``.
    """

    def place(item: Item) -> tuple[int, bytes]:
        words = f"{item.probe_number} {item.item_number} {item.reference_id}"
        return item.probe_number, hmac.digest(seed, words.encode(), "sha256")

    shown = sorted((item for item in items if item.shown), key=place)
    return tuple(Placed(letter(number), item) for number, item in enumerate(shown))


def letter(number: int) -> str:
    """Return the letter of a place, from 0: A to Z, then AA, AB …

    >>> [letter(number) for number in (0, 25, 26, 27, 701, 702)]
    ['A', 'Z', 'AA', 'AB', 'ZZ', 'AAA']
    """
    letters = ""
    number += 1
    while number:
        number, last = divmod(number - 1, len(_ALPHABET))
        letters = _ALPHABET[last] + letters
    return letters
