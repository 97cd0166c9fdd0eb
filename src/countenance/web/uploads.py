"""Large uploads, written to a private folder while they arrive: archives and many photos never fill the memory.

Rules kept here:

- Bytes, files and fields are counted while they arrive, whatever the request declares.
- Files lie under numbers; what the client calls them is kept beside, and is never a path.
- Fields that come before the files can be checked before the first byte of a file is written: a form without the
  session's token writes nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.datastructures import FormData
from starlette.requests import Request

from countenance.service.job_folders import Incoming, require_room
from countenance.web.wire import BodyTooLarge

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks

#: Most bytes of an upload, and most files, fields and letters of a field.
UPLOAD_BYTES, MOST_FILES, MOST_FIELDS, FIELD_BYTES = 2_000_000_000, 5_000, 100, 100_000
#: Longest headers of a part, in bytes.
_HEADER_BYTES = 16_000
_ASK_EVERY_BYTES = 32_000_000


class UploadUnreadable(Exception):
    """The body is not such a form, is cut short, or has too many parts; the text says which."""


@dataclass(slots=True)
class Upload:
    """What came.

    Attributes:
        fields: Name → values, in order.
        files: Name of the field → files, in order.
        bytes: Of all files.
    """

    fields: dict[str, list[str]] = field(default_factory=dict)
    files: dict[str, list[Incoming]] = field(default_factory=dict)
    bytes: int = 0

    def text(self, name: str, *, most: int = 500) -> str:
        """Return a field without surrounding space, empty if it is not there.

        Raises:
            UploadUnreadable: It is longer than ``most`` characters.
        """
        value = (self.fields.get(name) or [""])[0].strip()
        if len(value) > most or "\0" in value:
            raise UploadUnreadable(f"The field {name} is longer than {most} characters.")
        return value

    def form(self) -> FormData:
        """Return the fields that have come so far, as a form."""
        return FormData([(name, value) for name, values in self.fields.items() for value in values])


async def spool_form(
    request: Request, folder: Path, *, admit: Callable[[Upload], None] = lambda upload: None, limit: int = UPLOAD_BYTES
) -> Upload:
    """Return a multipart form, its files written to a folder.

    Args:
        request: The request.
        folder: Where files go; it is there and empty.
        admit: Called before the first file is written, and at the end if there was none; raises to refuse.
        limit: Most bytes of the body.

    Raises:
        BodyTooLarge: It is over the limit.
        UploadUnreadable: It cannot be read.
        StorageFull: The disk has too little room.
    """
    kind, options = parse_options_header(request.headers.get("content-type"))
    boundary = options.get(b"boundary")
    if kind != b"multipart/form-data" or not boundary:
        raise UploadUnreadable("This is not a form with files.")
    reader = _Reader(folder, admit)
    parser = MultipartParser(boundary, reader.callbacks())
    room = _Room(folder)
    size = 0
    try:
        async for chunk in request.stream():
            size += len(chunk)
            if size > limit:
                raise BodyTooLarge
            room.taken(len(chunk))
            parser.write(chunk)
        parser.finalize()
    except (FormParserError, UnicodeDecodeError, ValueError, KeyError) as error:
        raise UploadUnreadable("The form cannot be read.") from error
    finally:
        reader.close()
    if not reader.ended:
        raise UploadUnreadable("The form is cut short.")
    reader.admit_once()
    return reader.upload


async def spool_body(request: Request, folder: Path, name: str, *, limit: int = UPLOAD_BYTES) -> Incoming:
    """Return a body that is one file, written to a folder under a name for people.

    Raises:
        BodyTooLarge: It is over the limit.
        StorageFull: The disk has too little room.
    """
    path = folder / "0"
    room = _Room(folder)
    size = 0
    with path.open("xb") as stream:
        path.chmod(0o600)
        async for chunk in request.stream():
            size += len(chunk)
            if size > limit:
                raise BodyTooLarge
            room.taken(len(chunk))
            stream.write(chunk)
    return Incoming(name, path)


class _Room:
    """Asks now and then whether the disk has room to spare: several uploads may arrive at once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._since = 0
        require_room(folder, 0)

    def taken(self, size: int) -> None:
        """Note that so many bytes were taken.

        Raises:
            StorageFull: The disk has too little room.
        """
        self._since += size
        if self._since > _ASK_EVERY_BYTES:
            self._since = 0
            require_room(self._folder, 0)


class _Reader:
    """Takes the pieces of a form as the parser finds them."""

    def __init__(self, folder: Path, admit: Callable[[Upload], None]) -> None:
        self.upload = Upload()
        self.ended = False
        self._folder = folder
        self._admit = admit
        self._admitted = False
        self._header, self._value = bytearray(), bytearray()
        self._headers: dict[bytes, bytes] = {}
        self._name, self._text = "", bytearray()
        self._stream: BinaryIO | None = None
        self._is_file = False
        self._count = self._fields = 0

    def callbacks(self) -> MultipartCallbacks:
        """Return what the parser calls."""
        return {
            "on_part_begin": self._begin,
            "on_header_field": self._on_header_name,
            "on_header_value": self._on_header_value,
            "on_header_end": self._on_header_end,
            "on_headers_finished": self._on_headers,
            "on_part_data": self._on_data,
            "on_part_end": self._on_part_end,
            "on_end": self._on_end,
        }

    def close(self) -> None:
        """Close the file under way."""
        if self._stream is not None:
            self._stream.close()
            self._stream = None

    def admit_once(self) -> None:
        """Ask whether the form is taken, if that was not asked yet."""
        if not self._admitted:
            self._admitted = True
            self._admit(self.upload)

    def _begin(self) -> None:
        self._headers, self._text = {}, bytearray()

    def _on_header_name(self, data: bytes, start: int, end: int) -> None:
        self._header += data[start:end]
        self._limit_headers()

    def _on_header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]
        self._limit_headers()

    def _limit_headers(self) -> None:
        if len(self._header) + len(self._value) + sum(map(len, self._headers.values())) > _HEADER_BYTES:
            raise UploadUnreadable("A part of the form has too long headers.")

    def _on_header_end(self) -> None:
        self._headers[bytes(self._header).lower()] = bytes(self._value)
        self._header, self._value = bytearray(), bytearray()

    def _on_headers(self) -> None:
        _, options = parse_options_header(self._headers.get(b"content-disposition"))
        self._name = options[b"name"].decode()
        self._is_file = b"filename" in options
        if not self._is_file:
            self._fields += 1
            if self._fields > MOST_FIELDS:
                raise UploadUnreadable(f"The form has more than {MOST_FIELDS} fields.")
            return
        name = options[b"filename"].decode(errors="replace")
        if not name:
            # A file field that was left empty.
            return
        self.admit_once()
        self._count += 1
        if self._count > MOST_FILES:
            raise UploadUnreadable(f"More than {MOST_FILES:,} files were sent; pack them into one ZIP file.")
        path = self._folder / str(self._count)
        self._stream = path.open("xb")
        path.chmod(0o600)
        self.upload.files.setdefault(self._name, []).append(Incoming(name, path))

    def _on_data(self, data: bytes, start: int, end: int) -> None:
        if self._stream is not None:
            self._stream.write(data[start:end])
            self.upload.bytes += end - start
        elif not self._is_file:
            self._text += data[start:end]
            if len(self._text) > FIELD_BYTES:
                raise UploadUnreadable("A field of the form is too long.")

    def _on_part_end(self) -> None:
        self.close()
        if not self._is_file:
            self.upload.fields.setdefault(self._name, []).append(self._text.decode())

    def _on_end(self) -> None:
        self.ended = True
