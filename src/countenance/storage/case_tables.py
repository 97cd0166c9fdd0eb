"""Cases and the credentials that carry them."""

from __future__ import annotations
