"""`dure logs`: what a service writes, as it writes it."""

import sys
import time
from typing import get_args

import click
import msgspec

from dure.cli.client import Client, part
from dure.cli.options import client_for, house_option, json_option, print_json
from dure.cli.project import path_of, project_option
from dure.kit import Forbidden, Invalid, NotRunning, Refused, Unauthenticated, paint, plain, say, told
from dure.wire import LogLevel, LogLine, LogList

LOOK_SECONDS = 1.0
PAGE = 1000
STYLES = {"error": "bad", "warning": "busy", "debug": "quiet"}


@click.command(help=told(say("Shows what a service wrote last; with -f also what it writes from now on.")))
@click.argument("service")
@click.option("-e", "--environment", default="", help=told(say("In which environment; production, if not said.")))
@click.option("-f", "--follow", is_flag=True, help=told(say("Go on with each new line until Ctrl-C.")))
@click.option("-q", "--query", default="", help=told(say('Only lines with these words; "several words" together.')))
@click.option(
    "--level",
    type=click.Choice([level for level in get_args(LogLevel) if level]),
    help=told(say("Only lines that sound this serious, or more.")),
)
@click.option("--version", default="", help=told(say("Only what this version wrote.")))
@click.option(
    "-n",
    "--lines",
    type=click.IntRange(1, PAGE),
    default=100,
    show_default=True,
    help=told(say("How many to begin with.")),
)
@project_option
@house_option
@json_option
def logs(
    service: str,
    environment: str,
    follow: bool,
    query: str,
    level: str | None,
    version: str,
    lines: int,
    project: str | None,
    house: str | None,
    as_json: bool,
) -> None:
    client, path = client_for(house), f"{path_of(project)}/logs/{part(service)}"
    asked = {"environment": environment, "q": query, "level": level or "", "version": version}
    found = client.get(path, LogList, **asked, limit=lines)
    if as_json and not follow:
        print_json(found)
        return
    show(found.lines, as_json=as_json)
    if follow:
        keep_on(client, path, {**asked, "environment": found.environment}, found.lines, as_json=as_json)
    elif not found.lines:
        print(
            told(
                say(
                    "{service} has written nothing like that in {environment}.",
                    service=service,
                    environment=found.environment,
                )
            )
        )


def keep_on(client: Client, path: str, asked: dict[str, str], seen: list[LogLine], *, as_json: bool) -> None:
    """Ask for what came after the last line. A house that is started again meanwhile ends nothing."""
    last, is_lost = (seen[-1].id if seen else 0), False
    while True:
        time.sleep(LOOK_SECONDS)
        try:
            found = client.get(path, LogList, **asked, after=last, limit=PAGE)
        except (Invalid, Unauthenticated, Forbidden):
            raise
        except (NotRunning, Refused) as problem:
            if not is_lost:
                print(paint(plain(told(problem.text)), "quiet", sys.stderr), file=sys.stderr)
            is_lost = True
            continue
        is_lost = False
        show(found.lines, as_json=as_json)
        last = found.lines[-1].id if found.lines else last


def show(lines: list[LogLine], *, as_json: bool) -> None:
    for line in lines:
        print(msgspec.json.encode(line).decode() if as_json else shown(line))
    sys.stdout.flush()


def shown(line: LogLine) -> str:
    at = line.at.astimezone().strftime("%H:%M:%S.%f")[:12]
    words = plain(line.text)
    style = STYLES.get(line.level)
    return f"{paint(plain(f'{at} {line.version}'), 'quiet')}  {paint(words, style) if style else words}"
