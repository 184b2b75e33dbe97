"""The quick way for new rows into their table.

A session's own way, the flush, first puts many rows of many tables in order, and SQLAlchemy's way of one statement
prepares it anew for each row. Either costs many times what the INSERT itself does. So here an INSERT is prepared
once for each table, and then filled in like a form.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import Column, Connection, Dialect, insert, inspect
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session, make_transient_to_detached
from sqlalchemy.orm.attributes import set_committed_value
from sqlalchemy.sql.schema import ScalarElementColumnDefault

from dure.ledger.database.table import Table

Row = TypeVar("Row", bound=Table)
Values = Mapping[str, Any]

REFUSED = "refused"
"""Under this name a session remembers the first no of the database that no savepoint takes back."""


@dataclass(frozen=True)
class Field:
    """One value of a row: its name on the row, in the statement, and what makes of it what the driver takes."""

    name: str
    column: str
    process: Callable[[Any], Any] | None
    default: Any

    def of(self, row: Values) -> Any:
        value = row.get(self.name, self.default)
        return value if self.process is None else self.process(value)


@dataclass(frozen=True)
class Form:
    """One INSERT, for rows that name the same columns."""

    sql: str
    fields: tuple[Field, ...]
    by_name: bool
    """psycopg takes values by their names, SQLite in their order."""
    given: str | None
    """The part of the key that the row leaves to the database."""
    rest: Values
    """What the row does not name, as it is once it stands in the table."""

    def filled(self, row: Values) -> Any:
        if self.by_name:
            return {field.column: field.of(row) for field in self.fields}
        return tuple([field.of(row) for field in self.fields])

    def put_one(self, connection: Connection, row: Values) -> Any:
        """Returns the part of the key that the database gave."""
        done = connection.exec_driver_sql(self.sql, self.filled(row))
        if self.given is None:
            return None
        return done.scalar_one() if self.by_name else done.lastrowid

    def put_all(self, connection: Connection, rows: Iterable[Values]) -> None:
        connection.exec_driver_sql(self.sql, [self.filled(row) for row in rows])


FORMS: dict[tuple[type[Table], tuple[str, ...], str], Form] = {}


def form_for(connection: Connection, table: type[Table], names: tuple[str, ...]) -> Form:
    """The form for rows that have these names. Names that are no column are passed over."""
    kind = table, names, connection.dialect.name
    if kind not in FORMS:
        FORMS[kind] = make_form(connection, table, names)
    return FORMS[kind]


def make_form(connection: Connection, table: type[Table], names: tuple[str, ...]) -> Form:
    mapper, dialect = inspect(table), connection.dialect
    defaults = {name: default_of(column) for name, column in mapper.c.items() if name not in names}
    columns = {
        column.key: Field(name, column.key, processor(column, dialect), defaults.get(name))
        for name, column in mapper.c.items()
        if name in names or defaults[name] is not None
    }
    statement = insert(table.__table__)  # type: ignore[arg-type]
    given = next((column for column in mapper.primary_key if column.key not in columns), None)
    if given is not None and dialect.name == "postgresql":
        statement = statement.returning(given)
    compiled = statement.compile(dialect=dialect, column_keys=list(columns))
    return Form(
        sql=str(compiled),
        fields=tuple(columns[key] for key in compiled.positiontup or columns),
        by_name=not compiled.positional,
        given=None if given is None else mapper.get_property_by_column(given).key,
        rest={name: default for name, default in defaults.items() if mapper.c[name] is not given},
    )


def processor(column: Column[Any], dialect: Dialect) -> Callable[[Any], Any] | None:
    return column.type.dialect_impl(dialect).bind_processor(dialect)


def default_of(column: Column[Any]) -> Any:
    """What stands in a column that a new row does not name: the same in the database and on the row."""
    if column.default is None and column.server_default is None:
        return None
    if not isinstance(column.default, ScalarElementColumnDefault):
        raise TypeError(f"{column} needs a plain default")
    return column.default.arg


def put(session: Session, row: Table) -> None:
    """Insert a row now and let the session know it, as if it had been read from there."""
    if session.new:
        # The row may point to one that still waits for its flush.
        session.flush()
    connection, values = session.connection(), vars(row)
    form = form_for(connection, type(row), tuple(values))
    try:
        key = form.put_one(connection, values)
    except DBAPIError as error:
        if not session.in_nested_transaction():
            session.info.setdefault(REFUSED, error)
        raise
    values.update(form.rest)
    if form.given is not None:
        set_committed_value(row, form.given, key)
    make_transient_to_detached(row)
    session.add(row)


def expect_unbroken(session: Session) -> None:
    """A unit may not catch the database's no and go on: SQLite would keep the rest, PostgreSQL silently nothing."""
    if REFUSED in session.info:
        raise session.info[REFUSED]
