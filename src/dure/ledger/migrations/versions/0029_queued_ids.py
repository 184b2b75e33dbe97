"""The number of one who left a queue is never that of another, and how often git failed at one."""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    tries = sa.Column("tries", sa.Integer(), nullable=False, server_default="0")
    if op.get_bind().dialect.name != "sqlite":
        op.add_column("code_queued", tries)
        return
    with op.batch_alter_table("code_queued", recreate="always", table_kwargs={"sqlite_autoincrement": True}) as table:
        table.add_column(tries)
