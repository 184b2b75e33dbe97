"""Code: repositories, what was pushed to them, and what is known of each commit."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:  # tidy: a list of tables is read as a list
    op.create_table(
        "code_check",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.Column("sha", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("url", sa.String(), nullable=False),
        sa.Column("words", sa.String(), nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_code_check_project_id_project")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_code_check")),
        sa.UniqueConstraint("project_id", "sha", "name", name=op.f("uq_code_check_project_id_sha_name")),
    )
    op.create_table(
        "code_fix",
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.Column("sha", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_code_fix_project_id_project")),
        sa.PrimaryKeyConstraint("project_id", "sha", "number", name=op.f("pk_code_fix")),
    )
    op.create_table(
        "code_push",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.Column("ref", sa.String(), nullable=False),
        sa.Column("before", sa.String(), nullable=False),
        sa.Column("after", sa.String(), nullable=False),
        sa.Column("forced", sa.Boolean(), nullable=False),
        sa.Column("is_default", sa.Boolean(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("actor_name", sa.String(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_code_push_project_id_project")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_code_push")),
    )
    op.create_index("ix_code_push_after", "code_push", ["project_id", "after"])
    op.create_table(
        "code_repository",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.Column("default_branch", sa.String(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_code_repository_project_id_project")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_code_repository")),
        sa.UniqueConstraint("project_id", name=op.f("uq_code_repository_project_id")),
    )
    op.create_table(
        "code_commit",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.Column("sha", sa.String(), nullable=False),
        sa.Column("push_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("author_name", sa.String(), nullable=False),
        sa.Column("author_email", sa.String(), nullable=False),
        sa.Column("authored_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_code_commit_project_id_project")),
        sa.ForeignKeyConstraint(["push_id"], ["code_push.id"], name=op.f("fk_code_commit_push_id_code_push")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_code_commit")),
        sa.UniqueConstraint("project_id", "sha", name=op.f("uq_code_commit_project_id_sha")),
    )
    op.create_index("ix_code_commit_push_id", "code_commit", ["push_id"])
    op.create_index("ix_code_commit_received", "code_commit", ["project_id", "received_at"])
    op.create_table(
        "code_ref",
        sa.Column("repository_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("target", sa.String(), nullable=False),
        sa.Column("sha", sa.String(), nullable=False),
        sa.Column("moved_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["repository_id"], ["code_repository.id"], name=op.f("fk_code_ref_repository_id_code_repository")
        ),
        sa.PrimaryKeyConstraint("repository_id", "name", name=op.f("pk_code_ref")),
    )
