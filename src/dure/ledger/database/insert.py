"""The quick way for new rows into their table.

A session's own way, the flush, first puts many rows of many tables in order, and SQLAlchemy's way of one statement
prepares it anew for each row. Both cost many times what the INSERT itself does, so here it is prepared once for each
table and filled in like a form.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import Connection, insert, inspect
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session, make_transient_to_detached
from sqlalchemy.orm.attributes import set_committed_value

from dure.ledger.database.table import Table

Row = TypeVar("Row", bound=Table)

REFUSED = "refused"
"""Under this name a session remembers that the database has refused a row outside of any savepoint."""


@dataclass(frozen=True)
class Form:
    """One INSERT for the rows of one table."""

    sql: str
    columns: tuple[str, ...]
    processors: tuple[Callable[[Any], Any] | None, ...]
    """What makes of each value what the driver takes."""
    by_name: bool
    """psycopg takes values by their names, SQLite in their order."""
    unknown: str | None
    """The part of the key that the database gives."""

    def filled(self, row: Sequence[Any]) -> Any:
        values = (
            value if process is None else process(value) for value, process in zip(row, self.processors, strict=True)
        )
        return dict(zip(self.columns, values, strict=True)) if self.by_name else tuple(values)

    def put_one(self, connection: Connection, row: Sequence[Any]) -> Any:
        """Returns what the database gave for the unknown part of the key."""
        done = connection.exec_driver_sql(self.sql, self.filled(row))
        if self.unknown is None:
            return None
        return done.scalar_one() if self.by_name else done.lastrowid

    def put_many(self, connection: Connection, rows: Iterable[Sequence[Any]]) -> None:
        connection.exec_driver_sql(self.sql, [self.filled(row) for row in rows])


FORMS: dict[tuple[type[Table], tuple[str, ...], str], Form] = {}


def form_for(connection: Connection, table: type[Table], columns: tuple[str, ...]) -> Form:
    """The form for these columns of a table. The others are left to the database."""
    kind = connection.dialect.name
    if form := FORMS.get((table, columns, kind)):
        return form
    whole, dialect = inspect(table).local_table, connection.dialect
    unknown = next((column for column in whole.primary_key if column.key not in columns), None)
    statement = insert(whole)
    if unknown is not None and kind == "postgresql":
        statement = statement.returning(unknown)
    compiled = statement.compile(dialect=dialect, column_keys=list(columns))
    ordered = tuple(compiled.positiontup or columns)
    processors = tuple(whole.c[name].type.dialect_impl(dialect).bind_processor(dialect) for name in ordered)
    ...
