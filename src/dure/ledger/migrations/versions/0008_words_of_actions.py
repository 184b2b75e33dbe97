"""What a step uses is kept as the file writes it: `actions/checkout@v4`, no longer taken apart."""

import json
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

RUNS = sa.table("build_run", sa.column("id", sa.BigInteger), sa.column("definition", sa.Text))
TAKEN_APART = '%"uses":{"action"%'


def upgrade() -> None:
    bind = op.get_bind()
    found = bind.execute(sa.select(RUNS.c.id).where(RUNS.c.definition.like(TAKEN_APART))).scalars().all()
    for run in found:
        words = bind.execute(sa.select(RUNS.c.definition).where(RUNS.c.id == run)).scalar_one()
        told = json.dumps(in_words(json.loads(words)), ensure_ascii=False, separators=(",", ":"))
        bind.execute(sa.update(RUNS).where(RUNS.c.id == run).values(definition=told))


def in_words(workflow: dict[str, Any]) -> dict[str, Any]:
    steps = [step for job in workflow["jobs"].values() for step in job["steps"]]
    for step in steps:
        if isinstance(step.get("uses"), dict):
            step["uses"] = f"{step['uses']['action']}@{step['uses']['version']}"
    push = workflow["triggers"].pop("push", None)
    if push is not None:
        workflow["triggers"]["events"] = {"push": push}
    return workflow
