"""Style sheets, scripts and nothing else: our own files, read once, addressed by their digest and kept by browsers."""

from __future__ import annotations

import hashlib
from importlib.resources import files

from fastapi import APIRouter, Response
from starlette.exceptions import HTTPException

PREFIX = "/static"
_TYPES = {"css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8", "svg": "image/svg+xml"}


class StaticFiles:
    """The files beside this module, in memory."""

    def __init__(self) -> None:
        self._files: dict[str, bytes] = {}
        for item in (files("countenance.web.console") / "static").iterdir():
            if item.name.rpartition(".")[2] in _TYPES:
                self._files[item.name] = item.read_bytes()
        joined = hashlib.sha256(b"".join(self._files[name] for name in sorted(self._files)))
        #: Changes with any of the files, so that a browser may keep what it has for ever.
        self.version = joined.hexdigest()[:12]

    def url(self, name: str) -> str:
        """Return the address of a file.

        Raises:
            KeyError: There is no such file.
        """
        _ = self._files[name]
        return f"{PREFIX}/{self.version}/{name}"

    def router(self) -> APIRouter:
        """Return the route that serves them; they hold nothing of anybody, so it needs no session."""
        router = APIRouter(include_in_schema=False)

        @router.get(PREFIX + "/{version}/{name}")
        async def static(version: str, name: str) -> Response:
            """Return a file."""
            if version != self.version or name not in self._files:
                raise HTTPException(404)
            headers = {"Cache-Control": "public, max-age=31536000, immutable", "X-Content-Type-Options": "nosniff"}
            return Response(self._files[name], media_type=_TYPES[name.rpartition(".")[2]], headers=headers)

        return router
