"""Caches of jobs, artifacts that end some day, and tokens of jobs that may do more than read."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "build_cache",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.Column("ref", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("version", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("size", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("run_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_build_cache_project_id_project")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_build_cache")),
        sa.UniqueConstraint(
            "project_id", "ref", "version", "key", name=op.f("uq_build_cache_project_id_ref_version_key")
        ),
    )
    op.create_index("ix_build_cache_digest", "build_cache", ["digest"])
    op.create_index("ix_build_cache_used", "build_cache", ["project_id", "used_at"])
    with op.batch_alter_table("build_artifact") as artifacts:
        artifacts.add_column(sa.Column("kind", sa.String(), nullable=False, server_default="application/zip"))
        artifacts.add_column(sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index("ix_build_artifact_expires_at", "build_artifact", ["expires_at"])
    with op.batch_alter_table("token_of_job") as tokens:
        tokens.add_column(sa.Column("permissions", sa.String(), nullable=False, server_default="contents:read"))
