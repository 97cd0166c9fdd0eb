"""The parts of a ``multipart/form-data`` body, in memory: photos are never spooled to a disk.

Rules kept here:

- Only parts with the names asked for are kept; of a name that comes twice the request is refused.
- The number of parts and the size of their headers are limited before anything is kept.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from countenance.web.watson.errors import PARAMETER, WatsonError

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks

#: Most parts of one request. The client sends two at most.
MOST_PARTS = 20


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a form.

    Attributes:
        file_name: The file's name as the client gave it, or empty.
        data: Its bytes.
    """

    file_name: str
    data: bytes = field(repr=False)


def form_parts(content_type: str, body: bytes, names: frozenset[str]) -> dict[str, Part]:
    """Return the parts of these names; an empty body without a type has none.

    Raises:
        WatsonError: The body is not a form, is cut short, or has a part twice.
    """
    if not body:
        return {}
    kind, options = parse_options_header(content_type.encode("latin-1", "replace"))
    boundary = options.get(b"boundary", b"")
    if kind != b"multipart/form-data" or not boundary:
        raise _unusable("The body has to be multipart/form-data.")
    reader = _Reader(names)
    try:
        parser = MultipartParser(boundary, reader.callbacks())
        parser.write(body)
        parser.finalize()
    except (FormParserError, ValueError):
        raise _unusable("The form in the body cannot be read.") from None
    if not reader.ended:
        raise _unusable("The form in the body is cut short.")
    return reader.parts


class _Reader:
    """Gathers parts as the parser meets them."""

    def __init__(self, names: frozenset[str]) -> None:
        self.parts: dict[str, Part] = {}
        self.ended = False
        self._names = names
        self._count = 0
        self._header = [b"", b""]
        self._disposition = b""
        self._chunks: list[bytes] = []

    def callbacks(self) -> MultipartCallbacks:
        """Return what the parser calls."""
        return {
            "on_part_begin": self._begin,
            "on_header_field": lambda data, start, end: self._more_header(0, data[start:end]),
            "on_header_value": lambda data, start, end: self._more_header(1, data[start:end]),
            "on_header_end": self._end_header,
            "on_part_data": lambda data, start, end: self._chunks.append(data[start:end]),
            "on_part_end": self._end,
            "on_end": self._end_form,
        }

    def _begin(self) -> None:
        self._count += 1
        if self._count > MOST_PARTS:
            raise _unusable("The form has too many parts.")
        self._disposition, self._chunks, self._header = b"", [], [b"", b""]

    def _more_header(self, place: int, data: bytes) -> None:
        self._header[place] += data

    def _end_header(self) -> None:
        if self._header[0].lower() == b"content-disposition":
            self._disposition = self._header[1]
        self._header = [b"", b""]

    def _end(self) -> None:
        _, options = parse_options_header(self._disposition)
        name = options.get(b"name", b"").decode("utf-8", "replace")
        if name not in self._names:
            return
        if name in self.parts:
            raise _unusable(f"The form has the part {name} twice.")
        file_name = options.get(b"filename", b"").decode("utf-8", "replace")
        self.parts[name] = Part(file_name, b"".join(self._chunks))

    def _end_form(self) -> None:
        self.ended = True


def _unusable(description: str) -> WatsonError:
    return WatsonError(400, PARAMETER, description)
