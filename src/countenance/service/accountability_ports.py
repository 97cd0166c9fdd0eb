"""What accountability needs of cases and reviews; ``case_book`` and ``review_desk`` have it."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from countenance.service.admission import OngoingAct
from countenance.service.journal_port import OpenTransaction
from countenance.service.standing import Standing


class CaseBook(Protocol):
    """What accountability needs of cases: whether this one may do this now, counted."""

    def ask_list(self, case_id: str, now: datetime, *, operator: str, credential_id: str | None = None) -> None:
        """Return unless the organisation's list of cases, if it keeps one, does not know the case as open.

        Asked before ``admit`` and outside of any transaction: the list may be on the network.

        Args:
            case_id: The case.
            now: The server's clock.
            operator: Whom the case names; refused while they have a role that is kept apart from searching.
            credential_id: The credential used, if one was.

        Raises:
            CaseError: It does not, or does not answer.
        """
        ...

    def admit(
        self,
        case_id: str,
        now: datetime,
        *,
        searches: int = 1,
        credential_id: str | None = None,
        transaction: OpenTransaction | None = None,
    ) -> None:
        """Return if an act may be done under a case, having counted its searches; all of them or none.

        Args:
            case_id: The case.
            now: The server's clock.
            searches: How many; 0 only asks whether the case is open.
            credential_id: The credential used, if one was.
            transaction: The intent's, in which the searches are counted.

        Raises:
            CaseError: It may not; nothing may be stored of the transaction then.
        """
        ...


class ReviewDesk(Protocol):
    """Takes what a held search found, for people to look at."""

    def open(self, act: OngoingAct, found: object, *, standing: Standing, transaction: OpenTransaction) -> str:
        """Keep the result with its candidates and return the review's identifier, 32 hex digits.

        Args:
            act: The act; its decision says how many reviewers are needed.
            found: What the use case returned, identities and all.
            standing: Who asked; they cannot review it.
            transaction: The outcome's transaction: found, recorded and waiting for review, or none of it.
        """
        ...
