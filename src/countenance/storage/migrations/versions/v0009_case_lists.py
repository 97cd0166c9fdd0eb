"""An index for the list of one operator's cases.

Revision: 0009
"""

from __future__ import annotations

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the index of this step."""
    op.create_index("ix_cases_operator_id_opened_at", "cases", ["operator_id", "opened_at"])
