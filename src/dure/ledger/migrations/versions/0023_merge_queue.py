"""The queues of branches, and which branches have one."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    with op.batch_alter_table("code_protection") as protections:
        protections.add_column(sa.Column("by_queue", sa.Boolean(), nullable=False, server_default=sa.false()))
        protections.add_column(sa.Column("queue_minutes", sa.Integer(), nullable=False, server_default="60"))
    with op.batch_alter_table("code_request") as requests:
        requests.add_column(sa.Column("tested_sha", sa.String(), nullable=False, server_default=""))
        requests.add_column(sa.Column("left_queue", sa.Text(), nullable=False, server_default=""))
    op.create_table(
        "code_queue",
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.Column("repository_id", BIG, nullable=False),
        sa.Column("branch", sa.String(), nullable=False),
        sa.Column("id", BIG, nullable=False),
        sa.Column("wake_at", MOMENT, nullable=True),
        sa.Column("owner", sa.String(), server_default="", nullable=False),
        sa.Column("fence", sa.Integer(), server_default="0", nullable=False),
        sa.Column("lease_until", MOMENT, nullable=True),
        sa.Column("tries", sa.Integer(), server_default="0", nullable=False),
        sa.Column("trouble", sa.String(), server_default="", nullable=False),
        sa.Column("phase", sa.String(), nullable=False),
        sa.Column("cancel_asked_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_code_queue_project_id_project")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_code_queue")),
        sa.UniqueConstraint("project_id", "branch", name=op.f("uq_code_queue_project_id_branch")),
    )
    op.create_index(op.f("ix_code_queue_wake_at"), "code_queue", ["wake_at"])
    op.create_table(
        "code_queued",
        sa.Column("id", BIG, nullable=False),
        sa.Column("queue_id", BIG, nullable=False),
        sa.Column("request_id", BIG, nullable=False),
        *(sa.Column(name, sa.String(), nullable=False) for name in ("head_sha", "manner", "by", "by_name")),
        sa.Column("queued_at", MOMENT, nullable=False),
        sa.Column("ready_at", MOMENT, nullable=True),
        sa.Column("base_sha", sa.String(), nullable=False),
        sa.Column("group_sha", sa.String(), nullable=False),
        sa.Column("first_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["queue_id"], ["code_queue.id"], name=op.f("fk_code_queued_queue_id_code_queue")),
        sa.ForeignKeyConstraint(
            ["request_id"], ["code_request.id"], name=op.f("fk_code_queued_request_id_code_request")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_code_queued")),
        sa.UniqueConstraint("request_id", name=op.f("uq_code_queued_request_id")),
    )
    for name in ("queue_id", "group_sha", "head_sha"):
        op.create_index(f"ix_code_queued_{name}", "code_queued", [name])
