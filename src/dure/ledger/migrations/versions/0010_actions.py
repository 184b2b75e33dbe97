"""Actions: mirrors kept in the house, and what each run has pinned."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "build_action",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("ref", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("sha", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("size", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kept_by", sa.String(), nullable=False),
        sa.Column("kept_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_build_action")),
        sa.UniqueConstraint("name", "ref", "source", name=op.f("uq_build_action_name_ref_source")),
    )
    op.create_index("ix_build_action_digest", "build_action", ["digest"])
    op.create_table(
        "build_action_pin",
        sa.Column("run_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("uses", sa.String(), nullable=False),
        sa.Column("sha", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("size", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["build_run.id"], name=op.f("fk_build_action_pin_run_id_build_run")),
        sa.PrimaryKeyConstraint("run_id", "uses", name=op.f("pk_build_action_pin")),
    )
    op.create_index("ix_build_action_pin_digest", "build_action_pin", ["digest"])
