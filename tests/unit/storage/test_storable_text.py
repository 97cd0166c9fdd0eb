"""Text that every database stores alike."""

from __future__ import annotations

import pytest

from countenance.core.errors import InputError
from countenance.storage.storable_text import LONGEST_NAME_BYTES, require_storable, require_storable_name


@pytest.mark.parametrize("text", ["", "Ada", "Zoë – 李", "a\nb\tc", "😀", "x" * 100_000])
def test_any_unicode_is_storable(text: str) -> None:
    require_storable(text, "reason")


@pytest.mark.parametrize("text", ["Ada\0", "caf\udce9", "\ud800"])
def test_nul_and_lone_surrogates_are_not_and_are_not_shown(text: str) -> None:
    with pytest.raises(InputError) as caught:
        require_storable(text, "file name")
    assert text not in caught.value.message
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


def test_the_limit_on_names_is_in_bytes() -> None:
    require_storable_name("é" * (LONGEST_NAME_BYTES // 2), "subject")
    for name in ("", "é" * (LONGEST_NAME_BYTES // 2) + "e"):
        with pytest.raises(InputError, match="bytes"):
            require_storable_name(name, "subject")
