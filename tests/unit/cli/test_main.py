"""The command line loads the module that a first word needs, and all of them where no word says which."""

from __future__ import annotations

from typing import Any

import pytest
import typer

from countenance.cli.main import _MODULES, command_line


def commands_of(first_word: str | None) -> set[str]:
    group: Any = typer.main.get_command(command_line(first_word))
    return set(group.commands)


@pytest.mark.parametrize(("module", "words"), _MODULES.items())
def test_each_module_adds_exactly_the_words_it_is_listed_with(module: str, words: tuple[str, ...]) -> None:
    for word in words:
        assert commands_of(word) == set(words), module


@pytest.mark.parametrize("word", [None, "--help", "nonsense"])
def test_without_a_known_word_every_command_is_there(word: str | None) -> None:
    assert commands_of(word) == {listed for words in _MODULES.values() for listed in words}
