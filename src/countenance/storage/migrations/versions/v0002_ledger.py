"""The ledger: sealed entries, the hashes of its tree, and acts that have begun.

Revision: 0002
"""

from __future__ import annotations

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables of this step."""
