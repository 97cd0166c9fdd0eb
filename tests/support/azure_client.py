"""Sends requests of Azure Face clients to a service in process, without the vendor's libraries."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from typing import Any

import httpx

BASE = "/face/v1.2"
DETECT = "detectionModel=detection_03&recognitionModel=recognition_04&returnFaceId=true"
HOST = "service.example:8000"


@dataclass
class AzureClient:
    """A client with a key; every error has to be in the vendor's shape."""

    app: Any
    key: str = field(repr=False)

    def send(
        self,
        method: str,
        path: str,
        *,
        body: object = None,
        image: bytes | None = None,
        headers: dict[str, str] | None = None,
    ) -> httpx.Response:
        """Return the answer to a request; the path is taken as it is, query and all."""
        content = image if image is not None else b"" if body is None else json.dumps(body).encode()
        kind = "application/octet-stream" if image is not None else "application/json"
        sent = {"Ocp-Apim-Subscription-Key": self.key, "Content-Type": kind, **(headers or {})}

        async def exchange() -> httpx.Response:
            transport = httpx.ASGITransport(app=self.app)
            async with httpx.AsyncClient(transport=transport, base_url=f"http://{HOST}") as client:
                return await client.request(method, path, content=content, headers=sent)

        answer = asyncio.run(exchange())
        if answer.status_code >= 400:
            assert set(answer.json()) == {"error"}, answer.text
            assert set(answer.json()["error"]) == {"code", "message"}
        return answer

    def call(self, method: str, path: str, body: object = None, image: bytes | None = None) -> Any:
        """Return the content of a success, None for an empty body."""
        answer = self.send(method, BASE + path, body=body, image=image)
        assert answer.status_code == 200, answer.text
        return answer.json() if answer.content else None

    def refused(self, method: str, path: str, body: object = None, image: bytes | None = None) -> tuple[int, str, str]:
        """Return (status, code, message) of a request that has to fail."""
        answer = self.send(method, BASE + path, body=body, image=image)
        assert answer.status_code >= 400, answer.text
        error = answer.json()["error"]
        return answer.status_code, error["code"], error["message"]

    def detect(self, image: bytes, query: str = DETECT) -> str:
        """Return the identifier of the largest face."""
        return str(self.call("POST", f"/detect?{query}", image=image)[0]["faceId"])

    def group_with(self, name: str, *images: bytes, kind: str = "largepersongroups", identifier: str = "g") -> str:
        """Add a person with faces to a group and train it, the group made if need be; return the person."""
        made = self.send("PUT", f"{BASE}/{kind}/{identifier}", body={"name": "n", "recognitionModel": "recognition_04"})
        assert made.status_code in (200, 409)
        person = str(self.call("POST", f"/{kind}/{identifier}/persons", {"name": name})["personId"])
        for image in images:
            self.call("POST", f"/{kind}/{identifier}/persons/{person}/persistedfaces", image=image)
        assert self.send("POST", f"{BASE}/{kind}/{identifier}/train").status_code == 202
        return person
