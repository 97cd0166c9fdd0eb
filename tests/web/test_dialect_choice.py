"""Which dialect answers a request that has marks of two."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from tests.web.conftest import HOST, Client

AWS_TYPE = "application/x-amz-json-1.1"


def answer(client: Client, path: str, headers: dict[str, str]) -> dict[str, object]:
    """Return the members of the answer to a POST without a key."""

    async def post() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app=client.app)) as sender:
            return await sender.post(f"http://{HOST}{path}", content=b"{}", headers=headers)

    return dict(asyncio.run(post()).json())


@pytest.mark.parametrize(
    ("path", "headers", "shape"),
    [
        ("/face/v1.0/detect", {"Content-Type": AWS_TYPE}, {"error"}),
        ("/v3/detect_faces?version=2018-03-19", {"Authorization": "AWS4-HMAC-SHA256 x"}, {"error", "images_processed"}),
        ("/", {"Content-Type": AWS_TYPE}, {"__type", "Code", "Message", "message", "Logref"}),
        ("/face/v1.0/detect", {"X-Amz-Target": "x"}, {"__type", "Code", "Message", "message", "Logref"}),
        ("/identity/token", {"X-Amz-Target": "x"}, {"__type", "Code", "Message", "message", "Logref"}),
    ],
)
def test_a_path_of_one_vendor_outweighs_the_body_type_of_another_but_not_a_named_operation(
    shared_client: Client, path: str, headers: dict[str, str], shape: set[str]
) -> None:
    assert set(answer(shared_client, path, headers)) == shape
