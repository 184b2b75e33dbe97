"""When a runner last said who it is."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("build_runner", sa.Column("began_at", sa.DateTime(timezone=True), nullable=True))
