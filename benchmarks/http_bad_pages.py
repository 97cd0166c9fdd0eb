"""Requests with something wrong for the native interface and the console."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from benchmarks import http_bad_images
from benchmarks.http_bad_requests import FACE, PATHS, SEGMENTS, TYPES, VALUES, Bad, broken_json, text_of
from benchmarks.http_console import FORM

_PAGES = (
    "/", "/sign-in", "/compare", "/galleries", "/galleries/{x}", "/cases", "/cases/{x}", "/cases/{x}/search",
    "/searches",
    "/searches/{x}", "/reviews", "/reviews/{x}", "/jobs", "/jobs/{x}", "/ledger", "/ledger/{x}", "/policy",
    "/policy/packs/{x}", "/policy/explain", "/audits", "/audits/{x}", "/accountability", "/static/{x}/console.css",
    "/password", "/theme", "/sign-out", "/new-gallery", "/accountability/exceptions", "/searches/{x}/dossier.json",
)  # fmt: skip
_FORMS = (
    "/sign-in", "/compare", "/theme", "/password", "/new-gallery", "/galleries/{x}/enrolments", "/cases/new",
    "/cases/{x}/search", "/cases/{x}/close", "/cases/{x}/credentials", "/reviews/{x}", "/reviews/{x}/vote",
    "/reviews/{x}/lead", "/ledger/verify", "/ledger/{x}/prove", "/policy/certificates", "/policy/packs/{x}/switch",
    "/policy/thresholds", "/jobs/{x}/cancel", "/searches/{x}/packet", "/searches/{x}/result",
)  # fmt: skip
_FIELDS = ("name", "next", "after", "before", "limit", "rate", "face_a", "kind", "from", "to", "operator", "q", "basis")


@dataclass(frozen=True, slots=True)
class Doorways:
    """What opens the native interface and the console.

    Attributes:
        token: A case's token.
        operations: (method, path with ``{variables}``) of the native interface, as its own document has them.
        cookies: Of signed-in browsers.
        form_tokens: The token of each one's forms, in the same order.
    """

    token: str
    operations: tuple[tuple[str, str], ...]
    cookies: tuple[str, ...]
    form_tokens: tuple[str, ...]


def operations_of(document: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    """Return the operations of an OpenAPI document."""
    methods = {"get", "post", "put", "patch", "delete"}
    return tuple(
        (method.upper(), path)
        for path, said in sorted(document["paths"].items())
        for method in sorted(said)
        if method in methods
    )


def rest(chance: random.Random, doorways: Doorways, photo: bytes) -> Bad:
    """Return a request to the native interface."""
    method, pattern = chance.choice(doorways.operations)
    if chance.random() < 0.08:
        method = chance.choice(["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"])
    target, kind = _filled(chance, pattern), "path or query"
    if chance.random() < 0.06:
        target = "/v1" + chance.choice(PATHS)
    target += _query(chance, ("after", "limit", "similarity", "references", "gallery", "fmr", "status"))
    headers = [("Authorization", f"Bearer {doorways.token}")]
    body = b""
    if method in {"POST", "PUT", "PATCH"}:
        kind, body, content_type = _body(chance, photo, ("photo", "probe", "reference"), {})
        headers.append(("Content-Type", content_type))
    if chance.random() < 0.1:
        kind = "wrong token"
        headers[0] = ("Authorization", chance.choice(["", "Bearer", "Bearer ", "Basic eDp5", "Bearer cnt_" + "0" * 40,
                                                      "Bearer " + "x" * 5_000, "Bearer é"]))  # fmt: skip
    if chance.random() < 0.15:
        headers.append(("Idempotency-Key", chance.choice(["", "k", "k" * 5_000, "é", "a b", FACE, "\t"])))
    return Bad("rest", kind, method, target, tuple(headers), body)


def console(chance: random.Random, doorways: Doorways, photo: bytes) -> Bad:
    """Return a request to a page of the console."""
    who = chance.randrange(len(doorways.cookies))
    cookie, token = doorways.cookies[who], doorways.form_tokens[who]
    (method,) = chance.choices(["GET", "POST", "PUT", "DELETE", "HEAD"], weights=[45, 45, 2, 2, 6])
    page = chance.choice(_FORMS if method == "POST" and chance.random() < 0.9 else _PAGES)
    target, kind = _filled(chance, page) + _query(chance, _FIELDS), "path or query"
    headers: list[tuple[str, str]] = []
    body = b""
    if method == "POST":
        fields = {"csrf": token, **{name: text_of(chance) for name in _FIELDS if chance.random() < 0.3}}
        if chance.random() < 0.3:
            fields["csrf"] = chance.choice(["", "x", "é" * 100, "\0", token[:-1]])
        kind, body, content_type = _body(chance, photo, ("a", "b", "photo"), fields)
        headers.append(("Content-Type", content_type))
        if chance.random() < 0.1:
            kind = "from another site"
            headers += [("Origin", "https://elsewhere.example"), ("Sec-Fetch-Site", "cross-site")]
    if chance.random() < 0.15:
        kind = "wrong session"
        cookie = chance.choice(
            ["", "countenance=", "countenance=" + "x" * 3_000, "countenance=é", "=;=;=", cookie[:-2]]
        )
    headers.append(("Cookie", cookie))
    return Bad("console", kind, method, target, tuple(headers), body)


def _filled(chance: random.Random, pattern: str) -> str:
    pieces = [chance.choice((*SEGMENTS, "0" * 32, FACE.replace("-", ""))) if piece.startswith("{") else piece
              for piece in pattern.split("/")]  # fmt: skip
    return "/".join(pieces).replace(" ", "%20")


def _query(chance: random.Random, names: tuple[str, ...]) -> str:
    chosen = [name for name in names if chance.random() < 0.15]
    return "?" + "&".join(f"{name}={quote(text_of(chance), errors='replace')}" for name in chosen) if chosen else ""


def _body(
    chance: random.Random, photo: bytes, file_fields: tuple[str, ...], fields: dict[str, str]
) -> tuple[str, bytes, str]:
    """Return (kind, body, content type) of a form with bad pictures, a form with bad fields, or bad JSON."""
    roll = chance.random()
    if roll < 0.5:
        boundary = chance.choice(["b", "-" * 60, "b" * 200])
        parts = []
        kind = "fields"
        for name, value in fields.items():
            parts.append(f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n')
        body = "".join(parts).encode("utf-8", "replace")
        for name in file_fields:
            if chance.random() < 0.7:
                kind, picture = http_bad_images.made(chance, photo)
                kind = f"picture: {kind}"
                head = f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"; filename="{name}.jpg"\r\n\r\n'
                body += head.encode() + picture + b"\r\n"
        body += f"--{boundary}--\r\n".encode()
        if chance.random() < 0.15:
            kind, body = "truncated body", body[: chance.randrange(len(body))]
        return kind, body, f"multipart/form-data; boundary={boundary}"
    if roll < 0.75 and fields:
        return "fields", urlencode(fields, errors="replace").encode(), FORM
    members = {name: chance.choice(VALUES) for name in ("name", "basis", "source", "gallery", "folder", "limit")}
    kind, body = broken_json(chance, json.loads(json.dumps(members)))
    return kind, body, chance.choice(TYPES)
