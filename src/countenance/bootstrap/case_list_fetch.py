"""The one HTTP GET that cases need: one number asked of the organisation's list of cases.

Rules kept here:

- Encrypted, or on this machine: case numbers and answers do not cross a network in the clear.
- No redirect is followed, no proxy is used, no answer is kept. What takes too long or is too large is no answer.
"""

from __future__ import annotations

import http.client
import ipaddress
import time
import urllib.error
import urllib.parse
import urllib.request

from countenance.core.errors import CaseListUnavailable, SettingsInvalid

#: Where the case number stands in an address.
NUMBER = "{number}"
#: Largest answer that is read. One case's number and status fit into a hundredth of it.
LARGEST_ANSWER_BYTES = 65_536
_CHUNK_BYTES = 4_096


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_arguments: object, **_more: object) -> None:
        """Follow nothing: the status comes back as the answer."""


class HttpFetch:
    """Asks an address about a case number within a time limit.

    Args:
        address: With ``{number}`` where the number goes, such as ``https://records.example.org/cases/{number}``.
        timeout_s: Seconds for the whole answer.
        token: Sent as ``Authorization: Bearer``; empty for none.
    """

    def __init__(self, address: str, timeout_s: float, token: str = "") -> None:
        """Take where to ask.

        Raises:
            SettingsInvalid: The address cannot be used; see ``require_address``.
        """
        self._address = require_address(address)
        self._timeout_s = timeout_s
        self._token = token
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), _NoRedirects())

    def __repr__(self) -> str:
        return f"<HttpFetch {self._timeout_s:g} s>"

    def __call__(self, case_number: str) -> tuple[int, bytes]:
        """Return status and body of the answer about a number.

        Raises:
            CaseListUnavailable: No complete answer came in time, or it is too large.
        """
        give_up_at = time.monotonic() + self._timeout_s
        headers = {"Accept": "application/json", "User-Agent": "countenance"}
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        # A number alone must not change which address is asked: every character that means something there is escaped.
        escaped = urllib.parse.quote(case_number, safe="").replace(".", "%2E")
        address = self._address.replace(NUMBER, escaped)
        request = urllib.request.Request(address, headers=headers)  # noqa: S310 - the scheme is checked at start
        try:
            with self._opener.open(request, timeout=self._timeout_s) as answer:
                return int(answer.status), _read(answer, give_up_at)
        except urllib.error.HTTPError as error:
            with error:
                return error.code, b""
        except (OSError, ValueError, http.client.HTTPException):
            # Not chained: the causes carry the address, and with it the case number.
            raise CaseListUnavailable("The list of cases does not answer.") from None


def require_address(address: str) -> str:
    """Return an address for a list of cases if it can be used.

    Raises:
        SettingsInvalid: It has no ``{number}``, or is neither https nor on this machine.
    """
    parts = urllib.parse.urlsplit(address)
    if NUMBER not in parts.path + "?" + parts.query:
        raise SettingsInvalid(f"The setting case_list has no {NUMBER} in its path or query.")
    if parts.scheme != "https" and not _is_this_machine(parts.hostname or ""):
        raise SettingsInvalid(
            "The setting case_list is not an https address.", remedy="Use https; plain http is for this machine only."
        )
    return address


def _is_this_machine(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _read(answer: http.client.HTTPResponse, give_up_at: float) -> bytes:
    # Piece by piece: the socket's own limit starts anew with every piece, so a slow drip would never end.
    content = b""
    while piece := answer.read1(_CHUNK_BYTES):
        content += piece
        if len(content) > LARGEST_ANSWER_BYTES:
            raise CaseListUnavailable("The answer of the list of cases is too large.")
        if time.monotonic() > give_up_at:
            raise CaseListUnavailable("The answer of the list of cases does not come to an end.")
    if answer.length:
        raise CaseListUnavailable("The answer of the list of cases broke off.")
    return content
