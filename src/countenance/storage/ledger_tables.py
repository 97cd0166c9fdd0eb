"""The ledger: sealed entries, the hashes of its tree, and acts that have begun."""

from __future__ import annotations
