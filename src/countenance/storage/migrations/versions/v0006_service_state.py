"""What clients of the service see: collections, faces, users, person groups, tags.

Revision: 0006
"""

from __future__ import annotations

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables of this step."""
