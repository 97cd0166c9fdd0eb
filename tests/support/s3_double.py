"""A small S3 on this machine: objects with versions, ranges, S3's error documents, and signatures that are verified."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

ACCESS_KEY, SECRET_KEY, REGION = "AKIDS3DOUBLE", "s3-double-secret", "eu-central-1"


@dataclass
class S3Double:
    """The store.

    Attributes:
        endpoint: Its address.
        objects: (bucket, key) → version → content; the last version is the latest.
        asked: (key, range) of every request that was signed as it should be.
        ignores_ranges: Whether it sends whole objects whatever is asked, as some compatible stores do.
    """

    endpoint: str = ""
    objects: dict[tuple[str, str], dict[str, bytes]] = field(default_factory=dict)
    asked: list[tuple[str, str]] = field(default_factory=list)
    ignores_ranges: bool = False

    def answer(self, path: str, headers: dict[str, str]) -> tuple[int, bytes]:
        """Return status and body for a GET."""
        if not self._is_signed(path, headers):
            return 403, _error("SignatureDoesNotMatch")
        parts = urlsplit(path)
        bucket, _, key = unquote(parts.path).lstrip("/").partition("/")
        self.asked.append((key, headers.get("range", "")))
        if bucket not in {known for known, _ in self.objects}:
            return 404, _error("NoSuchBucket")
        versions = self.objects.get((bucket, key))
        if versions is None:
            return 404, _error("NoSuchKey")
        wanted = parse_qs(parts.query).get("versionId", [list(versions)[-1]])[0]
        if wanted not in versions:
            return 404, _error("NoSuchVersion")
        data, span = versions[wanted], re.fullmatch(r"bytes=(\d+)-(\d+)", headers.get("range", ""))
        if span is None or self.ignores_ranges:
            return 200, data
        first, last = int(span[1]), int(span[2])
        return (206, data[first : last + 1]) if first < len(data) else (416, _error("InvalidRange"))

    def _is_signed(self, path: str, headers: dict[str, str]) -> bool:
        claimed = re.search(r"SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})", headers.get("authorization", ""))
        if claimed is None or f"Credential={ACCESS_KEY}/" not in headers["authorization"]:
            return False
        signed = {name: headers[name] for name in claimed[1].split(";")}
        request = AWSRequest("GET", f"http://{headers['host']}{path}", headers=signed)
        request.context["timestamp"] = headers["x-amz-date"]
        auth = S3SigV4Auth(Credentials(ACCESS_KEY, SECRET_KEY), "s3", REGION)
        canonical = auth.canonical_request(request)
        return bool(auth.signature(auth.string_to_sign(request, canonical), request) == claimed[2])


@contextmanager
def s3_double() -> Iterator[S3Double]:
    """Yield the store, served."""
    double = S3Double()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            status, body = double.answer(self.path, {name.lower(): value for name, value in self.headers.items()})
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class names it
            """Write nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    double.endpoint = f"http://127.0.0.1:{server.server_port}"
    try:
        yield double
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def credentials_file_text(access_key: str = ACCESS_KEY, secret_key: str = SECRET_KEY) -> str:
    """Return credentials in the format of AWS's shared file."""
    return f"[default]\naws_access_key_id = {access_key}\naws_secret_access_key = {secret_key}\n"


def _error(code: str) -> bytes:
    return f'<?xml version="1.0"?><Error><Code>{code}</Code><Message>{code}</Message></Error>'.encode()
