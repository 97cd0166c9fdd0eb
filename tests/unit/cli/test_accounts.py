"""``account``: opened, listed, changed, disabled at the command line; passwords asked for, sent, or made up once."""

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
import typer

from countenance.bootstrap.accountability import accountable
from countenance.bootstrap.application import Application, load_settings
from countenance.core.errors import SignInRefused
from countenance.service import passwords
from tests.support.account_desk import CHEAP, OTHER, PASSWORD
from tests.support.command_line import CommandLine, Run

NAME = "R. Okafor"


@pytest.fixture
def countenance(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> CommandLine:
    monkeypatch.setenv("COUNTENANCE_DATA_DIR", str(tmp_path / "data"))
    # Hashing at the usual cost is tested by itself; here it would take longer than everything else.
    monkeypatch.setattr(passwords.Passwords.__init__, "__defaults__", (CHEAP,))
    return CommandLine(monkeypatch, capsys)


@pytest.fixture
def opened(countenance: CommandLine) -> CommandLine:
    """Return the command line of an installation with one account."""
    assert sent(countenance, PASSWORD, "account", "add", NAME, "--role", "searcher").code == 0
    return countenance


def sent(countenance: CommandLine, text: str, *words: str) -> Run:
    """Return what a command left that was sent a password by standard input."""
    with patch.object(sys, "stdin", io.StringIO(text + "\n")):
        return countenance(*words, "--password-stdin")


def signs_in(name: str, password: str) -> bool:
    with accountable(Application(load_settings()), interface="console") as parts:
        try:
            parts.accounts.sign_in(name, password)
        except SignInRefused:
            return False
        return True


def entries(countenance: CommandLine) -> list[dict[str, Any]]:
    return list(countenance("ledger", "show", "--limit", "100", "--json").document["entries"])


def test_a_made_up_password_is_printed_once_and_works(countenance: CommandLine) -> None:
    made = countenance("account", "add", NAME, "--role", "searcher", "--role", "reviewer", "--generate", "--json")
    assert made.code == 0
    account, password = made.document["account"], made.document["password"]
    assert (account["name"], account["roles"], account["state"]) == (
        NAME,
        ["reviewer", "searcher"],
        "one-time password",
    )
    assert signs_in(NAME, password)
    words = countenance("account", "password", NAME, "--generate", "--reason", "forgotten")
    assert "It is not shown again." in words.words
    assert "has to be changed at the first sign-in, within 3 days" in words.words
    assert not signs_in(NAME, password)
    assert password not in words.words
    recorded = entries(countenance)
    assert [entry["kind"] for entry in recorded if entry["kind"].startswith("account")] == ["account_changed"] * 2
    assert NAME not in str(recorded)


def test_a_password_is_asked_for_twice(countenance: CommandLine) -> None:
    asked: list[dict[str, Any]] = []

    def prompt(words: str, **more: Any) -> str:
        asked.append({"words": words, **more})
        return PASSWORD

    terminal = patch.object(sys, "stdin", type("Terminal", (io.StringIO,), {"isatty": lambda _: True})())
    with patch.object(typer, "prompt", prompt), terminal:
        made = countenance("account", "add", NAME, "--role", "auditor")
    assert made.code == 0
    assert PASSWORD not in made.out + made.err
    (question,) = asked
    assert question["hide_input"] is True
    assert question["confirmation_prompt"]
    assert "15 characters" in question["words"]
    assert signs_in(NAME, PASSWORD)


def test_a_password_of_a_script_is_a_line_of_standard_input(opened: CommandLine) -> None:
    assert signs_in(NAME, PASSWORD)
    assert sent(opened, OTHER, "account", "password", "r. okafor", "--one-time").code == 0
    assert signs_in(NAME, OTHER)
    (account,) = opened("account", "list", "--json").document["accounts"]
    assert account["must_change_password"] is True
    for text in ("", "short", "x" * 2_000):
        assert sent(opened, text, "account", "password", NAME).code == 3


def test_without_a_terminal_nothing_waits_for_a_password(countenance: CommandLine) -> None:
    with patch.object(sys, "stdin", io.StringIO("")):
        refused = countenance("account", "add", NAME, "--role", "auditor", "--json")
    assert (refused.code, refused.document["error"]["code"]) == (3, "account_invalid")
    assert "--generate" in refused.document["error"]["remedy"]
    both = countenance("account", "add", NAME, "--role", "auditor", "--generate", "--password-stdin")
    assert both.code == 2


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("add", NAME, "--role", "searcher", "--role", "auditor", "--generate"), 3, "Nobody is auditor and searcher"),
        (("add", NAME, "--role", "auditor", "--role", "policy_owner", "--generate"), 3, "auditor and policy_owner"),
        (("add", "r. OKAFOR", "--role", "searcher", "--generate"), 3, "exists already"),
        (("add", "..", "--role", "searcher", "--generate"), 3, "characters that can be seen"),
        (("add", "New", "--role", "admin", "--generate"), 2, "admin"),
        (("add", "New", "--generate"), 2, "--role"),
        (("roles", NAME, "--role", "policy_owner", "--role", "searcher"), 3, "policy_owner and searcher"),
        (("roles", NAME, "--role", "searcher"), 3, "has these roles already"),
        (("roles", "Nobody", "--role", "searcher"), 4, "no account of this name"),
        (("password", "Nobody", "--generate"), 4, "no account of this name"),
        (("disable", "Nobody"), 4, "no account of this name"),
        (("enable", NAME), 3, "not disabled"),
        ((), 2, "Who may sign in"),
    ],
)
def test_what_cannot_be_done_says_why_and_changes_nothing(
    opened: CommandLine, words: tuple[str, ...], code: int, said: str
) -> None:
    before = entries(opened)
    run = opened("account", *words)
    assert (run.code, said in run.words) == (code, True), run.words
    assert entries(opened) == before


def test_roles_and_disabling_are_told_and_recorded_with_their_reason(opened: CommandLine) -> None:
    changed = opened("account", "roles", NAME, "--role", "records", "--role", "reviewer", "--reason", "desk", "--json")
    assert changed.document["account"]["roles"] == ["records", "reviewer"]
    assert changed.document["sessions_ended"] == 0
    off = opened("account", "disable", NAME, "--reason", "has left")
    assert "is disabled" in off.words
    assert not signs_in(NAME, PASSWORD)
    assert "disabled" in opened("account", "list").out
    on = opened("account", "enable", NAME)
    assert "is open again" in on.words
    assert signs_in(NAME, PASSWORD)
    recorded = [entry for entry in entries(opened) if entry["kind"] == "account_changed"]
    assert [entry["fields"]["change"] for entry in reversed(recorded)] == ["opened", "roles", "disabled", "enabled"]
    assert recorded[1]["fields"]["reason"] == "has left"


def test_accounts_are_listed_page_by_page(countenance: CommandLine) -> None:
    assert "No account." in countenance("account", "list").words
    for name in ("Cleo", "anna", "Bert"):
        countenance("account", "add", name, "--role", "searcher", "--generate")
    listed = countenance("account", "list", "--json", "--limit", "2").document["accounts"]
    assert [one["name"] for one in listed] == ["anna", "Bert"]
    rest = countenance("account", "list", "--json", "--after", "BERT").document["accounts"]
    assert [one["name"] for one in rest] == ["Cleo"]
