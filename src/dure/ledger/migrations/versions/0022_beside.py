"""Which steps run in the background, and which the file does not have."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("build_step") as steps:
        steps.add_column(sa.Column("kind", sa.String(), nullable=False, server_default="step"))
