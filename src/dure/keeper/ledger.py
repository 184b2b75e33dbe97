"""`dure ledger`: the chain verified, and the thread of one thing, read from the data directly."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import click
import msgspec

from dure import app
from dure.keeper.options import data_option, json_option
from dure.keeper.reading import looking, reading_engine
from dure.kit import Missing, language_here, paint, plain, say, say_count, table, terminal_columns, told
from dure.ledger import Entry, Work, thread, verify
from dure.settings import read_settings

PAGE = 500
KNOWN_ROOMS = app.ROOMS
"""The app is loaded for what its rooms know: without them no event could say its sentence."""


@click.group(help=told(say("Reads the ledger of the house on this machine, also while it runs.")))
def ledger() -> None:
    pass


@ledger.command(
    "verify",
    help=told(
        say(
            "Computes every digest of the chain again, and says which seal does not hold. Prints the newest digest: "
            "keep it elsewhere, and hand it in with --expect the next time, so that a cut end shows too."
        )
    ),
)
@data_option
@click.option("--expect", metavar="DIGEST", help=told(say("A digest that an earlier verification printed.")))
@json_option
def verify_ledger(data: Path | None, expect: str | None, as_json: bool) -> None:
    with looking(reading_engine(read_settings(os.environ, data=data))) as work:
        chain = verify(work, expect=expect)
    if as_json:
        print(msgspec.json.format(msgspec.json.encode(chain)).decode())
        return
    sealed = say_count("{count} entry", "{count} entries", chain.entries)
    seals = say_count("{count} seal", "{count} seals", chain.seals)
    print(paint(told(say("The chain holds: {entries} under {seals}.", entries=sealed, seals=seals)), "good"))
    if chain.unsealed:
        waiting = say_count("{count} entry is not sealed yet.", "{count} entries are not sealed yet.", chain.unsealed)
        print(told(waiting))
    print(told(say("Newest digest: {digest}", digest=chain.head)))


@ledger.command("show", help=told(say("Shows what happened to one thing: `dure ledger show issue:12`.")))
@click.argument("ref")
@data_option
@click.option(
    "--limit",
    type=click.IntRange(1, 100_000),
    default=1000,
    show_default=True,
    help=told(say("How many entries, counted from the first.")),
)
@json_option
def show_thread(ref: str, data: Path | None, limit: int, as_json: bool) -> None:
    with looking(reading_engine(read_settings(os.environ, data=data))) as work:
        entries = list(whole_thread(work, ref, limit))
        if not entries:
            raise Missing(
                say("The ledger has nothing about {ref}. A reference looks like issue:12 or person:3.", ref=ref)
            )
        print(as_records(entries) if as_json else as_table(entries))


def whole_thread(work: Work, ref: str, limit: int) -> Iterator[Entry]:
    after = 0
    while limit > 0 and (entries := thread(work, ref, after=after, limit=min(PAGE, limit))):
        yield from entries
        after = entries[-1].id
        limit -= len(entries)


def as_table(entries: Sequence[Entry]) -> str:
    language = language_here()
    head = [told(word) for word in (say("Entry"), say("When"), say("Who"), say("What"))]
    rows = [
        [
            str(entry.id),
            entry.at.astimezone().strftime("%Y-%m-%d %H:%M:%S"),
            entry.actor_name,
            entry.sentence().into(language),
        ]
        for entry in entries
    ]
    return table(head, rows, terminal_columns())


def as_records(entries: Sequence[Entry]) -> str:
    language = language_here()
    records = [
        {
            "id": entry.id,
            "at": entry.at,
            "kind": entry.kind,
            "actor": entry.actor,
            "actor_name": entry.actor_name,
            "within": entry.within,
            "about": entry.refs,
            "facts": msgspec.Raw(entry.facts.encode()),
            "sentence": plain(entry.sentence().into(language)),
            "seal": entry.seal,
        }
        for entry in entries
    ]
    return msgspec.json.format(msgspec.json.encode({"entries": records})).decode()
