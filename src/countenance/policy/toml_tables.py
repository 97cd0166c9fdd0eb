"""Strict reading of the TOML files of packs and operators: every key known, every value of its type."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from countenance.core.errors import PolicyPackInvalid


def read_toml(text: str, *, where: str) -> dict[str, Any]:
    """Return the parsed document.

    Raises:
        PolicyPackInvalid: It is not TOML.
    """
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise PolicyPackInvalid(f"{where}: not TOML: {error}") from error


class Table:
    """One table with the keys it may and must have.

    Raises:
        PolicyPackInvalid: A key is unknown or missing; each reader raises it for a value of another type.
    """

    def __init__(self, values: object, *, where: str, required: Iterable[str], optional: Iterable[str] = ()) -> None:
        self.where = where
        if not isinstance(values, Mapping):
            raise PolicyPackInvalid(f"{where}: a table is meant here.")
        required = tuple(required)
        unknown = sorted(set(values) - set(required) - set(optional))
        missing = sorted(set(required) - set(values))
        if unknown or missing:
            said = [f"unknown key {', '.join(unknown)}"] if unknown else []
            said += [f"missing key {', '.join(missing)}"] if missing else []
            raise PolicyPackInvalid(f"{where}: {'; '.join(said)}.")
        self._values = values

    def __contains__(self, key: str) -> bool:
        return key in self._values

    def text(self, key: str) -> str:
        """Return a non-empty text."""
        value = self._values[key]
        if not isinstance(value, str) or not value.strip():
            raise self._wrong(key, "a text that is not empty")
        return value.strip()

    def flag(self, key: str) -> bool:
        """Return true or false."""
        value = self._values[key]
        if not isinstance(value, bool):
            raise self._wrong(key, "true or false")
        return value

    def number(self, key: str) -> float:
        """Return a number."""
        value = self._values[key]
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self._wrong(key, "a number")
        return float(value)

    def whole(self, key: str) -> int:
        """Return a whole number."""
        value = self._values[key]
        if isinstance(value, bool) or not isinstance(value, int):
            raise self._wrong(key, "a whole number")
        return value

    def day(self, key: str) -> date:
        """Return a date."""
        value = self._values[key]
        if not isinstance(value, date) or isinstance(value, datetime):
            raise self._wrong(key, "a date, such as 2026-11-24")
        return value

    def day_or_words(self, key: str, words: str) -> date | None:
        """Return a date, or None where the file says ``words``."""
        return None if self._values[key] == words else self.day(key)

    def texts(self, key: str) -> tuple[str, ...]:
        """Return a list of non-empty texts, without repeats."""
        value = self._values[key]
        if not isinstance(value, list) or not all(isinstance(item, str) and item.strip() for item in value):
            raise self._wrong(key, "a list of texts")
        if len(set(value)) != len(value):
            raise self._wrong(key, "a list without repeats")
        return tuple(item.strip() for item in value)

    def tables(self, key: str) -> list[Any]:
        """Return an array of tables; empty if the key is absent."""
        value = self._values.get(key, [])
        if not isinstance(value, list):
            raise self._wrong(key, "an array of tables")
        return value

    def raw(self, key: str) -> Any:
        """Return the value as it stands."""
        return self._values[key]

    def _wrong(self, key: str, wanted: str) -> PolicyPackInvalid:
        return PolicyPackInvalid(f"{self.where}: {key} should be {wanted}.")
