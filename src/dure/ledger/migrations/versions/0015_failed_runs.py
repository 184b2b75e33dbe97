"""Whose runs failed lately is looked up by who caused them."""

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_build_run_actor", "build_run", ["actor", "state", "ended_at"])
