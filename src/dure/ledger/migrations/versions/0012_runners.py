"""Runners: invitations, runners of one project or for one job, and a queue in which projects take turns."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def where(condition: str) -> dict[str, Any]:
    return {"sqlite_where": sa.text(condition), "postgresql_where": sa.text(condition)}


def upgrade() -> None:
    op.create_table(
        "build_invitation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=True),
        sa.Column("labels", sa.Text(), nullable=False),
        sa.Column("ephemeral", sa.Boolean(), nullable=False),
        sa.Column("uses_left", sa.Integer(), nullable=False),
        sa.Column("made_by", sa.String(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_build_invitation_project_id_project")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_build_invitation")),
        sa.UniqueConstraint("digest", name=op.f("uq_build_invitation_digest")),
    )
    op.create_index("ix_build_invitation_expires_at", "build_invitation", ["expires_at"])
    change_runners()
    change_queue()


def change_runners() -> None:
    with op.batch_alter_table("build_runner") as runners:
        runners.drop_constraint(op.f("uq_build_runner_name"), type_="unique")
        runners.add_column(sa.Column("project_id", sa.Integer(), nullable=True))
        runners.add_column(sa.Column("ephemeral", sa.Boolean(), nullable=False, server_default=sa.false()))
        runners.add_column(sa.Column("invitation_id", sa.Integer(), nullable=True))
        runners.add_column(sa.Column("drained_at", sa.DateTime(timezone=True), nullable=True))
        runners.add_column(sa.Column("drained_by", sa.String(), nullable=False, server_default=""))
        runners.add_column(sa.Column("spent_at", sa.DateTime(timezone=True), nullable=True))
        runners.create_foreign_key(op.f("fk_build_runner_project_id_project"), "project", ["project_id"], ["id"])
        runners.create_foreign_key(
            op.f("fk_build_runner_invitation_id_build_invitation"), "build_invitation", ["invitation_id"], ["id"]
        )
    with op.batch_alter_table("build_runner") as runners:
        runners.alter_column("ephemeral", server_default=None)
        runners.alter_column("drained_by", server_default=None)
    op.create_index("ix_build_runner_name", "build_runner", ["name"], unique=True, **where("ended_at IS NULL"))


def change_queue() -> None:
    op.add_column("build_job", sa.Column("offered_at", sa.DateTime(timezone=True), nullable=True))
    op.drop_index("ix_build_job_queue", "build_job")
    op.create_index("ix_build_job_queue", "build_job", ["labels", "project_id", "id"], **where("state = 'queued'"))
    op.create_index("ix_build_job_held", "build_job", ["group_name", "id"], **where("state = 'held'"))
    busy = where("state IN ('offered', 'running')")
    op.create_index("ix_build_job_busy", "build_job", ["project_id", "runner_id"], **busy)
    offered = where("offered_at IS NOT NULL")
    op.create_index("ix_build_job_offered", "build_job", ["project_id", "offered_at"], **offered)
    op.drop_table("build_labels")
