"""Merge requests are found by the commit that they bring, or that they came to."""

from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_code_request_head_sha", "code_request", ["project_id", "head_sha"])
    op.create_index("ix_code_request_merged_sha", "code_request", ["project_id", "merged_sha"])
