"""The older client library's requests, recorded to the letter, played back to a service in process."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from tests.web.azure_worlds import azure_case, picture
from tests.web.conftest import World

RECORDED = Path(__file__).parent.parent / "vectors" / "azure" / "cognitiveservices_0_6_1.json"
UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
IMAGES = {
    "a1": picture("anna", variant="one"),
    "a2": picture("anna", variant="two"),
    "b1": picture("boris"),
    "noface": picture(),
}


def filled_in(text: str, identifiers: list[str]) -> str:
    return re.sub(r"\{id(\d+)\}", lambda found: identifiers[int(found.group(1)) - 1], text)


def played_back(world: World) -> list[tuple[dict[str, Any], Any]]:
    """Return (recorded request, answer now) for each."""
    client, _ = azure_case(world)
    identifiers: list[str] = []
    answers = []
    for request in json.loads(RECORDED.read_text())["requests"]:
        image = IMAGES[request["image"]] if "image" in request else None
        body = json.loads(filled_in(json.dumps(request["json"]), identifiers)) if "json" in request else None
        headers = {"Content-Type": request["content-type"]} if "content-type" in request else {}
        path = filled_in(request["path"], identifiers)
        answer = client.send(request["method"], path, body=body, image=image, headers=headers)
        identifiers += [item for item in dict.fromkeys(UUID.findall(answer.text)) if item not in identifiers]
        answers.append((request, answer))
    return answers


def test_every_recorded_request_is_answered_as_then(world: World) -> None:
    answers = played_back(world)
    assert len(answers) == 30
    assert [answer.status_code for _, answer in answers] == [request["status"] for request, _ in answers]


def test_the_answers_are_what_the_script_asserts(world: World) -> None:
    answers = {f"{request['method']} {request['path'].split('?')[0]}": answer for request, answer in played_back(world)}
    (detected,) = [answer.json() for path, answer in answers.items() if path == "POST /face/v1.0/detect"]
    # The last detection of the script is the one with a retired attribute.
    assert detected["error"]["code"] == "UnsupportedFeature"
    assert answers["POST /face/v1.0/verify"].json()["isIdentical"] is True
    training = next(answer for path, answer in answers.items() if path.endswith("/training"))
    assert training.json()["status"] == "succeeded"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", training.json()["createdDateTime"])
    asked = next(answer for path, answer in answers.items() if path.endswith("/train"))
    assert asked.headers["operation-location"].startswith("http://service.example:8000/face/v1.0/persongroups/pg-")
    assert asked.headers["operation-location"].endswith("/training")
