"""A signed-in browser without a browser: cookies, the form's token, pages."""

from __future__ import annotations

import http.client
import re
import uuid
from collections.abc import Mapping
from urllib.parse import urlencode

from benchmarks.http_process import Served

_TOKEN = re.compile(rb'name="csrf" value="([^"]+)"')
FORM = "application/x-www-form-urlencoded"


class ConsoleClient:
    """One connection to the console, and the cookies it was given."""

    def __init__(self, server: Served) -> None:
        self.server = server
        self._connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=120)
        self.cookies: dict[str, str] = {}
        self.token = ""

    def send(self, method: str, target: str, body: bytes = b"", headers: Mapping[str, str] | None = None) -> tuple[
        int, bytes
    ]:  # fmt: skip
        """Return status and body of an answer; cookies are kept, and the token of the last form seen."""
        named = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items()), **(headers or {})}
        try:
            self._connection.request(method, target, body=body, headers=named)
            answer = self._connection.getresponse()
        except (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError):
            # A kept connection may end between two requests; a fresh one may not.
            self._connection.close()
            self._connection.request(method, target, body=body, headers=named)
            answer = self._connection.getresponse()
        said = answer.read()
        for name, value in answer.getheaders():
            if name.lower() == "set-cookie":
                cookie, _, kept = value.partition(";")[0].partition("=")
                self.cookies[cookie] = kept
        found = _TOKEN.search(said)
        if found:
            self.token = found.group(1).decode()
        return answer.status, said

    def sign_in(self, name: str, password: str) -> int:
        """Return the status of signing in: 303 is a session."""
        self.send("GET", "/sign-in")
        form = {"csrf": self.token, "name": name, "password": password, "next": "/"}
        return self.send("POST", "/sign-in", urlencode(form).encode(), {"Content-Type": FORM})[0]

    def send_files(self, target: str, files: Mapping[str, bytes], fields: Mapping[str, str]) -> tuple[int, bytes]:
        """Return status and body of the answer to a form with files; it carries the token of the last form seen."""
        boundary = uuid.uuid4().hex
        parts = []
        for name, value in {"csrf": self.token, **fields}.items():
            parts.append(f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode())
        for name, data in files.items():
            head = f'Content-Disposition: form-data; name="{name}"; filename="{name}.jpg"'
            parts.append(f"--{boundary}\r\n{head}\r\nContent-Type: image/jpeg\r\n\r\n".encode() + data + b"\r\n")
        body = b"".join([*parts, f"--{boundary}--\r\n".encode()])
        return self.send("POST", target, body, {"Content-Type": f"multipart/form-data; boundary={boundary}"})

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()
