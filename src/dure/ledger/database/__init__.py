"""The database under the house: SQLite on one writer thread, or PostgreSQL on a pool.

In: units of work (plain functions over a session). Out: their results, once they are durable. Asks: nobody.
"""

from dure.ledger.database.bell import Bell
from dure.ledger.database.insert import Row, put
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
from dure.ledger.database.postgres import PostgresDatabase
from dure.ledger.database.sqlite import SqliteDatabase
from dure.ledger.database.table import Moment, Table

__all__ = [
    "Bell",
    "Closed",
    "Database",
    "Moment",
    "NotSaved",
    "Pending",
    "PostgresDatabase",
    "Row",
    "Settle",
    "SqliteDatabase",
    "Table",
    "database_time",
    "on_postgres",
    "one_at_a_time",
    "put",
    "trouble_in_words",
]
