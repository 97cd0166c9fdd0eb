"""Which pages there are, in which order, and whose they are."""

from __future__ import annotations

from dataclasses import dataclass

from countenance.service.account_port import Role


@dataclass(frozen=True, slots=True)
class Area:
    """A part of the console.

    Attributes:
        path: Where it begins.
        title: Its name.
        roles: Who finds it in the list of pages; empty: everybody who has signed in.
        key: The letter that leads there after ``g``.
        also: Pages elsewhere that belong to it.
    """

    path: str
    title: str
    roles: frozenset[Role]
    key: str
    also: tuple[str, ...] = ()

    def holds(self, path: str) -> bool:
        """Return whether a page is one of this part."""
        return path == self.path or path.startswith(f"{self.path}/") or path in self.also


EVERYBODY: frozenset[Role] = frozenset()

AREAS: tuple[Area, ...] = (
    Area("/accountability", "Accountability", frozenset({Role.RECORDS, Role.AUDITOR, Role.POLICY_OWNER}), "h"),
    Area("/cases", "Cases", frozenset({Role.SEARCHER, Role.RECORDS}), "s"),
    Area("/searches", "Searches", frozenset({Role.SEARCHER, Role.RECORDS, Role.AUDITOR}), "d"),
    Area("/reviews", "Reviews", frozenset({Role.REVIEWER, Role.RECORDS, Role.AUDITOR}), "r"),
    Area("/compare", "Compare", EVERYBODY, "c"),
    Area("/galleries", "Galleries", EVERYBODY, "a", ("/new-gallery",)),
    Area("/audits", "Audits", EVERYBODY, "u", ("/new-audit",)),
    Area("/policy", "Rules", EVERYBODY, "p"),
    Area("/ledger", "Ledger", EVERYBODY, "l"),
    Area("/compat", "Compatibility", EVERYBODY, "k"),
)


def areas_of(roles: frozenset[Role]) -> tuple[Area, ...]:
    """Return the areas that somebody with these roles finds in the list of pages."""
    return tuple(area for area in AREAS if not area.roles or area.roles & roles)


def home_of(roles: frozenset[Role]) -> str:
    """Return where somebody with these roles begins: the first area that is theirs in particular."""
    first = {
        Role.RECORDS: "/accountability",
        Role.SEARCHER: "/cases",
        Role.REVIEWER: "/reviews",
        Role.GALLERY_OWNER: "/galleries",
        Role.POLICY_OWNER: "/policy",
        Role.AUDITOR: "/audits",
    }
    return next((path for role, path in first.items() if role in roles), "/compare")
