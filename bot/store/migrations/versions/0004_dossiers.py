"""Dossiers: the commune's table with its history and imports, look-ups, alerts, follows

Revision: 0004, after 0003
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _dossiers()
    _imports()
    _look_ups()
    _follows()
    op.add_column("handoffs", sa.Column("dossier", sa.String(length=60), nullable=False, server_default=""))


def _id() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _time(name: str, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _word(name: str, length: int, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.String(length=length), nullable=nullable)


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=False)


def _dossiers() -> None:
    op.create_table(
        "dossiers",
        sa.Column("id", _id(), nullable=False),
        _word("code", 60),
        _text("procedure"),
        _word("procedure_code", 40),
        _word("status", 12),
        _word("shade", 12),
        _text("status_text"),
        _text("office"),
        sa.Column("received", sa.Date(), nullable=True),
        sa.Column("due", sa.Date(), nullable=True),
        sa.Column("finished", sa.Date(), nullable=True),
        _text("note"),
        _word("phone4", 64),
        _word("identity4", 64),
        _word("phone", 64),
        _word("digest", 64),
        sa.Column("import_id", _id(), nullable=True),
        _time("as_of"),
        _time("created_at"),
        _time("changed_at"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("code"),
    )
    op.create_index("ix_dossiers_status", "dossiers", ["status", "due"])
    op.create_index("ix_dossiers_changed", "dossiers", ["changed_at"])
    op.create_table(
        "dossier_events",
        sa.Column("id", _id(), nullable=False),
        _word("code", 60),
        _word("status", 12),
        _word("shade", 12),
        _text("status_text"),
        sa.Column("due", sa.Date(), nullable=True),
        _text("note"),
        sa.Column("import_id", _id(), nullable=True),
        _time("at"),
        sa.ForeignKeyConstraint(["code"], ["dossiers.code"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_dossier_events_code"), "dossier_events", ["code"])
    op.create_index(op.f("ix_dossier_events_import_id"), "dossier_events", ["import_id"])


def _imports() -> None:
    op.create_table(
        "dossier_imports",
        sa.Column("id", _id(), nullable=False),
        _time("at"),
        _word("actor", 80),
        _text("file_name"),
        sa.Column("size", sa.Integer(), nullable=False),
        _word("sha256", 64),
        _word("form", 40),
        sa.Column("columns", sa.JSON(), nullable=False),
        sa.Column("done", sa.Boolean(), nullable=False),
        *(sa.Column(n, sa.Integer(), nullable=False) for n in ("new", "changed", "unchanged", "refused")),
        sa.Column("problems", sa.JSON(), nullable=False),
        _time("as_of"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "dossier_mappings",
        _word("fingerprint", 64),
        sa.Column("columns", sa.JSON(), nullable=False),
        _word("actor", 80),
        _time("updated_at"),
        sa.PrimaryKeyConstraint("fingerprint"),
    )


def _look_ups() -> None:
    op.create_table(
        "dossier_attempts",
        sa.Column("id", _id(), nullable=False),
        _time("at"),
        sa.Column("account_id", _id(), nullable=False),
        _word("event_id", 300),
        _word("person", 64),
        _word("user_ref", 128, nullable=True),
        _word("code", 60),
        _word("by", 10),
        _word("result", 6),
        sa.Column("counts", sa.Boolean(), nullable=False),
        _time("wait_until", nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("account_id", "event_id"),
    )
    for name, column in (("person", "person"), ("code", "code"), ("account", "account_id")):
        op.create_index(f"ix_dossier_attempts_{name}", "dossier_attempts", [column, "counts", "at"])
    op.create_index("ix_dossier_attempts_at", "dossier_attempts", ["at"])
    op.create_table(
        "dossier_alerts",
        sa.Column("id", _id(), nullable=False),
        _time("at"),
        _word("kind", 8),
        _word("subject", 64),
        sa.Column("account_id", _id(), nullable=False),
        _word("code", 60),
        sa.Column("failures", sa.Integer(), nullable=False),
        _time("until"),
        sa.Column("seen_by", _id(), nullable=True),
        _time("seen_at", nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_dossier_alerts_seen", "dossier_alerts", ["seen_at", "at"])


def _follows() -> None:
    op.create_table(
        "dossier_follows",
        sa.Column("id", _id(), nullable=False),
        sa.Column("conversation_id", _id(), nullable=False),
        _word("code", 60),
        _time("since"),
        _text("told_status"),
        _time("told_at", nullable=True),
        _time("unsent_since", nullable=True),
        _word("unsent_reason", 40),
        _time("ended_at", nullable=True),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversations.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("conversation_id", "code"),
    )
    op.create_index("ix_dossier_follows_code", "dossier_follows", ["code"])
