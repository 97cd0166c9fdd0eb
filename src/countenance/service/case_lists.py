"""Is there such a case? The organisation's list of cases, as a CSV file or behind an HTTP address.

Rules kept here:

- A number is looked up as it is, when a case is opened and again at each search: a case may be closed in between.
- Whatever cannot be read, reached or understood refuses (``CaseListUnavailable``). Nothing is remembered from an answer
  that came earlier.
- What the list says besides the number and its status is not read.
"""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

from countenance.core.errors import CaseError, CaseListUnavailable, CaseNotListed
from countenance.service.case_ports import CaseList, Fetch, ListedAs

#: Words for a status, small letters. Any other word, and none where one is due, is not guessed at: it refuses.
OPEN_WORDS = frozenset({"open", "active"})
CLOSED_WORDS = frozenset({"closed", "inactive", "archived"})
_FOUND, _NOT_FOUND = 200, 404


def case_rule(error: CaseError) -> str:
    """Return the word under which a case's own refusal stands among the deciding rules, such as ``case.closed``."""
    return f"case.{error.code.removeprefix('case_')}"


def require_listed(case_list: CaseList | None, case_number: str) -> bool:
    """Return True if the list knows the number as open, False if there is no list to ask.

    Raises:
        CaseNotListed: The list does not know it, or knows it as closed.
        CaseListUnavailable: The list cannot be asked.
    """
    if case_list is None:
        return False
    listed = case_list.look_up(case_number)
    if listed is ListedAs.UNKNOWN:
        raise CaseNotListed("The list of cases does not know this case number.")
    if listed is ListedAs.CLOSED:
        raise CaseNotListed("The list of cases says that this case is closed.")
    return True


class CsvCaseList:
    """A CSV file with the column ``case_number`` and, if wanted, ``status``.

    The file is read at every look-up unless it is unchanged (time, size and identity), so a new export takes effect at
    once. A number that stands there twice is open only if every line says so.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._read: tuple[tuple[int, int, int], dict[str, frozenset[str]]] | None = None

    def look_up(self, case_number: str) -> ListedAs:
        """Return what the file says about a number; see ``CaseList``."""
        try:
            status = self._path.stat()
            state = (status.st_mtime_ns, status.st_size, status.st_ino)
            if self._read is None or self._read[0] != state:
                self._read = (state, parse_case_list(self._path.read_bytes(), str(self._path)))
        except OSError as error:
            self._read = None
            raise CaseListUnavailable(
                f"The list of cases {self._path} cannot be read: {(error.strerror or '').lower()}."
            ) from error
        words = self._read[1].get(case_number.strip())
        if words is None:
            return ListedAs.UNKNOWN
        found = {_status(word, str(self._path)) for word in words}
        return ListedAs.OPEN if found == {ListedAs.OPEN} else ListedAs.CLOSED


def parse_case_list(content: bytes, where: str) -> dict[str, frozenset[str]]:
    """Return number → its words of status from a CSV file's bytes (UTF-8, a header line, comma or semicolon).

    Without a column ``status`` every number is open.

    Raises:
        CaseListUnavailable: It is not such a file.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise CaseListUnavailable(f"The list of cases {where} is not UTF-8 text.") from None
    header = text.split("\n", 1)[0]
    reader = csv.DictReader(io.StringIO(text), delimiter=";" if ";" in header and "," not in header else ",")
    try:
        names = {name.strip().lower(): name for name in reader.fieldnames or () if name}
        if "case_number" not in names:
            raise CaseListUnavailable(
                f"The list of cases {where} has no column 'case_number'.",
                remedy="Give a CSV file with the columns case_number and, if wanted, status (open or closed).",
            )
        listed: dict[str, frozenset[str]] = {}
        for row in reader:
            number = (row[names["case_number"]] or "").strip()
            word = (row[names["status"]] or "").strip().lower() if "status" in names else "open"
            if number:
                listed[number] = listed.get(number, frozenset()) | {word}
    except csv.Error:
        raise CaseListUnavailable(f"The list of cases {where} is not a CSV file.") from None
    return listed


class HttpCaseList:
    """An address that answers about one number: 200 with JSON ``{"status": "open"}``, or 404 for an unknown one.

    Args:
        fetch: Asks about a number, within the time the settings allow.
    """

    def __init__(self, fetch: Fetch) -> None:
        self._fetch = fetch

    def look_up(self, case_number: str) -> ListedAs:
        """Return what the address answers about a number; see ``CaseList``."""
        status, body = self._fetch(case_number.strip())
        if status == _NOT_FOUND:
            return ListedAs.UNKNOWN
        if status != _FOUND:
            raise CaseListUnavailable(f"The list of cases answered with status {status}.")
        try:
            answer = json.loads(body)
        except ValueError:
            answer = None
        if not isinstance(answer, dict) or not isinstance(answer.get("status"), str):
            raise CaseListUnavailable(
                "The list of cases did not answer with a status.",
                remedy='It should answer with JSON such as {"case_number": "24-1183", "status": "open"}.',
            )
        echoed = answer.get("case_number", case_number)
        if not isinstance(echoed, str) or echoed.strip() != case_number.strip():
            raise CaseListUnavailable("The list of cases answered about another number.")
        return _status(answer["status"], "behind the address")


def _status(word: str, where: str) -> ListedAs:
    plain = word.strip().lower()
    if plain in OPEN_WORDS:
        return ListedAs.OPEN
    if plain in CLOSED_WORDS:
        return ListedAs.CLOSED
    raise CaseListUnavailable(
        f"The list of cases {where} has a status for this number that is not known.",
        remedy=f"Known are: {', '.join(sorted(OPEN_WORDS | CLOSED_WORDS))}.",
    )
