"""Indexes: a period's messages for the reports; conversations that are escalated for the supervisors' list

Revision: 0005, after 0004
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_messages_created", "messages", ["created_at"])
    escalated = sa.text("escalated_at IS NOT NULL")
    op.create_index(
        "ix_conversations_escalated",
        "conversations",
        ["escalated_at"],
        sqlite_where=escalated,
        postgresql_where=escalated,
    )
