"""The environment is read in one place, so that a setting has one name and one way in."""

from __future__ import annotations

import re
from pathlib import Path

import countenance

ROOT = Path(countenance.__file__).parent
READS = re.compile(r"\bos\.environ|\benviron\b|\bgetenv\b|\benvvar\b")


def test_only_settings_and_bootstrap_touch_the_environment() -> None:
    readers = {
        source.relative_to(ROOT).parts[0]
        for source in ROOT.rglob("*.py")
        if READS.search(source.read_text(encoding="utf-8"))
    }
    assert readers <= {"settings.py", "bootstrap"}
    assert readers, "the search finds what it looks for"


def test_the_current_time_and_randomness_are_asked_for_outside_the_core_only() -> None:
    for source in (ROOT / "core").rglob("*.py"):
        text = source.read_text(encoding="utf-8")
        assert not re.search(r"\.now\(|\btime\.time|\bimport (?:random|secrets|time)\b|default_rng\(", text), source
