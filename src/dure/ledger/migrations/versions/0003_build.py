"""Build: runs with their jobs and steps, runners, and what jobs leave behind."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:  # tidy: a list of tables is read as a list
    op.create_table(
        "build_labels",
        sa.Column("labels", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("labels", name=op.f("pk_build_labels")),
    )
    op.create_table(
        "build_runner",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("labels", sa.Text(), nullable=False),
        sa.Column("tier", sa.String(), nullable=False),
        sa.Column("isolation", sa.Text(), nullable=False),
        sa.Column("capacity", sa.Integer(), nullable=False),
        sa.Column("version", sa.String(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_build_runner")),
        sa.UniqueConstraint("digest", name=op.f("uq_build_runner_digest")),
        sa.UniqueConstraint("name", name=op.f("uq_build_runner_name")),
    )
    op.create_table(
        "token_of_job",
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("job", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("within", sa.String(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_token_of_job")),
    )
    op.create_index("ix_token_of_job_job", "token_of_job", ["job"])
    op.create_table(
        "build_planning",
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.Column("repository_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("ref", sa.String(), nullable=False),
        sa.Column("before_sha", sa.String(), nullable=False),
        sa.Column("after_sha", sa.String(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("actor_name", sa.String(), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("phase", sa.String(), nullable=False),
        sa.Column("cancel_asked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("wake_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("owner", sa.String(), server_default="", nullable=False),
        sa.Column("fence", sa.Integer(), server_default="0", nullable=False),
        sa.Column("tries", sa.Integer(), server_default="0", nullable=False),
        sa.Column("trouble", sa.String(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_build_planning_project_id_project")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_build_planning")),
        sa.UniqueConstraint(
            "project_id",
            "ref",
            "after_sha",
            "received_at",
            name=op.f("uq_build_planning_project_id_ref_after_sha_received_at"),
        ),
    )
    op.create_index("ix_build_planning_wake_at", "build_planning", ["wake_at"])
    op.create_table(
        "build_run",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("workflow_path", sa.String(), nullable=False),
        sa.Column("workflow_name", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("sha", sa.String(), nullable=False),
        sa.Column("ref", sa.String(), nullable=False),
        sa.Column("event", sa.String(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("actor_name", sa.String(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("definition", sa.Text(), nullable=False),
        sa.Column("mistakes", sa.Text(), nullable=False),
        sa.Column("contexts", sa.Text(), nullable=False),
        sa.Column("group_name", sa.String(), nullable=False),
        sa.Column("group_ends_others", sa.Boolean(), nullable=False),
        sa.Column("group_keeps_all", sa.Boolean(), nullable=False),
        sa.Column("held", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("cancel_asked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_build_run_project_id_project")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_build_run")),
        sa.UniqueConstraint("project_id", "number", name=op.f("uq_build_run_project_id_number")),
    )
    op.create_index("ix_build_run_group", "build_run", ["project_id", "group_name"])
    op.create_index("ix_build_run_sha", "build_run", ["project_id", "sha"])
    op.create_index("ix_build_run_state", "build_run", ["project_id", "state", "number"])
    op.create_table(
        "build_job",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("run_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.Column("job", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("needs", sa.Text(), nullable=False),
        sa.Column("matrix", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("labels", sa.String(), nullable=False),
        sa.Column("group_name", sa.String(), nullable=False),
        sa.Column("forgiven", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("lost", sa.Integer(), nullable=False),
        sa.Column("happened", sa.Integer(), nullable=False),
        sa.Column("cancel", sa.String(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("outputs", sa.Text(), nullable=False),
        sa.Column("runner_id", sa.Integer(), nullable=True),
        sa.Column("isolation", sa.Text(), nullable=False),
        sa.Column("timeout_minutes", sa.Double(), nullable=False),
        sa.Column("queued_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_build_job_project_id_project")),
        sa.ForeignKeyConstraint(["run_id"], ["build_run.id"], name=op.f("fk_build_job_run_id_build_run")),
        sa.ForeignKeyConstraint(["runner_id"], ["build_runner.id"], name=op.f("fk_build_job_runner_id_build_runner")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_build_job")),
        sa.UniqueConstraint("run_id", "key", name=op.f("uq_build_job_run_id_key")),
    )
    op.create_index("ix_build_job_group_name", "build_job", ["group_name"])
    op.create_index("ix_build_job_queue", "build_job", ["state", "id"])
    op.create_table(
        "build_annotation",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("job_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("level", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["job_id"], ["build_job.id"], name=op.f("fk_build_annotation_job_id_build_job")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_build_annotation")),
    )
    op.create_index("ix_build_annotation_job", "build_annotation", ["job_id", "attempt"])
    op.create_table(
        "build_artifact",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("run_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("job_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("size", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kept_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["job_id"], ["build_job.id"], name=op.f("fk_build_artifact_job_id_build_job")),
        sa.ForeignKeyConstraint(["run_id"], ["build_run.id"], name=op.f("fk_build_artifact_run_id_build_run")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_build_artifact")),
        sa.UniqueConstraint("run_id", "name", name=op.f("uq_build_artifact_run_id_name")),
    )
    op.create_index("ix_build_artifact_digest", "build_artifact", ["digest"])
    op.create_table(
        "build_attempt",
        sa.Column("job_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("runner_id", sa.Integer(), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["job_id"], ["build_job.id"], name=op.f("fk_build_attempt_job_id_build_job")),
        sa.PrimaryKeyConstraint("job_id", "attempt", name=op.f("pk_build_attempt")),
    )
    op.create_table(
        "build_report",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("run_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("job_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("size", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kept_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["job_id"], ["build_job.id"], name=op.f("fk_build_report_job_id_build_job")),
        sa.ForeignKeyConstraint(["run_id"], ["build_run.id"], name=op.f("fk_build_report_run_id_build_run")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_build_report")),
        sa.UniqueConstraint("job_id", "attempt", "name", name=op.f("uq_build_report_job_id_attempt_name")),
    )
    op.create_index("ix_build_report_digest", "build_report", ["digest"])
    op.create_index("ix_build_report_run_id", "build_report", ["run_id"])
    op.create_table(
        "build_step",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("job_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("exit_code", sa.Integer(), nullable=True),
        sa.Column("log_start", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("log_end", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["job_id"], ["build_job.id"], name=op.f("fk_build_step_job_id_build_job")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_build_step")),
        sa.UniqueConstraint("job_id", "attempt", "number", name=op.f("uq_build_step_job_id_attempt_number")),
    )
    op.create_table(
        "build_summary",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("job_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("markdown", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["job_id"], ["build_job.id"], name=op.f("fk_build_summary_job_id_build_job")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_build_summary")),
        sa.UniqueConstraint("job_id", "attempt", "step", name=op.f("uq_build_summary_job_id_attempt_step")),
    )
    op.create_table(
        "build_watch",
        sa.Column("job_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("phase", sa.String(), nullable=False),
        sa.Column("cancel_asked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("wake_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("owner", sa.String(), server_default="", nullable=False),
        sa.Column("fence", sa.Integer(), server_default="0", nullable=False),
        sa.Column("tries", sa.Integer(), server_default="0", nullable=False),
        sa.Column("trouble", sa.String(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(["job_id"], ["build_job.id"], name=op.f("fk_build_watch_job_id_build_job")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_build_watch")),
        sa.UniqueConstraint("job_id", "attempt", name=op.f("uq_build_watch_job_id_attempt")),
    )
    op.create_index("ix_build_watch_wake_at", "build_watch", ["wake_at"])
