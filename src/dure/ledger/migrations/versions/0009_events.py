"""Everything that happens may begin workflows: plannings of any event, what a project listens to, and schedules."""

import json
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
LEFT = ("project_id", "repository_id", "ref", "actor", "actor_name", "phase")


def upgrade() -> None:
    bind = op.get_bind()
    left = bind.execute(sa.text("SELECT * FROM build_planning WHERE wake_at IS NOT NULL ORDER BY id")).mappings().all()
    op.drop_table("build_planning")
    create_planning()
    op.create_table(
        "build_listening",
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.Column("sha", sa.String(), nullable=False),
        sa.Column("events", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_build_listening_project_id_project")),
        sa.PrimaryKeyConstraint("project_id", name=op.f("pk_build_listening")),
    )
    op.create_table(
        "build_schedule",
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.Column("cron", sa.String(), nullable=False),
        sa.Column("zone", sa.String(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("actor_name", sa.String(), nullable=False),
        *machine(),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_build_schedule_project_id_project")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_build_schedule")),
        sa.UniqueConstraint("project_id", "cron", "zone", name=op.f("uq_build_schedule_project_id_cron_zone")),
    )
    op.create_index("ix_build_schedule_wake_at", "build_schedule", ["wake_at"])
    for row in left:
        bind.execute(ADD, told(dict(row)))
    renamed = {"old": "build.planning.planning.begin_planning", "new": "build.hearing.pushes.hear_push:code.pushed"}
    bind.execute(sa.text("UPDATE ledger_delivery SET reaction = :new WHERE reaction = :old"), renamed)


def create_planning() -> None:
    op.create_table(
        "build_planning",
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.Column("repository_id", ID, nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("ref", sa.String(), nullable=False),
        sa.Column("sha", sa.String(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("actor_name", sa.String(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("verdicts", sa.Text(), nullable=False),
        *machine(),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_build_planning_project_id_project")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_build_planning")),
        sa.UniqueConstraint("project_id", "key", name=op.f("uq_build_planning_project_id_key")),
    )
    op.create_index("ix_build_planning_sha", "build_planning", ["project_id", "sha"])
    op.create_index("ix_build_planning_wake_at", "build_planning", ["wake_at"])


def machine() -> list[sa.Column[Any]]:
    return [
        sa.Column("phase", sa.String(), nullable=False),
        sa.Column("cancel_asked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", ID, nullable=False),
        sa.Column("wake_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("owner", sa.String(), server_default="", nullable=False),
        sa.Column("fence", sa.Integer(), server_default="0", nullable=False),
        sa.Column("tries", sa.Integer(), server_default="0", nullable=False),
        sa.Column("trouble", sa.String(), server_default="", nullable=False),
    ]


ADDED = (*LEFT, "key", "name", "type", "sha", "received_at", "words", "why", "verdicts", "wake_at")
ADD = sa.text(
    f"INSERT INTO build_planning ({', '.join(ADDED)}) VALUES ({', '.join(f':{name}' for name in ADDED)})"  # noqa: S608
)


def told(row: dict[str, Any]) -> dict[str, Any]:
    """A push that was not planned yet, in the new words."""
    pushed = json.loads(row["event"])
    commits = [
        {"id": each["sha"], "message": each["title"], "author": {"name": each["author"]}}
        for each in reversed(pushed.get("commits", []))
    ]
    key = f"push:{pushed['received_at']}/{pushed['ref']}/{pushed['after']}"
    marks = {name: pushed.get(name, False) for name in ("created", "deleted", "forced")}
    payload = {"ref": pushed["ref"], "before": pushed["before"], "after": pushed["after"], **marks, "commits": commits}
    payload |= {"head_commit": commits[-1] if commits else None, "pusher": {"name": row["actor_name"]}}
    whence = {"name": "push", "key": key, "ref": pushed["ref"], "sha": pushed["after"]}
    words = {**whence, "before": pushed["before"], "after": pushed["after"], "payload": payload}
    return {
        **{name: row[name] for name in (*LEFT, "received_at", "wake_at")},
        "key": key,
        "name": "push",
        "type": "",
        "sha": pushed["after"],
        "words": json.dumps(words, ensure_ascii=False),
        "why": "",
        "verdicts": "",
    }
