"""The client scripts import libraries that only their own environments have: they are run, not collected."""

from __future__ import annotations

collect_ignore_glob = ["*_operations*.py"]
