"""What is said of merge requests, and their labels."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "code_comment",
        sa.Column("id", BIG, nullable=False),
        sa.Column("request_id", BIG, nullable=False),
        sa.Column("author", sa.String(), nullable=False),
        sa.Column("author_name", sa.String(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("edited_at", MOMENT, nullable=True),
        sa.Column("deleted_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(
            ["request_id"], ["code_request.id"], name=op.f("fk_code_comment_request_id_code_request")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_code_comment")),
    )
    op.create_index("ix_code_comment_request", "code_comment", ["request_id", "id"])
    op.create_table(
        "code_request_label",
        sa.Column("request_id", BIG, nullable=False),
        sa.Column("label_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["label_id"], ["label.id"], name=op.f("fk_code_request_label_label_id_label"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["request_id"], ["code_request.id"], name=op.f("fk_code_request_label_request_id_code_request")
        ),
        sa.PrimaryKeyConstraint("request_id", "label_id", name=op.f("pk_code_request_label")),
    )
    op.create_index(op.f("ix_code_request_label_label_id"), "code_request_label", ["label_id"])
