"""The number of an artifact that is gone is never that of another: SQLite gives the highest anew unless it is told."""

from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    if op.get_bind().dialect.name != "sqlite":
        return
    with op.batch_alter_table("build_artifact", recreate="always", table_kwargs={"sqlite_autoincrement": True}):
        """Made anew with what it holds."""
