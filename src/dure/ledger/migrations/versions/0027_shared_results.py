"""Who did the work that a job takes over, and artifacts of work that was done elsewhere."""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "build_result_artifact",
        sa.Column("id", BIG, nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("size", BIG, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("kept_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id"], ["project.id"], name=op.f("fk_build_result_artifact_project_id_project")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_build_result_artifact")),
        sa.UniqueConstraint("project_id", "key", "name", name=op.f("uq_build_result_artifact_project_id_key_name")),
    )
    op.create_index("ix_build_result_artifact_digest", "build_result_artifact", ["digest"])
    op.create_index("ix_build_result_artifact_kept_at", "build_result_artifact", ["kept_at"])
    with op.batch_alter_table("build_result") as results:
        results.add_column(sa.Column("job_id", BIG, nullable=True))
        results.add_column(sa.Column("by", sa.String(), nullable=False, server_default=""))
    with op.batch_alter_table("build_job") as jobs:
        jobs.add_column(sa.Column("reused_job", BIG, nullable=True))
        jobs.add_column(sa.Column("reused_by", sa.String(), nullable=False, server_default=""))
