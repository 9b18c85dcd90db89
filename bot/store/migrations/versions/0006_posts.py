"""Posts of organisations: versions, pictures, publications, comments, figures; accounts belong to units

Revision: 0006, after 0005
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _accounts()
    _organisations()
    _posts()
    _publications()
    _pages()


def _id() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _time(name: str, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _word(name: str, length: int, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.String(length=length), nullable=nullable)


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=False)


def _accounts() -> None:
    op.add_column("accounts", sa.Column("unit_id", _id(), nullable=False, server_default="1"))
    for name in ("disabled_at", "checked_at", "quota_at"):
        op.add_column("accounts", _time(name, nullable=True))
    op.add_column("accounts", sa.Column("healthy", sa.Boolean(), nullable=True))
    op.add_column("accounts", sa.Column("health", sa.Text(), nullable=False, server_default=""))
    op.add_column("accounts", sa.Column("quota", sa.JSON(), nullable=True))


def _organisations() -> None:
    op.create_table(
        "account_links",
        _word("state_hash", 64),
        _word("channel", 20),
        sa.Column("unit_id", _id(), nullable=False),
        sa.Column("officer_id", _id(), nullable=False),
        _text("verifier_cipher"),
        _text("found_cipher"),
        _time("created_at"),
        _time("used_at", nullable=True),
        sa.PrimaryKeyConstraint("state_hash"),
    )
    op.create_table(
        "organisations",
        sa.Column("unit_id", _id(), autoincrement=False, nullable=False),
        _word("kind", 20),
        _text("signature"),
        sa.Column("hashtags", sa.JSON(), nullable=False),
        _word("cover", 60),
        _time("updated_at"),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"]),
        sa.PrimaryKeyConstraint("unit_id"),
    )


def _posts() -> None:
    op.create_table(
        "post_images",
        _word("name", 60),
        sa.Column("unit_id", _id(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        _text("alt"),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        _time("created_at"),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"]),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "posts",
        sa.Column("id", _id(), nullable=False),
        sa.Column("unit_id", _id(), nullable=False),
        _word("status", 12),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("approved_version", sa.Integer(), nullable=True),
        sa.Column("approved_by", _id(), nullable=True),
        _time("approved_at", nullable=True),
        _word("origin", 6),
        sa.Column("source_account_id", _id(), nullable=True),
        _word("source_ref", 128, nullable=True),
        _text("source_link"),
        sa.Column("source_pictures", sa.JSON(), nullable=False),
        _time("source_changed_at", nullable=True),
        _time("source_removed_at", nullable=True),
        _text("word"),
        sa.Column("created_by", _id(), nullable=True),
        _time("created_at"),
        _time("updated_at"),
        sa.ForeignKeyConstraint(["source_account_id"], ["accounts.id"]),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("source_account_id", "source_ref"),
    )
    op.create_index("ix_posts_unit", "posts", ["unit_id", "status", "updated_at"])
    op.create_table(
        "post_events",
        sa.Column("id", _id(), nullable=False),
        sa.Column("post_id", _id(), nullable=False),
        _time("at"),
        sa.Column("officer_id", _id(), nullable=True),
        _word("action", 20),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("account_id", _id(), nullable=True),
        _text("word"),
        sa.ForeignKeyConstraint(["post_id"], ["posts.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_post_events_post_id", "post_events", ["post_id"])
    op.create_table(
        "post_versions",
        sa.Column("id", _id(), nullable=False),
        sa.Column("post_id", _id(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        _text("title"),
        _text("text"),
        _text("link"),
        sa.Column("hashtags", sa.JSON(), nullable=False),
        sa.Column("images", sa.JSON(), nullable=False),
        sa.Column("targets", sa.JSON(), nullable=False),
        _time("scheduled_at", nullable=True),
        _word("template", 30),
        sa.Column("officer_id", _id(), nullable=True),
        _time("created_at"),
        sa.ForeignKeyConstraint(["post_id"], ["posts.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("post_id", "number"),
    )


def _publications() -> None:
    op.create_table(
        "publications",
        sa.Column("id", _id(), nullable=False),
        sa.Column("post_id", _id(), nullable=False),
        sa.Column("account_id", _id(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("live_version", sa.Integer(), nullable=True),
        _word("key", 40),
        sa.Column("broadcast", sa.Boolean(), nullable=False),
        _word("state", 12),
        _word("wanted", 10),
        sa.Column("begun", sa.Boolean(), nullable=False),
        _word("failed", 10),
        sa.Column("unclear", sa.Boolean(), nullable=False),
        sa.Column("work", sa.JSON(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("lookups", sa.Integer(), nullable=False),
        sa.Column("retries", sa.Integer(), nullable=False),
        _time("scheduled_at", nullable=True),
        _time("due_at"),
        _time("attempted_at", nullable=True),
        _word("external_id", 128, nullable=True),
        _text("link"),
        _word("error_code", 40),
        _text("reason"),
        _text("note"),
        _time("published_at", nullable=True),
        _time("withdrawn_at", nullable=True),
        _time("created_at"),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"]),
        sa.ForeignKeyConstraint(["post_id"], ["posts.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("key"),
        sa.UniqueConstraint("post_id", "account_id"),
    )
    op.create_index("ix_publications_external", "publications", ["account_id", "external_id"])
    op.create_index("ix_publications_wanted", "publications", ["wanted", "due_at"])
    op.create_table(
        "post_stats",
        sa.Column("id", _id(), nullable=False),
        sa.Column("publication_id", _id(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("reach", sa.Integer(), nullable=True),
        sa.Column("views", sa.Integer(), nullable=True),
        sa.Column("reactions", sa.Integer(), nullable=True),
        sa.Column("comments", sa.Integer(), nullable=True),
        sa.Column("shares", sa.Integer(), nullable=True),
        sa.Column("came", sa.Integer(), nullable=False),
        _time("updated_at"),
        sa.ForeignKeyConstraint(["publication_id"], ["publications.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("publication_id", "day"),
    )


def _pages() -> None:
    op.create_table(
        "page_rules",
        sa.Column("account_id", _id(), autoincrement=False, nullable=False),
        _word("mode", 8),
        sa.Column("to_account_id", _id(), nullable=True),
        sa.Column("broadcast", sa.Boolean(), nullable=False),
        _word("hashtag", 60),
        sa.Column("answer_comments", sa.Boolean(), nullable=False),
        sa.Column("hide_comments", sa.Boolean(), nullable=False),
        sa.Column("seen_until_ms", sa.BigInteger(), nullable=False),
        _time("caught_up_at", nullable=True),
        sa.Column("officer_id", _id(), nullable=True),
        _time("updated_at"),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"]),
        sa.PrimaryKeyConstraint("account_id"),
    )
    op.create_table(
        "comments",
        sa.Column("id", _id(), nullable=False),
        sa.Column("account_id", _id(), nullable=False),
        sa.Column("publication_id", _id(), nullable=True),
        _word("post_ref", 128),
        _word("comment_ref", 128),
        _word("parent_ref", 128),
        _word("author_ref", 128),
        _text("author_name"),
        _text("text"),
        sa.Column("edits", sa.Integer(), nullable=False),
        _text("link"),
        _word("status", 12),
        _word("verdict", 30),
        sa.Column("understood", sa.JSON(), nullable=True),
        _word("answer_key", 64, nullable=True),
        sa.Column("work", sa.JSON(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        _time("due_at"),
        _time("attempted_at", nullable=True),
        _time("hidden_at", nullable=True),
        _word("reply_ref", 128),
        _time("replied_at", nullable=True),
        _word("private_ref", 128),
        _time("private_at", nullable=True),
        sa.Column("conversation_id", _id(), nullable=True),
        _word("error_code", 40),
        _text("reason"),
        sa.Column("decided_by", _id(), nullable=True),
        _time("decided_at", nullable=True),
        _time("deleted_at", nullable=True),
        _time("written_at"),
        _time("created_at"),
        _time("updated_at"),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"]),
        sa.ForeignKeyConstraint(["publication_id"], ["publications.id"], ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("account_id", "comment_ref"),
        sa.UniqueConstraint("answer_key"),
    )
    op.create_index("ix_comments_due", "comments", ["status", "due_at"])
    op.create_index("ix_comments_post", "comments", ["account_id", "post_ref"])
