"""The database under the house: SQLite on one writer thread, or PostgreSQL on a pool.

In: units of work (plain functions over a session). Out: their results, once they are durable. Asks: nobody.

`postgres` stands behind this door for whoever opens such a database: its driver takes a twentieth of a start.
"""

from dure.ledger.database.bell import Bell
from dure.ledger.database.insert import Row, form_for, put
from dure.ledger.database.port import (
    Closed,
    Database,
    NotSaved,
    Pending,
    Settle,
    database_time,
    on_postgres,
    one_at_a_time,
    trouble_in_words,
)
from dure.ledger.database.sqlite import SqliteDatabase
from dure.ledger.database.table import Moment, Table

__all__ = [
    "Bell",
    "Closed",
    "Database",
    "Moment",
    "NotSaved",
    "Pending",
    "Row",
    "Settle",
    "SqliteDatabase",
    "Table",
    "database_time",
    "form_for",
    "on_postgres",
    "one_at_a_time",
    "put",
    "trouble_in_words",
]
