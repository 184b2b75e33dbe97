"""What Alembic runs: on the connection it is handed, in one transaction."""

from typing import Any, Literal

from alembic import context

from dure.ledger.database import Moment, Table


def render(kind: str, item: Any, _: Any) -> str | Literal[False]:
    """A migration says what the column is, not what our class for it is called today."""
    return "sa.DateTime(timezone=True)" if kind == "type" and isinstance(item, Moment) else False


connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=Table.metadata,
    render_as_batch=True,
    render_item=render,
    include_name=lambda name, kind, _: kind != "table" or name in Table.metadata.tables,
)
with context.begin_transaction():
    context.run_migrations()
