"""`dure up`: the house on this machine, in the foreground, from its lock to its last write."""

import asyncio
import logging
import os
import socket
import sys
from contextlib import ExitStack, closing
from pathlib import Path

import click
import msgspec

from dure import people
from dure.app import VERSION, Program, open_house, put_together
from dure.keeper.options import data_option
from dure.keeper.place import Card, card_shown, expect_room, expect_whole, held, make_private
from dure.keeper.port import listening
from dure.keeper.up.local_runner import LocalRunner
from dure.keeper.up.serving import serve
from dure.kit import now, paint, say, told
from dure.ledger import HOUSE
from dure.settings import Settings, read_settings

log = logging.getLogger(__name__)

LEVELS = ("debug", "info", "warning", "error")
LINE = "%(asctime)s %(levelname)-7s %(name)s: %(message)s"


@click.command(
    help=told(
        say(
            "Starts the house in the foreground. Everything it keeps lies in one directory; the first start prints a "
            "link that signs you in. Ctrl-C stops it cleanly, a second Ctrl-C at once."
        )
    )
)
@data_option
@click.option("--listen", metavar="ADDRESS:PORT", help=told(say("Where to answer; 127.0.0.1:8400 if not said.")))
@click.option(
    "--log-level",
    type=click.Choice(LEVELS),
    default="warning",
    show_default=True,
    help=told(say("How much to tell on standard error.")),
)
def up(data: Path | None, listen: str | None, log_level: str) -> None:
    keep_log(log_level)
    os.umask(0o077)
    settings = read_settings(os.environ, data=data, listen=listen)
    make_private(settings.data)
    with ExitStack() as home:
        home.enter_context(held(settings.data))
        expect_whole(settings.data)
        expect_room(settings.data)
        bound = home.enter_context(listening(settings.host, settings.port))
        settings = where_we_listen(settings, bound)
        house = home.enter_context(closing(open_house(settings, told=tell_snapshot)))
        program = put_together(settings, house)
        home.callback(program.rounds.stop)
        asyncio.run(answering(settings, program, bound))
        say_plainly(told(say("Stopped.")))


def keep_log(level: str) -> None:
    """One line for each thing worth knowing, on standard error."""
    logging.basicConfig(level=logging.WARNING, format=LINE, datefmt="%H:%M:%S", stream=sys.stderr, force=True)
    logging.getLogger("dure").setLevel(level.upper())


def where_we_listen(settings: Settings, bound: socket.socket) -> Settings:
    """With the port that the kernel chose, if it was left to choose."""
    address = settings.listen.rpartition(":")[0] or settings.host
    return msgspec.structs.replace(settings, listen=f"{address}:{bound.getsockname()[1]}")


def tell_snapshot(snapshot: str) -> None:
    say_plainly(told(say("The database was brought up to date; as it was before, it lies in {file}.", file=snapshot)))


async def answering(settings: Settings, program: Program, bound: socket.socket) -> None:
    card = Card(pid=os.getpid(), url=settings.url, listen=settings.listen, started_at=now(), version=VERSION)
    link = await program.house.write(HOUSE, people.first_link)
    with ExitStack() as shown:

        def ready() -> None:
            shown.enter_context(card_shown(settings.data, card))
            if settings.local_runner:
                runner = LocalRunner(program.house, settings)
                shown.callback(runner.stop)
                runner.start()
            print_banner(settings, link)

        await serve(program, bound, ready)


def print_banner(settings: Settings, link: str | None) -> None:
    """Where the house is, and how to come in for the first time."""
    lines = [(say("Dure is up"), paint(settings.url, "good"))]
    if link is not None:
        lines.append((say("First sign-in"), paint(f"{settings.url}/welcome/{link}", "strong")))
    lines.append((say("Data"), str(settings.data.resolve())))
    for label, value in lines:
        print(f"{told(label)}: {value}")
    say_plainly(told(say("Ctrl-C stops it.")))


def say_plainly(words: str) -> None:
    print(words, flush=True)
