"""Options that several words share, and how answers are shown."""

from datetime import datetime
from typing import get_args

import click

from dure.cli import answer
from dure.cli.client import Client
from dure.cli.remote import key_for
from dure.kit import Text, say, table, terminal_columns, told
from dure.wire import TokenScope

json_option = answer.json_option
print_json = answer.print_json
house_option = click.option(
    "--house",
    metavar="URL",
    help=told(say("Which house, if you are signed in to several; a part of its address is enough.")),
)

scope_option = click.option(
    "--scope",
    type=click.Choice(get_args(TokenScope)),
    default="write",
    show_default=True,
    help=told(say("What the token may do; only `admin` makes and ends other tokens.")),
)


def client_for(house: str | None) -> Client:
    key = key_for(house)
    return Client(key.url, key.token)


def print_table(head: list[Text], rows: list[list[str]], nothing: Text) -> None:
    """Rows under headings, or a word that there are none."""
    print(table([told(word) for word in head], rows, terminal_columns()) if rows else told(nothing))


def day(moment: datetime | None) -> str:
    return moment.astimezone().strftime("%Y-%m-%d") if moment else "-"


def minute(moment: datetime | None) -> str:
    return moment.astimezone().strftime("%Y-%m-%d %H:%M") if moment else "-"
