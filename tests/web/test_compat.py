"""The page about compatibility: what every dialect answers, the calls made, the rates; a browser may load nothing."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import re
from typing import Any

import httpx

from countenance.service.compatibility import Fate
from countenance.web.azure.routes import LEFT_OUT, ROUTES
from countenance.web.compat.tables import calls_so_far, vendor_tables
from countenance.web.observation import Exchange, Metrics
from countenance.web.rekognition.dialect import OPERATIONS
from countenance.web.rekognition.refused_operations import REFUSED
from countenance.web.watson.operations import ANSWERED
from countenance.web.watson.operations import REFUSED as WATSON_REFUSED
from tests.web.conftest import HOST, Client, World
from tests.web.test_rekognition_conformance import image


def page(world: World) -> httpx.Response:
    async def get() -> httpx.Response:
        transport = httpx.ASGITransport(app=world.service.app)
        async with httpx.AsyncClient(transport=transport) as client:
            return await client.get(f"http://{HOST}/compat")

    answer = asyncio.run(get())
    assert answer.status_code == 200
    return answer


def text_of(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", html.partition("<body>")[2]))


def test_every_operation_of_every_dialect_stands_there(world: World) -> None:
    html = page(world).text
    names = [*OPERATIONS, *REFUSED, *ANSWERED, *WATSON_REFUSED, *(route.name for route in ROUTES)]
    names += [f"/{segment}" for segment in LEFT_OUT]
    assert [name for name in names if f"<code>{name}</code>" not in html] == []
    text = text_of(html)
    assert all(reason in text.replace("&#39;", "'") for reason in {*REFUSED.values(), *WATSON_REFUSED.values()})


def test_every_dialect_that_is_served_is_shown(world: World) -> None:
    switch = next(item for item in world.service.app.user_middleware if "dialects" in item.kwargs)
    dialects: Any = switch.kwargs["dialects"]
    served = [dialect.name for dialect in dialects]
    assert sorted(table.dialect for table in vendor_tables({})) == sorted(served)


def test_calls_are_counted_by_operation_and_name_nobody(client: Client, world: World) -> None:
    assert "None yet" in page(world).text
    client.call("CreateCollection", CollectionId="secret-collection")
    client.call("DetectFaces", Image=image("ada"))
    client.call("DetectFaces", Image=image("ada"))
    client.refused("RecognizeCelebrities", Image=image("ada"))
    html = page(world).text
    assert re.search(r"DetectFaces</th><td>2</td><td>0</td><td>2</td><td>0</td><td class=\"left\">works</td>", html)
    refused = r"RecognizeCelebrities</th><td>1</td><td>1</td><td>1</td><td>1</td><td class=\"left false\">refused on"
    assert re.search(refused, html)
    assert "1 of the operations called is not here" in text_of(html)
    for name in ("secret-collection", "24-1183", "A. Searcher", client.key):
        assert name not in html


def test_the_thresholds_are_told_as_measured_rates(world: World) -> None:
    text = text_of(page(world).text)
    scale = world.service.collections.scale()
    assert scale.version in text
    for value in (80.0, 95.0, 99.0):
        rate = scale.threshold(value).false_match_rate
        assert f"{rate.errors:,} of {rate.trials:,}" in text


def test_a_browser_may_load_nothing_but_the_style_that_is_there(world: World) -> None:
    answer = page(world)
    policy = answer.headers["content-security-policy"]
    style = answer.text.partition("<style>")[2].partition("</style>")[0]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert policy.startswith(f"default-src 'none'; style-src 'sha256-{digest}';")
    assert "unsafe" not in policy
    assert not re.search(r"<script|<link|<img| style=| on\w+=|src=", answer.text)


def test_a_host_that_is_no_host_is_written_as_text(world: World) -> None:
    async def get() -> httpx.Response:
        transport = httpx.ASGITransport(app=world.service.app)
        async with httpx.AsyncClient(transport=transport) as client:
            headers = {"Host": "<script>alert(1)</script>"}
            return await client.get(f"http://{HOST}/compat", headers=headers)

    assert "<script" not in asyncio.run(get()).text


def test_counts_of_one_operation_are_summed_over_its_answers() -> None:
    metrics = Metrics(())
    for status, code in ((200, ""), (200, ""), (400, "a"), (429, "b")):
        metrics.end(Exchange("x", dialect="watson", operation="detect_faces", status=status, code=code), 0.1)
    assert calls_so_far(metrics) == {"watson": {"detect_faces": (4, 2)}}
    watson = next(table for table in vendor_tables(calls_so_far(metrics)) if table.dialect == "watson")
    (detect,) = (item for item in watson.operations if item.calls)
    assert (detect.name, detect.fate, detect.calls, detect.failed) == ("detect_faces", Fate.WORKS, 4, 2)


def test_whoever_reads_the_page_sees_their_own_calls_beside_those_of_all(client: Client, world: World) -> None:
    client.call("DetectFaces", Image=image("ada"))

    async def get() -> str:
        transport = httpx.ASGITransport(app=world.service.app, client=("192.0.2.7", 1))
        async with httpx.AsyncClient(transport=transport) as other:
            return (await other.get(f"http://{HOST}/compat")).text

    assert re.search(r"DetectFaces</th><td>0</td><td>0</td><td>1</td><td>0</td>", asyncio.run(get()))
    assert re.search(r"DetectFaces</th><td>1</td><td>0</td><td>1</td><td>0</td>", page(world).text)
