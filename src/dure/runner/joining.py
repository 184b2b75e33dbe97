"""How this machine becomes a runner of a house, once, and what it remembers of that: its token, and how it works."""

import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import msgspec
from msgspec import Struct

from dure.kit import Refused, new_secret, say
from dure.runner.agent import House
from dure.wire import JOIN_TOKEN_PREFIX, RUNNER_TOKEN_PREFIX, Join

CARD = "runner.json"
TOKEN = "token"  # noqa: S105 - the name of a file
VARIABLE = "DURE_RUNNER_TOKEN"
TOKEN_BYTES_MAX = 4096


class Kept(Struct, kw_only=True):
    """What stands in the directory of a runner that has joined. The token stands in a file of its own."""

    house: str
    name: str
    project: str
    ephemeral: bool
    labels: list[str]
    capacity: int | None = None
    isolation: str | None = None
    user: int | None = None
    show: list[str] = []


def kept_in(directory: Path) -> Kept | None:
    try:
        return msgspec.json.decode((directory / CARD).read_bytes(), type=Kept)
    except FileNotFoundError:
        return None
    except (OSError, msgspec.MsgspecError) as error:
        raise Refused(say("{file} cannot be read: {why}", file=str(directory / CARD), why=str(error))) from error


def join(url: str, invitation: str, directory: Path, name: str, wanted: Kept) -> Kept:
    """Asks the house to take this runner in. Killed in the middle of it and said again, it joins once."""
    token = own_token(directory)
    house = House(url, directory / TOKEN)
    joined = house.join(Join(name=name, token=token), by=invitation)
    house.hang_up()
    kept = msgspec.structs.replace(
        wanted,
        name=joined.name,
        project=joined.project,
        ephemeral=joined.ephemeral,
        labels=wanted.labels or joined.labels,
    )
    write_private(directory / CARD, msgspec.json.format(msgspec.json.encode(kept)))
    return kept


def own_token(directory: Path) -> str:
    """The token by which the house will know this runner. It is on the disk before anybody hears of it."""
    file = directory / TOKEN
    with suppress(FileNotFoundError):
        if (known := file.read_text("ascii").strip()).startswith(f"{RUNNER_TOKEN_PREFIX}_"):
            return known
    token = new_secret(RUNNER_TOKEN_PREFIX)
    write_private(file, token.encode())
    return token


def forget(directory: Path) -> None:
    """An ephemeral runner that is gone leaves no key behind."""
    for name in (CARD, TOKEN):
        (directory / name).unlink(missing_ok=True)


def write_private(file: Path, data: bytes) -> None:
    """All of it or nothing, for nobody else's eyes."""
    fresh = file.with_name(f"{file.name}.new")
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with open(handle, "wb") as opened:
        opened.write(data)
        opened.flush()
        os.fsync(handle)
    fresh.replace(file)


def invitation_said(said: str | None) -> str | None:
    """The token of an invitation: from the environment, from a file, from the standard input, or as it was typed."""
    if said is None:
        return os.environ.get(VARIABLE, "").strip() or None
    if said == "-":
        return sys.stdin.readline(TOKEN_BYTES_MAX).strip()
    if said.startswith(f"{JOIN_TOKEN_PREFIX}_"):
        return said
    file = Path(said)
    if not file.is_file():
        raise Refused(say("{said} is neither a token nor a file with one.", said=said))
    return file.read_text("utf-8")[:TOKEN_BYTES_MAX].strip()


def unit(program: Sequence[str], directory: Path) -> str:
    """What systemd needs to know to keep this runner running."""
    return "\n".join(
        [
            "[Unit]",
            "Description=Runner of Dure",
            "Wants=network-online.target",
            "After=network-online.target",
            "",
            "[Service]",
            f"ExecStart={' '.join(quoted(word) for word in [*program, 'runner', '--directory', str(directory)])}",
            "Restart=on-failure",
            "RestartSec=5",
            "# Jobs go on while the runner is started again.",
            "KillMode=process",
            "Delegate=yes",
            "",
            "[Install]",
            "WantedBy=multi-user.target",
            "",
        ]
    )


def quoted(word: str) -> str:
    """One word in systemd's own writing."""
    plain = word.replace("%", "%%").replace("$", "$$").replace("\\", "\\\\").replace('"', '\\"')
    return f'"{plain}"' if plain != word or " " in word else word
