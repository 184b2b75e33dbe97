"""What jobs ask of environments: variables, secrets and approvals of their own; and whose changes wait for a yes."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:  # tidy: a list of tables is read as a list
    op.create_table(
        "build_variable",
        sa.Column("id", BIG, nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.Column("environment", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_by", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_build_variable_project_id_project")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_build_variable")),
        sa.UniqueConstraint(
            "project_id", "environment", "name", name=op.f("uq_build_variable_project_id_environment_name")
        ),
    )
    op.create_table(
        "build_environment",
        sa.Column("id", BIG, nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("approvers", sa.String(), nullable=False),
        sa.Column("app_approvers", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_build_environment_project_id_project")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_build_environment")),
        sa.UniqueConstraint("project_id", "key", name=op.f("uq_build_environment_project_id_key")),
    )
    op.create_table(
        "build_approval",
        sa.Column("id", BIG, nullable=False),
        sa.Column("run_id", BIG, nullable=False),
        sa.Column("job_id", BIG, nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("environment", sa.String(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("said", sa.String(), nullable=False),
        sa.Column("said_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("by_name", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_build_approval")),
        sa.UniqueConstraint("run_id", "job_id", "attempt", name=op.f("uq_build_approval_run_id_job_id_attempt")),
    )
    op.create_table(
        "build_outsiders",
        sa.Column("project_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("rule", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("project_id", name=op.f("pk_build_outsiders")),
    )
    with op.batch_alter_table("build_job") as jobs:
        jobs.add_column(sa.Column("environment", sa.String(), nullable=False, server_default=""))
