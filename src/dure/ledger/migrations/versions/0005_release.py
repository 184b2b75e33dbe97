"""Release: versions, the commits they brought, and their files."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:  # tidy: a list of tables is read as a list
    op.create_table(
        "release_release",
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.Column("repository_id", sa.Integer(), nullable=False),
        sa.Column("sha", sa.String(), nullable=False),
        sa.Column("branch", sa.String(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.String(), nullable=True),
        sa.Column("changelog", sa.Text(), nullable=False),
        sa.Column("app_file", sa.Text(), nullable=True),
        sa.Column("app_file_name", sa.String(), nullable=False),
        sa.Column("provenance", sa.Text(), nullable=False),
        sa.Column("signed_by", sa.String(), nullable=False),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("why", sa.String(), nullable=False),
        sa.Column("phase", sa.String(), nullable=False),
        sa.Column("cancel_asked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("wake_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("owner", sa.String(), server_default="", nullable=False),
        sa.Column("fence", sa.Integer(), server_default="0", nullable=False),
        sa.Column("tries", sa.Integer(), server_default="0", nullable=False),
        sa.Column("trouble", sa.String(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_release_release_project_id_project")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_release_release")),
        sa.UniqueConstraint("project_id", "sha", name=op.f("uq_release_release_project_id_sha")),
        sa.UniqueConstraint("project_id", "version", name=op.f("uq_release_release_project_id_version")),
    )
    op.create_index("ix_release_release_newest", "release_release", ["project_id", "id"])
    op.create_index("ix_release_release_wake_at", "release_release", ["wake_at"])
    op.create_table(
        "release_artifact",
        sa.Column("release_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("size", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(
            ["release_id"], ["release_release.id"], name=op.f("fk_release_artifact_release_id_release_release")
        ),
        sa.PrimaryKeyConstraint("release_id", "name", name=op.f("pk_release_artifact")),
    )
    op.create_table(
        "release_commit",
        sa.Column("release_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("sha", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["release_id"], ["release_release.id"], name=op.f("fk_release_commit_release_id_release_release")
        ),
        sa.PrimaryKeyConstraint("release_id", "place", name=op.f("pk_release_commit")),
    )
    op.create_index("ix_release_commit_sha", "release_commit", ["sha"])
