"""The index of words: an FTS5 table on SQLite, a table of tsvectors on PostgreSQL, over the same tokens.

Neither database cuts words by itself here: both get the tokens ready-made, so both find the same. It is written in
the transaction of the change, and read by `matching`, which nothing that people type can break: only letters and
digits of theirs ever get into its language.
"""

from collections.abc import Iterable, Sequence
from itertools import chain, islice

from sqlalchemy import BigInteger, Connection, Integer, MetaData, column, event, table, text
from sqlalchemy.orm import Session
from sqlalchemy.sql import ColumnElement, FromClause

from dure.ledger import Table
from dure.plan.search.tokens import Term, tokens

DOCUMENT_LIMIT_CHARACTERS = 100_000
TOKENS_MAX = 16_000
"""PostgreSQL counts positions up to 16,383; beyond that no phrase could be found."""
PLACES_MAX = 255
"""PostgreSQL keeps this many places of one token."""

FTS = table("issue_search", column("rowid", Integer), column("words"))
VECTORS = table("issue_search", column("issue_id", BigInteger), column("words"))

SQLITE = ["CREATE VIRTUAL TABLE IF NOT EXISTS issue_search USING fts5(words, tokenize = 'ascii', columnsize = 0)"]
# The ascii tokenizer splits at our spaces and takes every other letter as it is.

POSTGRESQL = [
    """CREATE TABLE IF NOT EXISTS issue_search
    (issue_id integer CONSTRAINT pk_issue_search PRIMARY KEY, words tsvector NOT NULL)""",
    "CREATE INDEX IF NOT EXISTS ix_issue_search_words ON issue_search USING gin (words) WITH (fastupdate = off)",
]


def make_search_index(connection: Connection) -> None:
    """Make the table. A migration runs the same statements."""
    for statement in SQLITE if connection.dialect.name == "sqlite" else POSTGRESQL:
        connection.execute(text(statement))


@event.listens_for(Table.metadata, "after_create")
def after_create(target: MetaData, connection: Connection, **_: object) -> None:  # noqa: ARG001
    make_search_index(connection)


def index_text(session: Session, issue_id: int, project_id: int, texts: Iterable[str]) -> None:
    """Put the words of one issue into the index, in place of those it had."""
    left = DOCUMENT_LIMIT_CHARACTERS
    kept: list[str] = []
    for written in texts:
        kept.append(written[:left])
        left -= len(kept[-1])
        if left <= 0:
            break
    found = chain([project_token(project_id)], chain.from_iterable(tokens(part) for part in kept))
    words = list(islice(found, TOKENS_MAX))
    if session.get_bind().dialect.name == "sqlite":
        session.execute(text("DELETE FROM issue_search WHERE rowid = :id"), {"id": issue_id})
        session.execute(
            text("INSERT INTO issue_search (rowid, words) VALUES (:id, :words)"),
            {"id": issue_id, "words": " ".join(words)},
        )
    else:
        session.execute(
            text(
                "INSERT INTO issue_search (issue_id, words) VALUES (:id, CAST(:words AS tsvector)) "
                "ON CONFLICT (issue_id) DO UPDATE SET words = excluded.words"
            ),
            {"id": issue_id, "words": vector(words)},
        )


def project_token(project_id: int) -> str:
    """Begins with a letter that no word of a text can begin with, so nobody can search for it or fake it."""
    return f"§{project_id}"


def vector(words: Sequence[str]) -> str:
    """A tsvector as PostgreSQL writes it down. The tokens are letters and digits, so quotes around them suffice."""
    places: dict[str, list[int]] = {}
    for place, word in enumerate(words, start=1):
        places.setdefault(word, []).append(place)
    return " ".join(f"'{word}':{','.join(map(str, at[:PLACES_MAX]))}" for word, at in places.items())


def matching(
    dialect: str, terms: Sequence[Term], project_id: int | None
) -> tuple[FromClause, ColumnElement[int], ColumnElement[bool]]:
    """The index, its column of issue ids, and the condition that these terms stand in the words."""
    if dialect == "sqlite":
        return FTS, FTS.c.rowid, text("issue_search MATCH :sought").bindparams(sought=fts_query(terms, project_id))  # type: ignore[return-value]
    sought = text("issue_search.words @@ CAST(:sought AS tsquery)").bindparams(sought=ts_query(terms, project_id))
    return VECTORS, VECTORS.c.issue_id, sought  # type: ignore[return-value]


def fts_query(terms: Sequence[Term], project_id: int | None) -> str:
    sought = [f'"{" ".join(term.tokens)}"{" *" if term.prefix else ""}' for term in terms]
    return " AND ".join([*([f'"{project_token(project_id)}"'] if project_id else []), *sought])


def ts_query(terms: Sequence[Term], project_id: int | None) -> str:
    sought = [" <-> ".join(quoted(term)) for term in terms]
    return " & ".join([*([f"'{project_token(project_id)}'"] if project_id else []), *(f"({part})" for part in sought)])


def quoted(term: Term) -> list[str]:
    parts = [f"'{token}'" for token in term.tokens]
    return [*parts[:-1], parts[-1] + ":*"] if term.prefix else parts
