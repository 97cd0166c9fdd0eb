"""Passwords: what is accepted as one, what is kept of it, and made-up ones to be used once.

Rules kept here:

- What is kept is a salted scrypt hash with its parameters, compared in constant time. Whoever types a name that no
  account has waits as long as anybody else.
- Length is what is asked for; no mixture of characters, and no change without a reason.
- No password has a printable form: not in a representation, not in an error, not in the ledger.

Source: NIST SP 800-63B-4 (2025), section 3.1.1.2, "Password Verifiers".
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import unicodedata
from dataclasses import dataclass

from countenance.core.errors import AccountInvalid

#: Fewest characters. Source: NIST SP 800-63B-4, section 3.1.1.2: 15 where the password is the only factor, as here.
FEWEST_CHARACTERS = 15
#: Most characters: enough for every phrase, little enough to hash. Source: as above; at least 64 have to be accepted.
MOST_CHARACTERS = 1_000
#: What people type when they are asked for a long password, in letters and digits alone. Source: as above: passwords
#: that are "commonly used, expected, or compromised" are refused. Short on purpose: attempts are counted, so whoever
#: guesses has a few dozen a day, and the length leaves little of what such lists begin with.
OBVIOUS = (
    "password", "passwort", "motdepasse", "contrasena", "changeme", "letmein", "welcome", "administrator", "admin",
    "iloveyou", "secret", "countenance", "facerecognition", "correcthorsebatterystaple",
    "thequickbrownfoxjumpsoverthelazydog",
)  # fmt: skip
#: Rows of keys and other orders that are typed without thinking.
_ORDERS = (
    "abcdefghijklmnopqrstuvwxyz", "01234567890", "qwertyuiop", "qwertzuiop", "azertyuiop", "asdfghjkl", "zxcvbnm",
)  # fmt: skip
#: Shortest piece of such an order, and shortest name, that is taken out before the rest is looked at.
_SHORTEST_PIECE = 3
#: Characters, and different ones, that have to be left when all this is taken out.
_FEWEST_LEFT, _FEWEST_DIFFERENT = 8, 5

#: Letters and digits that are not taken for each other: 32, so five bits each.
_LETTERS = "abcdefghijkmnpqrstuvwxyz23456789"
#: Groups of a made-up password, and letters in one: 100 bits.
_GROUPS, _GROUP_LENGTH = 5, 4

_SCHEME = "scrypt"
_SALT_BYTES = 16
_HASH_BYTES = 32


@dataclass(frozen=True, slots=True)
class HashCost:
    """What a guess at a password costs.

    Attributes:
        n: Cost in time and memory, a power of two; 128 bytes · ``n`` · ``r`` are needed at once.
        r: Block size.
        p: Repetitions.
    """

    n: int = 2**17
    r: int = 8
    p: int = 1

    def __post_init__(self) -> None:
        if self.n < 2 or self.n & (self.n - 1) or self.r < 1 or self.p < 1:
            raise ValueError("scrypt takes a power of two and two positive numbers")


#: Source: OWASP Password Storage Cheat Sheet, scrypt: N = 2^17 (128 MiB), r = 8, p = 1.
COST = HashCost()


class Passwords:
    """Makes and checks what is kept of passwords, at one cost."""

    def __init__(self, cost: HashCost = COST) -> None:
        self._cost = cost
        # Of no password: what is hashed for a name that no account has, so that it takes as long.
        self._nobodys = _kept(cost, secrets.token_bytes(_SALT_BYTES), secrets.token_bytes(_HASH_BYTES))

    def kept(self, password: str) -> str:
        """Return what is kept of a password: scheme, parameters, salt and hash."""
        salt = secrets.token_bytes(_SALT_BYTES)
        return _kept(self._cost, salt, _hash(password, salt, self._cost))

    def fits(self, password: str, kept: str | None) -> bool:
        """Return whether a password is the one of which something is kept; None takes as long, and is False."""
        cost, salt, expected = _parsed(self._nobodys if kept is None else kept)
        return hmac.compare_digest(_hash(password, salt, cost), expected) and kept is not None

    def outdated(self, kept: str) -> bool:
        """Return whether what is kept was made at another cost than would be taken today."""
        return _parsed(kept)[0] != self._cost


def require_password(password: str, name: str) -> None:
    """Return if a password can be that of an account.

    Args:
        password: As typed.
        name: The account's name.

    Raises:
        AccountInvalid: It is too short or too long, or little is left of it without the name and what everybody tries.
    """
    length = len(_normal(password))
    if not FEWEST_CHARACTERS <= length <= MOST_CHARACTERS:
        raise AccountInvalid(
            f"The password has {length} characters; {FEWEST_CHARACTERS} to {MOST_CHARACTERS} can be taken.",
            remedy="Four or five unrelated words are long enough and can be remembered.",
        )
    left = _without_obvious(_plain(password), _plain(name))
    if len(left) < _FEWEST_LEFT or len(set(left)) < _FEWEST_DIFFERENT:
        raise AccountInvalid(
            "The password is one that somebody would try: the name, a well-known word, an order of keys or digits, "
            "or few characters repeated.",
            remedy="Four or five unrelated words are hard to guess and can be remembered.",
        )


def made_up() -> str:
    """Return a new random password that can be read out and typed: five groups of four letters and digits."""
    return "-".join("".join(secrets.choice(_LETTERS) for _ in range(_GROUP_LENGTH)) for _ in range(_GROUPS))


def _without_obvious(plain: str, name: str) -> str:
    words = [*OBVIOUS, *([name] if len(name) >= _SHORTEST_PIECE else [])]
    for word in sorted(words, key=len, reverse=True):
        plain = plain.replace(word, "")
    left, at = [], 0
    while at < len(plain):
        run = _order_length(plain, at)
        if run < _SHORTEST_PIECE:
            left.append(plain[at])
            run = 1
        at += run
    return "".join(left)


def _order_length(plain: str, at: int) -> int:
    """Return how many characters from a place on stand in one of the orders, forwards or backwards."""
    longest = 0
    for order in (*_ORDERS, *(order[::-1] for order in _ORDERS)):
        while at + longest < len(plain) and plain[at : at + longest + 1] in order:
            longest += 1
    return longest


def _normal(password: str) -> str:
    # Source: NIST SP 800-63B-4, section 3.1.1.2: normalised before it is hashed, since keyboards differ.
    return unicodedata.normalize("NFKC", password)


def _plain(text: str) -> str:
    return "".join(letter for letter in _normal(text).casefold() if letter.isalnum())


def _hash(password: str, salt: bytes, cost: HashCost) -> bytes:
    data = _normal(password).encode("utf-8", "surrogatepass")
    # What OpenSSL allows by default is less than the usual cost needs; a little more than 128 · n · r.
    memory = 128 * cost.r * (cost.n + cost.p + 2)
    return hashlib.scrypt(data, salt=salt, n=cost.n, r=cost.r, p=cost.p, maxmem=memory, dklen=_HASH_BYTES)


def _kept(cost: HashCost, salt: bytes, hashed: bytes) -> str:
    return f"{_SCHEME}${cost.n}${cost.r}${cost.p}${salt.hex()}${hashed.hex()}"


def _parsed(kept: str) -> tuple[HashCost, bytes, bytes]:
    scheme, n, r, p, salt, hashed = kept.split("$")
    if scheme != _SCHEME:
        raise ValueError("what is kept of a password is of another scheme")
    return HashCost(int(n), int(r), int(p)), bytes.fromhex(salt), bytes.fromhex(hashed)
