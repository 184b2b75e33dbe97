"""`dure credential`: git asks it for the token of a house, so that no token stands in a repository's settings.

It speaks git's own language for this: lines of `name=value` in and out, ended by an empty line. Git calls it with
`get`, `store` or `erase`; it only ever answers `get`, and only about a house that you are signed in to.
"""

import sys
from urllib.parse import urlsplit

import click

from dure.cli.config import HouseKey, read_config
from dure.kit import say, told

LINES_MAX = 100


@click.command(help=told(say("Git asks this for the token of a house. `dure init` sets it up.")), hidden=True)
@click.argument("operation")
def credential(operation: str) -> None:
    asked = dict(line.rstrip("\n").partition("=")[::2] for line in list(sys.stdin)[:LINES_MAX] if "=" in line)
    if operation != "get":
        return
    key = key_for(asked.get("protocol", ""), asked.get("host", ""))
    if key is not None:
        print(f"username={key.handle or 'dure'}\npassword={key.token}")


def key_for(protocol: str, host: str) -> HouseKey | None:
    """The house of this address, and only exactly this one."""
    for key in read_config().houses.values():
        parts = urlsplit(key.url)
        if key.token and (parts.scheme, parts.netloc.lower()) == (protocol, host.lower()):
            return key
    return None
