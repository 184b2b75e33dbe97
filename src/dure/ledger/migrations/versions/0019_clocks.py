"""How wrong the clock of a job's runner goes."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("build_job") as jobs:
        jobs.add_column(sa.Column("skew_seconds", sa.Double(), nullable=False, server_default="0"))
