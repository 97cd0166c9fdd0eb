"""Reviews: held results, fillers and blind votes."""

from __future__ import annotations
