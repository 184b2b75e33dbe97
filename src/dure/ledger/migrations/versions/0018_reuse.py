"""Work that is not done twice: keys of jobs, what they came to, and the machine that looks for it."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:  # tidy: a list of tables is read as a list
    op.create_table(
        "build_weighing",
        sa.Column("run_id", BIG, nullable=False),
        sa.Column("phase", sa.String(), nullable=False),
        sa.Column("cancel_asked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", BIG, nullable=False),
        sa.Column("wake_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("owner", sa.String(), server_default="", nullable=False),
        sa.Column("fence", sa.Integer(), server_default="0", nullable=False),
        sa.Column("tries", sa.Integer(), server_default="0", nullable=False),
        sa.Column("trouble", sa.String(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["build_run.id"], name=op.f("fk_build_weighing_run_id_build_run")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_build_weighing")),
    )
    op.create_index("ix_build_weighing_wake_at", "build_weighing", ["wake_at"])
    op.create_table(
        "build_result",
        sa.Column("id", BIG, nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("place", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("run_id", BIG, nullable=True),
        sa.Column("outputs", sa.Text(), nullable=False),
        sa.Column("left", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_build_result_project_id_project")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_build_result")),
        sa.UniqueConstraint("project_id", "key", "place", name=op.f("uq_build_result_project_id_key_place")),
    )
    op.create_index("ix_build_result_used_at", "build_result", ["used_at"])
    with op.batch_alter_table("build_job") as jobs:
        jobs.add_column(sa.Column("cache_key", sa.String(), nullable=False, server_default=""))
        jobs.add_column(sa.Column("cache_globs", sa.Text(), nullable=False, server_default="[]"))
        jobs.add_column(sa.Column("reused_from", sa.Integer(), nullable=True))
