"""Workflows that call workflows: jobs below jobs, seats in groups, and runs that keep all that they call."""

import json

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
RUNS = sa.table(
    "build_run",
    sa.column("id", sa.BigInteger),
    sa.column("project_id", sa.Integer),
    sa.column("workflow_path", sa.String),
    sa.column("sha", sa.String),
    sa.column("ref", sa.String),
    sa.column("definition", sa.Text),
)
PROJECTS = sa.table("project", sa.column("id", sa.Integer), sa.column("owner", sa.String), sa.column("name", sa.String))


def upgrade() -> None:  # tidy: a list of tables is read as a list
    op.create_table(
        "build_seat",
        sa.Column("id", BIG, nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("run_id", BIG, nullable=False),
        sa.Column("job_id", BIG, nullable=False),
        sa.Column("ends_others", sa.Boolean(), nullable=False),
        sa.Column("keeps_all", sa.Boolean(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_build_seat")),
        sa.UniqueConstraint("run_id", "job_id", "name", name=op.f("uq_build_seat_run_id_job_id_name")),
    )
    op.create_index("ix_build_seat_group", "build_seat", ["project_id", "name", "state"])
    with op.batch_alter_table("build_job") as jobs:
        jobs.add_column(sa.Column("parent_id", BIG, nullable=True))
        jobs.add_column(sa.Column("calls", sa.Text(), nullable=False, server_default=""))
        jobs.add_column(sa.Column("inputs", sa.Text(), nullable=False, server_default="{}"))
        jobs.add_column(sa.Column("at_once", sa.Integer(), nullable=False, server_default="0"))
        jobs.create_index("ix_build_job_parent", ["parent_id"])
    with op.batch_alter_table("build_run") as runs:
        runs.add_column(sa.Column("debug", sa.Boolean(), nullable=False, server_default=sa.false()))
    keep_plans()
    seat_those_under_way()


def keep_plans() -> None:
    """What a run keeps is now a plan: its workflow, and what that one calls, which was nothing so far."""
    bind = op.get_bind()
    paths = {row.id: f"{row.owner}/{row.name}" for row in bind.execute(sa.select(PROJECTS))}
    for run in bind.execute(sa.select(RUNS).where(RUNS.c.definition != "")).all():
        source = {"project": paths[run.project_id], "path": run.workflow_path, "sha": run.sha, "ref": run.ref}
        plan = {"top": {"source": source, "workflow": json.loads(run.definition), "calls": {}}, "called": {}}
        told = json.dumps(plan, ensure_ascii=False, separators=(",", ":"))
        bind.execute(sa.update(RUNS).where(RUNS.c.id == run.id).values(definition=told))


def seat_those_under_way() -> None:
    """Runs that are in a group already have their seats there."""
    op.execute(
        "INSERT INTO build_seat (project_id, name, run_id, job_id, ends_others, keeps_all, since, state) "
        "SELECT project_id, lower(group_name), id, 0, group_ends_others, group_keeps_all, made_at, "
        "CASE WHEN held THEN 'waits' ELSE 'sits' END FROM build_run "
        "WHERE group_name <> '' AND state IN ('queued', 'running')"
    )
