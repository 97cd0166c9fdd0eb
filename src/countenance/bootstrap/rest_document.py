"""The OpenAPI document as a file: ``python -m countenance.bootstrap.rest_document > docs/reference/openapi.json``."""

from __future__ import annotations

import json
import sys
from typing import Any, cast

from countenance import __version__
from countenance.bootstrap.rest import operations
from countenance.web.rest.calling import Rest
from countenance.web.rest.document import openapi_document


def document_text() -> str:
    """Return the document, indented; nothing is opened or loaded for it."""
    # Operations only keep what they are made with until they are called.
    nothing = cast("Any", None)
    document = openapi_document(operations(Rest(nothing, nothing), nothing, nothing), version=__version__)
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


if __name__ == "__main__":
    sys.stdout.write(document_text())
