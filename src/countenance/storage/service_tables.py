"""What clients of the service see: collections, faces, users, person groups, tags."""

from __future__ import annotations
