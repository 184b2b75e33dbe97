"""`dure login`, `logout`, `whoami`: which house knows you, and as whom."""

import socket
import sys
from contextlib import suppress

import click
import msgspec

from dure.cli.client import Client
from dure.cli.config import HouseKey, read_config, tidy_url
from dure.cli.options import house_option, json_option, print_json, scope_option
from dure.kit import Missing, NotRunning, Unauthenticated, paint, plain, say, told
from dure.wire import MadeToken, Me, ProgramSignIn, TokenScope

DAYS = 90
NEAR = "http://127.0.0.1:8400"


@click.command(
    help=told(
        say(
            "Signs in to the house at URL (or to the one on this machine) and remembers a token for it. Asks for your "
            "handle and password, or takes a token made on the page."
        )
    )
)
@click.argument("url", required=False)
@click.option("--handle", help=told(say("Your handle; asked for if not said.")))
@click.option("--token", help=told(say("A token that you have; `-` reads it from standard input.")))
@scope_option
@click.option(
    "--days",
    type=click.IntRange(1, 366),
    default=DAYS,
    show_default=True,
    help=told(say("Days after which the token ends.")),
)
def login(url: str | None, handle: str | None, token: str | None, scope: TokenScope, days: int) -> None:
    address = tidy_url(url or read_config().chosen or NEAR)
    given = sys.stdin.readline().strip() if token == "-" else token  # noqa: S105 - a dash is no secret
    secret = given or token_by_password(address, handle, scope, days)
    me = Client(address, secret).get("/me", Me)
    config = read_config()
    config.add(HouseKey(address, secret, me.handle))
    config.save()
    print(paint(plain(told(say("Signed in to {url} as {handle}.", url=address, handle=me.handle))), "good"))


def token_by_password(address: str, handle: str | None, scope: TokenScope, days: int) -> str:
    handle = handle or str(click.prompt(told(say("Handle")), err=True))
    asked = ProgramSignIn(handle=handle, password=asked_password(), name=token_name(), scopes=[scope], days=days)
    return Client(address).post("/tokens", asked, MadeToken).token


def asked_password() -> str:
    """Typed without being shown; read from standard input where nobody can type."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\n")
    return str(click.prompt(told(say("Password")), hide_input=True, err=True))


def token_name() -> str:
    """What the token is called in the list of tokens, so that its owner knows which machine it is on."""
    return f"dure on {socket.gethostname()}"[:60]


@click.command(help=told(say("Ends the token in the house, and forgets it here.")))
@house_option
def logout(house: str | None) -> None:
    config = read_config()
    key = config.find(house)
    # A token that has ended, or a house that is gone, must not keep anybody from forgetting it.
    with suppress(Unauthenticated, Missing, NotRunning):
        Client(key.url, key.token).delete("/me/tokens/current")
    config.forget(key.url)
    config.save()
    print(told(say("Signed out of {url}.", url=key.url)))


@click.command(help=told(say("Says who you are, in which house, and what your token is good for.")))
@house_option
@json_option
def whoami(house: str | None, as_json: bool) -> None:
    key = read_config().find(house)
    me = Client(key.url, key.token).get("/me", Me)
    if as_json:
        print_json({"url": key.url, **msgspec.to_builtins(me)})
        return
    print(plain(told(say("{handle} ({name}) in {url}", handle=me.handle, name=me.name, url=key.url))))
    if me.token is not None:
        print(plain(told(say("Your token is good for: {scopes}", scopes=", ".join(me.token.scopes)))))
