"""``account``: open accounts of the console, give them roles and passwords, disable them."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Annotated

import typer
from rich.text import Text

from countenance.bootstrap.accountability import accountable
from countenance.cli.options import DataDir, Json, application
from countenance.cli.output import out, print_json, table
from countenance.core.errors import AccountInvalid
from countenance.service.account_keeping import ONE_TIME_TERM, ChangedAccount, NewAccount
from countenance.service.account_names import name_key, shown_name
from countenance.service.account_port import Account, Role, checked_roles
from countenance.service.passwords import FEWEST_CHARACTERS, MOST_CHARACTERS, require_password

account_app = typer.Typer(help="Who may sign in to the console, and as what.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="The person's name, as cases and reviews have it.", show_default=False)]
Roles = Annotated[
    list[Role],
    typer.Option("--role", help="What they may do; repeatable. Searcher, policy owner and auditor exclude each other."),
]
Generate = Annotated[bool, typer.Option("--generate", help="Make up a password, print it once; it has to be changed.")]
FromStdin = Annotated[bool, typer.Option("--password-stdin", help="Read the password from standard input, one line.")]
OneTime = Annotated[bool, typer.Option("--one-time", help="The password has to be changed at the next sign-in.")]
Reason = Annotated[str, typer.Option("--reason", help="Why; goes into the record.")]


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.add_typer(account_app, name="account")


@account_app.command("add", epilog='Example:  countenance account add "R. Okafor" --role searcher --generate')
def add(
    name: Name,
    role: Roles,
    generate: Generate = False,
    password_stdin: FromStdin = False,
    one_time: OneTime = False,
    as_json: Json = False,
    data_dir: DataDir = None,
) -> None:
    """Open an account. Its password is asked for twice, or made up and printed once."""
    # Before a password is asked for in vain.
    roles, shown = checked_roles(role), shown_name(name)
    password = _password(shown, generate=generate, from_stdin=password_stdin)
    with accountable(application(data_dir=data_dir), interface="cli") as parts:
        new = parts.accounts.add(shown, roles, by=parts.standing(), password=password, one_time=one_time or None)
    _print_new("account add", new, "is open", as_json=as_json)


@account_app.command("list", epilog="Example:  countenance account list --limit 20")
def list_(
    after: Annotated[str | None, typer.Option("--after", help="Go on behind this name.", show_default=False)] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=1000, help="Most accounts.")] = 100,
    as_json: Json = False,
    data_dir: DataDir = None,
) -> None:
    """List accounts by name."""
    with accountable(application(data_dir=data_dir), interface="cli") as parts:
        found = parts.accounts.list(after=None if after is None else name_key(after), limit=limit)
    if as_json:
        print_json("account list", {"accounts": [_plain(account) for account in found]})
    elif not found:
        out.print(Text("No account. Open one with: countenance account add NAME --role searcher"), soft_wrap=True)
    else:
        rows = [
            (one.name, ", ".join(sorted(one.roles)), _state(one), one.created_at.date().isoformat()) for one in found
        ]
        out.print(table("Accounts", ("name", "roles", "state", "opened"), rows))


@account_app.command("roles", epilog='Example:  countenance account roles "R. Okafor" --role reviewer --role records')
def roles_(name: Name, role: Roles, reason: Reason = "", as_json: Json = False, data_dir: DataDir = None) -> None:
    """Give an account other roles, in place of those it has; its sessions end."""
    with accountable(application(data_dir=data_dir), interface="cli") as parts:
        changed = parts.accounts.set_roles(name, role, by=parts.standing(), reason=reason)
    roles = ", ".join(sorted(changed.account.roles))
    _print_changed("account roles", changed, f"has these roles now: {roles}", as_json=as_json)


@account_app.command("password", epilog='Example:  countenance account password "R. Okafor" --generate')
def password_(
    name: Name,
    generate: Generate = False,
    password_stdin: FromStdin = False,
    one_time: OneTime = False,
    reason: Reason = "",
    as_json: Json = False,
    data_dir: DataDir = None,
) -> None:
    """Give an account another password; its sessions end, and it may be tried again at once."""
    with accountable(application(data_dir=data_dir), interface="cli") as parts:
        account = parts.accounts.find(name)
        password = _password(account.name, generate=generate, from_stdin=password_stdin)
        new = parts.accounts.set_password(
            account.name, by=parts.standing(), password=password, one_time=one_time or None, reason=reason
        )
    _print_new("account password", new, "has another password", as_json=as_json)


@account_app.command("disable", epilog='Example:  countenance account disable "R. Okafor" --reason "has left"')
def disable(name: Name, reason: Reason = "", as_json: Json = False, data_dir: DataDir = None) -> None:
    """Let nobody sign in with an account any more; its sessions end. The name stays taken."""
    with accountable(application(data_dir=data_dir), interface="cli") as parts:
        changed = parts.accounts.disable(name, by=parts.standing(), reason=reason)
    _print_changed("account disable", changed, "is disabled", as_json=as_json)


@account_app.command("enable", epilog='Example:  countenance account enable "R. Okafor" --reason "is back"')
def enable(name: Name, reason: Reason = "", as_json: Json = False, data_dir: DataDir = None) -> None:
    """Let an account that was disabled be used again, with the password and roles it had."""
    with accountable(application(data_dir=data_dir), interface="cli") as parts:
        changed = parts.accounts.enable(name, by=parts.standing(), reason=reason)
    _print_changed("account enable", changed, "is open again", as_json=as_json)


def _password(name: str, *, generate: bool, from_stdin: bool) -> str | None:
    """Return the password that was typed or sent, or None for one that is to be made up.

    Raises:
        AccountInvalid: Both ways at once, nothing to read it from, or it cannot be taken.
    """
    if generate and from_stdin:
        raise typer.BadParameter("--generate and --password-stdin exclude each other")
    if generate:
        return None
    if from_stdin:
        # A line end is no part of it; one character more than can be taken shows that it is too long.
        password = sys.stdin.readline(MOST_CHARACTERS + 2).rstrip("\r\n")
    elif not sys.stdin.isatty():
        raise AccountInvalid(
            "There is no terminal to ask for a password.", remedy="Use --generate, or --password-stdin in scripts."
        )
    else:
        words = f"Password ({FEWEST_CHARACTERS} characters or more)"
        password = str(typer.prompt(words, hide_input=True, confirmation_prompt="The same again", err=True))
    require_password(password, name)
    return password


def _print_new(command: str, new: NewAccount, done: str, *, as_json: bool) -> None:
    if as_json:
        content = {"account": _plain(new.account), "password": new.password, "entry_id": new.entry_id}
        print_json(command, content)
        return
    roles = ", ".join(sorted(new.account.roles))
    out.print(Text(f"The account {new.account.name} {done} ({roles}).", style="bold"), soft_wrap=True)
    if new.password is not None:
        out.print(Text(f"  Password: {new.password}"), soft_wrap=True)
        out.print(Text("It is not shown again."))
    if new.account.must_change_password:
        out.print(Text(f"It has to be changed at the first sign-in, within {ONE_TIME_TERM.days} days."))
    out.print(Text(f"Recorded as entry {new.entry_id}."))


def _print_changed(command: str, changed: ChangedAccount, done: str, *, as_json: bool) -> None:
    if as_json:
        content = {
            "account": _plain(changed.account),
            "sessions_ended": changed.sessions_ended,
            "entry_id": changed.entry_id,
        }
        print_json(command, content)
        return
    out.print(Text(f"The account {changed.account.name} {done}.", style="bold"), soft_wrap=True)
    out.print(Text(f"{changed.sessions_ended} session(s) ended. Recorded as entry {changed.entry_id}."))


def _plain(account: Account) -> Mapping[str, object]:
    return {
        "account_id": account.account_id,
        "name": account.name,
        "roles": sorted(role.value for role in account.roles),
        "state": _state(account),
        "created_at": account.created_at.isoformat(),
        "disabled_at": None if account.disabled_at is None else account.disabled_at.isoformat(),
        "must_change_password": account.must_change_password,
    }


def _state(account: Account) -> str:
    if account.disabled_at is not None:
        return "disabled"
    return "one-time password" if account.must_change_password else "open"
