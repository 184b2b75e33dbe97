"""The keys of badges."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "build_badge",
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_build_badge_project_id_project")),
        sa.PrimaryKeyConstraint("project_id", name=op.f("pk_build_badge")),
        sa.UniqueConstraint("key", name=op.f("uq_build_badge_key")),
    )
