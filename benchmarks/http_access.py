"""What the demonstration's keys do not open: a token for the native interface and accounts of the console."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from countenance.bootstrap.account_parts import open_demonstration_accounts
from countenance.bootstrap.accountability import accountable, now
from countenance.bootstrap.application import Application, load_settings
from countenance.bootstrap.service_demonstration import CLAIMS
from countenance.service.account_port import Role
from countenance.service.case_terms import case_terms
from countenance.service.credentials import CredentialKind


@dataclass(frozen=True, slots=True)
class MoreAccess:
    """A case's token and its number, and the passwords of accounts that are named for their roles."""

    token: str
    case_number: str
    passwords: Mapping[str, str]


def more_access(data_dir: Path) -> MoreAccess:
    """Open a case and one account a role in the database of a server that may be running."""
    app = Application(load_settings(data_dir=data_dir, database_url="", key_file=""))
    with accountable(app, interface="cli") as parts:
        number = "load-and-fuzz"
        values = {
            **CLAIMS, "jurisdictions": list(parts.rules.current().everywhere()), "case_number": number,
            "operator": Role.SEARCHER.value, "attested_by": "benchmark", "any_gallery": True, "expires": "1d",
            "purpose_text": "Load and malformed requests on rendered people who do not exist",
        }  # fmt: skip
        opened = parts.cases.open(case_terms(values, now=now(), read=lambda _: b""))
        token = next(item.secret for item in opened.credentials if item.kind is CredentialKind.TOKEN)
        accounts = open_demonstration_accounts(parts, tuple(Role))
    return MoreAccess(token, number, {name: password for name, _, password in accounts})
