"""What a script that starts the service reads: one JSON document, once requests are answered."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

pytestmark = pytest.mark.models


def test_the_address_comes_as_one_document_and_the_pages_are_there(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "countenance", "serve", "--json", "--port", "0", "--data-dir", str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        lines = []
        for line in process.stdout:
            lines.append(line)
            if line == "}\n":
                break
        document = json.loads("".join(lines))
        page = httpx.get(f"{document['address']}/compat")
        process.send_signal(signal.SIGTERM)
        rest, _ = process.communicate(timeout=30)
    assert rest == ""
    assert (document["command"], document["demonstration"]) == ("serve", None)
    assert page.status_code == 200
    assert "LFW View 1" in page.text
