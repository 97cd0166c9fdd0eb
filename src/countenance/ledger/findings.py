"""What a verification found, in words for a board, a court or a journalist.

Rules kept here:

- Each finding has a stable code, says whether it speaks for the file, and is one sentence that claims no more than was
  computed.
- A file is verified if every step was reached and none speaks against it.
- What a verified file still does not show is always said beside it.
"""

from __future__ import annotations

from dataclasses import dataclass

#: What no export can show, whatever verifies.
NOT_SHOWN = (
    "That everything that was done is in the ledger: only that what was written was not changed afterwards.",
    "That what operators entered is true: a warrant, a consent, a case number or a name is recorded as claimed.",
    "That the times are right: they are the operator's clock; only a witness's time comes from somebody else.",
    "Anything against the operator, if the checkpoint reached you only now, or from nobody but the operator: whoever "
    "has the ledger and its key can write another ledger and sign that. A checkpoint you kept earlier, one held by "
    "somebody else, or a witness's signature shows which one was there.",
    "That others were shown the same ledger: compare your checkpoint with one that somebody else holds.",
)
#: What a file with withheld fields does not show.
NOT_SHOWN_WITHHELD = (
    "What the withheld fields say: only that they were fixed when the entry was written. The reasons given for "
    "withholding are statements of whoever made the file."
)
#: What a selection does not show.
NOT_SHOWN_SELECTION = "Which entries were left out of this selection, or what they say."


@dataclass(frozen=True, slots=True)
class Finding:
    """One step of a verification.

    Attributes:
        code: Stable name of the finding.
        ok: Whether it speaks for the file.
        text: One sentence.
    """

    code: str
    ok: bool
    text: str


@dataclass(frozen=True, slots=True)
class Verification:
    """All that a verification found.

    Attributes:
        findings: In the order of the steps.
        complete: Whether every step was reached.
        entries: Entries read.
        withheld: Fields withheld in them.
        not_shown: What the file does not show.
    """

    findings: tuple[Finding, ...]
    complete: bool
    entries: int
    withheld: int
    not_shown: tuple[str, ...]

    @property
    def verified(self) -> bool:
        """Return whether every step was reached and none speaks against the file."""
        return self.complete and all(finding.ok for finding in self.findings)
