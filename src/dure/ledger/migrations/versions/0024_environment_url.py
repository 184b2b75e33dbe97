"""Where people see what a job has put up."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("build_job", sa.Column("environment_url", sa.Text(), nullable=False, server_default=""))
    linked = sa.text("environment_url != ''")
    op.create_index(
        "ix_build_job_linked", "build_job", ["project_id", "id"], sqlite_where=linked, postgresql_where=linked
    )
