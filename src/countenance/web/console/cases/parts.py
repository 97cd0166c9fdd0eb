"""What the pages about cases need, ready-made by ``bootstrap``."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from countenance.core.errors import CaseNotFound
from countenance.service.account_port import Role, SignedIn
from countenance.service.case_browsing import CaseBrowser
from countenance.service.case_outlook import SearchOutlook
from countenance.service.case_ports import StoredCase
from countenance.service.cases import Cases, DraftCase
from countenance.service.journal_port import Journal


@dataclass(frozen=True, slots=True)
class CasesParts:
    """What the pages about cases need.

    Attributes:
        cases: What is done to cases.
        browser: Lists of cases.
        journal: The ledger.
        identify: Returns the identifier that stands for somebody's name.
        outlook: Returns what the rules would answer to a search of a gallery, by name, under a case or a draft of one.
        galleries: Returns identifier → name of the galleries that are there.
        searchers: Returns the names of accounts that may search.
    """

    cases: Cases
    browser: CaseBrowser
    journal: Journal
    identify: Callable[[str], str]
    outlook: Callable[[StoredCase | DraftCase, str], SearchOutlook]
    galleries: Callable[[], Mapping[str, str]]
    searchers: Callable[[], Sequence[str]]

    def case_for(self, person: SignedIn, name: str) -> StoredCase:
        """Return a case that somebody may see: records officers see all, a searcher their own.

        Raises:
            CaseNotFound: There is none, or it is none of theirs; the two cannot be told apart.
        """
        case = self._found(person, name)
        if case is None or (Role.RECORDS not in person.roles and not self.is_operator(person, case)):
            raise CaseNotFound("There is no such case, or it is not yours.", remedy="The list of cases has yours.")
        return case

    def own_case(self, person: SignedIn, name: str) -> StoredCase:
        """Return a case that somebody searches under; nobody does so under another's, records officers neither.

        Raises:
            CaseNotFound: There is none, or it is none of theirs; the two cannot be told apart.
        """
        case = self._found(person, name)
        if case is None or not self.is_operator(person, case):
            raise CaseNotFound(
                "There is no such case, or it is not yours: whoever a case names searches under it.",
                remedy="The list of cases has yours.",
            )
        return case

    def _found(self, person: SignedIn, name: str) -> StoredCase | None:
        try:
            return self.cases.find(name)
        except CaseNotFound:
            # Of several with one number it tells the identifiers, which is for those who see all cases.
            if Role.RECORDS in person.roles:
                raise
            return None

    def is_operator(self, person: SignedIn, case: StoredCase) -> bool:
        """Return whether somebody is the one who searches under a case."""
        return self.identify(person.name) == case.operator_id

    def gallery_names(self, case: StoredCase | DraftCase) -> tuple[str, ...]:
        """Return the present names of the galleries that a case may search, sorted."""
        present = self.galleries()
        if case.any_gallery:
            return tuple(sorted(present.values()))
        return tuple(sorted(present[key] for key in case.galleries if key in present))
