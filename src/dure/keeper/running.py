"""`dure down` and `dure status`: the house that runs on this machine, seen from beside it."""

import http.client
import os
import signal
import time
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import click
import msgspec

from dure.app import end_what_outlives_the_house
from dure.keeper.options import data_option, json_option
from dure.keeper.place import Card, card_of, pid_in, somebody_home
from dure.keeper.reading import NoDatabase, looking, reading_engine, sqlite_file
from dure.keeper.up.local_runner import end_runner
from dure.kit import NotRunning, Progress, Refused, now, paint, say, say_count, told
from dure.ledger import stuck_deliveries
from dure.settings import Settings, read_settings

STOP_SECONDS_MAX = 30.0
LOOK_SECONDS = 0.05
ANSWER_SECONDS_MAX = 2.0
STUCK_MAX = 1000


class DoesNotStop(Refused):
    """It was asked to stop and is still there."""


@click.command(
    help=told(
        say(
            "Asks the house that runs on this data directory to stop, and waits until it has. Its services, its runner "
            "and the jobs in flight go on, and the next house takes them up; with --all they are stopped as well."
        )
    )
)
@click.option("--all", "everything", is_flag=True, help=told(say("Also the services, the runner and its jobs.")))
@data_option
def down(data: Path | None, everything: bool) -> None:
    settings = read_settings(os.environ, data=data)
    if not everything:
        end_house(settings.data)
    elif somebody_home(settings.data) or settings.workshop_dir.exists():
        if somebody_home(settings.data):
            end_house(settings.data)
        end_runner(settings.workshop_dir)
        end_what_outlives_the_house(settings)
    else:
        raise NotRunning(say("No house runs on {data}.", data=settings.data))
    print(told(say("Stopped.")))


def end_house(place: Path) -> None:
    pid = expect_home(place)
    try:
        os.kill(pid, signal.SIGTERM)
    except ProcessLookupError:
        raise DoesNotStop(
            say("The house holds {data}, but its process {pid} is not to be seen from here.", data=place, pid=pid)
        ) from None
    except PermissionError:
        raise DoesNotStop(say("Process {pid} belongs to another user; stop it as that user.", pid=pid)) from None
    wait_until_gone(place, pid)


def expect_home(place: Path) -> int:
    if not somebody_home(place):
        raise NotRunning(say("No house runs on {data}.", data=place))
    pid = pid_in(place)
    if pid is None:
        raise DoesNotStop(say("A house holds {data}, but does not say which process it is.", data=place))
    return pid


def wait_until_gone(place: Path, pid: int) -> None:
    progress = Progress()
    began = time.monotonic()
    while somebody_home(place):
        seconds = time.monotonic() - began
        if seconds > STOP_SECONDS_MAX:
            progress.end()
            raise DoesNotStop(
                say(
                    "Process {pid} still runs after {seconds} s. `kill -9 {pid}` ends it; nothing acknowledged is "
                    "lost.",
                    pid=pid,
                    seconds=round(seconds),
                )
            )
        progress.say(say("Stopping … {seconds} s", seconds=round(seconds)))
        time.sleep(LOOK_SECONDS)
    progress.end()


class Status(msgspec.Struct, kw_only=True, omit_defaults=False):
    """What `dure status --json` says."""

    running: bool
    data: str
    database: str
    answers: bool = False
    pid: int | None = None
    url: str | None = None
    started_at: datetime | None = None
    uptime_seconds: int | None = None
    version: str | None = None
    stuck_deliveries: int | None = None


@click.command(
    help=told(say("Says whether a house runs on this data directory. Exit code 0: it runs, 3: it does not."))
)
@data_option
@json_option
@click.pass_context
def status(context: click.Context, data: Path | None, as_json: bool) -> None:
    settings = read_settings(os.environ, data=data)
    found = look(settings)
    print(msgspec.json.format(msgspec.json.encode(found)).decode() if as_json else in_words(found))
    context.exit(0 if found.running else 3)


def look(settings: Settings) -> Status:
    file = sqlite_file(settings)
    database = f"SQLite, {file}" if file else f"PostgreSQL, {without_password(settings.database)}"
    found = Status(running=somebody_home(settings.data), data=str(settings.data.resolve()), database=database)
    if found.running:
        found.pid = pid_in(settings.data)
        card = card_of(settings.data)
        if card is not None:
            found.url, found.version, found.started_at = card.url, card.version, card.started_at
            found.uptime_seconds = max(round((now() - card.started_at).total_seconds()), 0)
            found.answers = answers(card)
    found.stuck_deliveries = stuck(settings)
    return found


def without_password(address: str) -> str:
    parts = urlsplit(address)
    where = parts.netloc.rpartition("@")[2] or "localhost"
    return f"{where}{parts.path}"


def answers(card: Card) -> bool:
    """Whether it answers on the address it listens on; what it answers does not matter."""
    host, _, port = card.listen.rpartition(":")
    host = host.strip("[]")
    near = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - compared, not bound
    with suppress(OSError, http.client.HTTPException):
        line = http.client.HTTPConnection(near, int(port), timeout=ANSWER_SECONDS_MAX)
        try:
            line.request("GET", "/favicon.svg")
            line.getresponse().read()
            return True
        finally:
            line.close()
    return False


def stuck(settings: Settings) -> int | None:
    """How many deliveries are stuck; None when the database cannot be asked."""
    with suppress(NoDatabase), looking(reading_engine(settings)) as work:
        return sum(delivery.stuck_at is not None for delivery, _ in stuck_deliveries(work, STUCK_MAX))
    return None


def in_words(found: Status) -> str:
    if not found.running:
        lines = [paint(told(say("No house runs on {data}.", data=found.data)), "quiet")]
    elif found.url is None:
        lines = [
            paint(told(say("A house is starting on {data} (process {pid}).", data=found.data, pid=found.pid)), "busy")
        ]
    else:
        since = timedelta(seconds=found.uptime_seconds or 0)
        state = (
            say("Dure is up at {url}.", url=found.url)
            if found.answers
            else say("Dure runs, but does not answer at {url}.", url=found.url)
        )
        lines = [paint(told(state), "good" if found.answers else "bad")]
        lines.append(
            told(
                say("Process {pid}, for {since}, version {version}.", pid=found.pid, since=since, version=found.version)
            )
        )
        lines.append(told(say("Data: {data}", data=found.data)))
    lines.append(told(say("Database: {database}", database=found.database)))
    if found.stuck_deliveries:
        many = say_count(
            "{count} delivery is stuck; see /admin/deliveries.",
            "{count} deliveries are stuck; see /admin/deliveries.",
            found.stuck_deliveries,
        )
        lines.append(paint(told(many), "bad"))
    return "\n".join(lines)
