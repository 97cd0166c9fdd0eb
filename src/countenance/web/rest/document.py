"""The OpenAPI document of the native interface: made from the operations, compared with a golden file in tests."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter, Response
from fastapi.openapi.utils import get_openapi

from countenance.web.rest.calling import PREFIX

PATH = f"{PREFIX}/openapi.json"
DESCRIPTION = """Face recognition under cases and rules. Every operation asks for the token of a case
(`countenance case open`); what the case, its limits or a rule forbid is answered with 403 and recorded in the ledger.

Scores are cosine similarities, never probabilities; each comes with the error rates measured at it. Race, gender, age
and emotion are not inferred. A request with an `Idempotency-Key` is done once: the same key and request give the
recorded reply for a day. Lists have cursors, and come whole as `application/x-ndjson`."""
TAGS = (
    ("service", "What answers here, the token's case, thresholds and what scores mean."),
    ("faces", "Detect, compare, search."),
    ("galleries", "Galleries and the people in them."),
    ("reviews", "Held results."),
    ("ledger", "The record, and proof of it."),
    ("jobs", "Long work: bulk enrolment and audits."),
)


def openapi_document(routers: Sequence[APIRouter], *, version: str) -> dict[str, Any]:
    """Return the document of these routers.

    Args:
        routers: Those with operations.
        version: Of this software.
    """
    document = get_openapi(
        title="Countenance",
        version=version,
        description=DESCRIPTION,
        routes=[route for router in routers for route in router.routes],
        tags=[{"name": name, "description": words} for name, words in TAGS],
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
    )
    _idempotency(document)
    # FastAPI's own shape of a validation error is never answered.
    for name in ("HTTPValidationError", "ValidationError"):
        document["components"]["schemas"].pop(name, None)
    return document


def document_router(document: dict[str, Any]) -> APIRouter:
    """Return the route that hands the document out, to anybody."""
    import json

    router = APIRouter(include_in_schema=False)
    body = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()

    @router.get(PATH)
    async def openapi() -> Response:
        """Return the document."""
        return Response(body, media_type="application/json", headers={"Cache-Control": "no-cache"})

    return router


def _idempotency(document: dict[str, Any]) -> None:
    """Describe the header that every changing operation takes."""
    header = {
        "name": "Idempotency-Key",
        "in": "header",
        "required": False,
        "description": "A random key: the same request again with it gives the recorded reply and does nothing.",
        "schema": {"type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[ -~]+$"},
    }
    for path in document["paths"].values():
        for method in ("post", "delete"):
            if method in path:
                path[method].setdefault("parameters", []).append(header)
