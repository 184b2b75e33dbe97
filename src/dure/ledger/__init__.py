"""The ledger: everything that happened, in order, and what each thing was about. The ground floor of the house.

In: units of work (`house.write`), events recorded in them, machines and timers begun in them.
Out: durable results, threads, deliveries to reactions, the live stream, a hash chain that shows tampering.
Asks: the database, which is SQLite or PostgreSQL.
"""

from dure.ledger.database import Bell, Closed, Database, Moment, NotSaved, Table, database_time
from dure.ledger.delivery import Delivery, Reaction, on, on_entry, retry_delivery, stuck_deliveries
from dure.ledger.entry import BIG, Entry, EntryRef, thread
from dure.ledger.event import Event, sentence_of
from dure.ledger.house import House, open_database
from dure.ledger.machine import (
    Due,
    Every,
    Machine,
    Move,
    Phases,
    Reconciler,
    Timer,
    Turn,
    begin,
    cancel,
    every,
    next_time,
    wake,
)
from dure.ledger.migrate import Schema, TooNew, migrate, schema_of
from dure.ledger.rounds import Rounds, deliverer
from dure.ledger.seal import SEALED, Chain, Seal, Sealer, Tampered, seal, verify
from dure.ledger.stream import STOPPING, FellBehind, Stream
from dure.ledger.work import HOUSE, Actor, Hands, Work

__all__ = [
    "BIG",
    "HOUSE",
    "SEALED",
    "STOPPING",
    "Actor",
    "Bell",
    "Chain",
    "Closed",
    "Database",
    "Delivery",
    "Due",
    "Entry",
    "EntryRef",
    "Event",
    "Every",
    "FellBehind",
    "Hands",
    "House",
    "Machine",
    "Moment",
    "Move",
    "NotSaved",
    "Phases",
    "Reaction",
    "Reconciler",
    "Rounds",
    "Schema",
    "Seal",
    "Sealer",
    "Stream",
    "Table",
    "Tampered",
    "Timer",
    "TooNew",
    "Turn",
    "Work",
    "begin",
    "cancel",
    "database_time",
    "deliverer",
    "every",
    "migrate",
    "next_time",
    "on",
    "on_entry",
    "open_database",
    "retry_delivery",
    "schema_of",
    "seal",
    "sentence_of",
    "stuck_deliveries",
    "thread",
    "verify",
    "wake",
]
