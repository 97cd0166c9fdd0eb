"""Large uploads: written under numbers while they arrive, counted, and refused before a byte is written."""

from __future__ import annotations

import asyncio
import stat
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from starlette.requests import Request

from countenance.web import uploads
from countenance.web.uploads import Upload, UploadUnreadable, spool_body, spool_form
from countenance.web.wire import BodyTooLarge

BOUNDARY = "----x"


def request(chunks: Sequence[bytes], content_type: str = f"multipart/form-data; boundary={BOUNDARY}") -> Request:
    waiting = [{"type": "http.request", "body": chunk, "more_body": True} for chunk in chunks]
    waiting.append({"type": "http.request", "body": b"", "more_body": False})

    async def receive() -> Any:
        return waiting.pop(0)

    scope = {"type": "http", "method": "POST", "headers": [(b"content-type", content_type.encode())]}
    return Request(scope, receive)


def part(name: str, value: bytes, filename: str | None = None) -> bytes:
    file = "" if filename is None else f'; filename="{filename}"'
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"{file}\r\n\r\n'
    return head.encode() + value + b"\r\n"


def form(*parts: bytes) -> bytes:
    return b"".join(parts) + f"--{BOUNDARY}--\r\n".encode()


def spooled(
    folder: Path,
    body: bytes,
    *,
    step: int = 7,
    admit: Callable[[Upload], None] = lambda upload: None,
    limit: int = 10**6,
) -> Upload:
    chunks = [body[at : at + step] for at in range(0, len(body), step)]
    return asyncio.run(spool_form(request(chunks), folder, admit=admit, limit=limit))


def written(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("step", [1, 7, 64, 100_000])
def test_fields_and_files_come_out_whatever_the_size_of_the_pieces(tmp_path: Path, step: int) -> None:
    photo = bytes(range(256)) * 40
    body = form(
        part("csrf", b"token"), part("labels", b"sex"), part("labels", "żółw".encode()),
        part("photos", photo, "../../ada.jpg"), part("photos", b"second", "b.jpg"), part("people", b"", ""),
    )  # fmt: skip
    upload = spooled(tmp_path, body, step=step)
    assert upload.fields == {"csrf": ["token"], "labels": ["sex", "żółw"]}
    assert [(one.name, one.path.name) for one in upload.files["photos"]] == [("../../ada.jpg", "1"), ("b.jpg", "2")]
    assert [one.path.read_bytes() for one in upload.files["photos"]] == [photo, b"second"]
    assert upload.bytes == len(photo) + 6
    assert written(tmp_path) == ["1", "2"]
    assert stat.S_IMODE((tmp_path / "1").stat().st_mode) == 0o600
    assert upload.text("csrf") == "token"
    assert upload.text("absent") == ""


def test_a_form_is_refused_before_its_first_file_is_written(tmp_path: Path) -> None:
    def refuse(upload: Upload) -> None:
        assert upload.fields == {"csrf": ["guessed"]}
        raise PermissionError

    with pytest.raises(PermissionError):
        spooled(tmp_path, form(part("csrf", b"guessed"), part("photos", b"x", "a.jpg")), admit=refuse)
    assert written(tmp_path) == []


def test_a_form_without_files_is_asked_about_too(tmp_path: Path) -> None:
    asked: list[Upload] = []
    spooled(tmp_path, form(part("csrf", b"t")), admit=asked.append)
    assert len(asked) == 1


def test_what_is_over_the_limit_ends_at_once(tmp_path: Path) -> None:
    with pytest.raises(BodyTooLarge):
        spooled(tmp_path, form(part("photos", b"x" * 5_000, "a.jpg")), limit=1_000)
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) <= 1_000
    with pytest.raises(BodyTooLarge):
        asyncio.run(spool_body(request([b"x" * 600] * 2), tmp_path, "upload.zip", limit=1_000))


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"", None),
        (b"rubbish", None),
        (form(part("a", b"b"))[:-6], None),
        (part("photos", b"x" * 100, "a.jpg"), None),
        (f"--{BOUNDARY}\r\nContent-Disposition: form-data\r\n\r\nx\r\n--{BOUNDARY}--\r\n".encode(), None),
        (f"--{BOUNDARY}\r\nX: {'y' * 20_000}\r\n\r\nx\r\n--{BOUNDARY}--\r\n".encode(), None),
        (form(part("a", b"\xff\xfe")), None),
        (form(part("a", b"x" * (uploads.FIELD_BYTES + 1))), None),
        (form(part("a", b"b")), "text/plain"),
        (form(part("a", b"b")), "multipart/form-data"),
    ],
    ids=["empty", "rubbish", "cut at the end", "cut in a file", "nameless", "long header", "not text", "long field",
         "another type", "no boundary"],
)  # fmt: skip
def test_what_is_no_form_is_refused(tmp_path: Path, body: bytes, content_type: str | None) -> None:
    asked = request([body]) if content_type is None else request([body], content_type)
    with pytest.raises(UploadUnreadable):
        asyncio.run(spool_form(asked, tmp_path))


def test_files_and_fields_are_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "MOST_FILES", 2)
    monkeypatch.setattr(uploads, "MOST_FIELDS", 2)
    with pytest.raises(UploadUnreadable, match="More than 2 files"):
        spooled(tmp_path, form(*(part("photos", b"x", f"{n}.jpg") for n in range(3))))
    with pytest.raises(UploadUnreadable, match="more than 2 fields"):
        spooled(tmp_path, form(*(part(f"f{n}", b"x") for n in range(3))))


def test_a_long_or_strange_field_is_refused_where_it_is_read(tmp_path: Path) -> None:
    upload = spooled(tmp_path, form(part("a", b"x" * 600), part("b", b"nul\0")))
    for name in ("a", "b"):
        with pytest.raises(UploadUnreadable):
            upload.text(name)


def test_a_body_that_is_one_file_is_written_as_it_comes(tmp_path: Path) -> None:
    incoming = asyncio.run(spool_body(request([b"one", b"two"], "application/zip"), tmp_path, "upload.zip"))
    assert (incoming.name, incoming.path.read_bytes()) == ("upload.zip", b"onetwo")
