"""`dure runner`: a runner on this machine, in the foreground."""

import logging
import os
import platform
import signal
import sys
from pathlib import Path

import click

from dure.kit import Refused, say, told
from dure.runner.agent import Agent, Wishes
from dure.runner.place import Workshop, hold
from dure.runner.sandbox import USER, User

NAME_MAX = 100
LINE = "%(asctime)s %(levelname)-7s %(message)s"


USUAL = ("ubuntu-latest", "ubuntu-24.04", "ubuntu-22.04")
"""What workflows ask for that were written for GitHub. They get this machine's system, whatever it is."""
PROCESSORS = {"x86_64": "x64", "aarch64": "arm64"}


class RunsAlready(Refused):
    """Another runner holds the directory."""


def labels_of(said: str) -> list[str]:
    always = ["self-hosted", "linux", PROCESSORS.get(platform.machine(), platform.machine())]
    return list(dict.fromkeys([*always, *(label.strip() for label in said.split(",") if label.strip())]))


@click.command(
    help=told(
        say(
            "Runs the jobs of a house on this machine, until Ctrl-C. Jobs in work go on when the runner ends, and are "
            "taken up again when it is back."
        )
    )
)
@click.option("--house", required=True, metavar="URL", help=told(say("The house to work for.")))
@click.option(
    "--token-file",
    required=True,
    type=click.Path(path_type=Path, dir_okay=False),
    help=told(say("A file with the runner's token.")),
)
@click.option(
    "--directory",
    required=True,
    type=click.Path(path_type=Path, file_okay=False),
    help=told(say("Where the runner keeps its jobs. Only one runner can use it.")),
)
@click.option("--name", default=platform.node(), show_default=True, help=told(say("How the house calls this runner.")))
@click.option(
    "--labels",
    default=",".join(USUAL),
    show_default=True,
    metavar="LABEL,LABEL",
    help=told(
        say("Which jobs it takes, by their runs-on. It always takes those for self-hosted, linux and this processor.")
    ),
)
@click.option(
    "--capacity",
    type=click.IntRange(1, 1000),
    default=max(1, os.cpu_count() or 1),
    show_default=True,
    help=told(say("How many jobs at the same time.")),
)
@click.option(
    "--isolation",
    type=click.Choice(["auto", "bubblewrap", "namespaces", "none"]),
    default="auto",
    show_default=True,
    help=told(say("How jobs are kept apart from this machine. `none` lets them do whatever their user may.")),
)
@click.option(
    "--user",
    type=click.IntRange(1, 2**31),
    default=USER,
    show_default=True,
    help=told(say("The number of the user that jobs run as, where the runner is root.")),
)
@click.option(
    "--show",
    multiple=True,
    type=click.Path(path_type=Path, exists=True, file_okay=False, resolve_path=True),
    help=told(say("A directory that jobs may see besides the system's, and not change.")),
)
@click.option(
    "--leave-after",
    type=click.FloatRange(min=1),
    metavar="SECONDS",
    help=told(say("End when the house has not answered for so long and no job is in work.")),
)
def runner(
    house: str,
    token_file: Path,
    directory: Path,
    name: str,
    labels: str,
    capacity: int,
    isolation: str,
    user: int,
    show: tuple[Path, ...],
    leave_after: float | None,
) -> None:
    logging.basicConfig(level=logging.WARNING, format=LINE, stream=sys.stderr, force=True)
    os.umask(0o022)
    workshop = Workshop(directory.resolve())
    workshop.make()
    with hold(workshop.path / "lock") as ours:
        if not ours:
            raise RunsAlready(say("A runner works in {directory} already.", directory=str(directory)))
        wishes = Wishes(
            house=house.rstrip("/"),
            token_file=token_file,
            name=name[:NAME_MAX] or "runner",
            labels=labels_of(labels),
            capacity=capacity,
            isolation=isolation,
            user=User(user, user) if os.geteuid() == 0 else User(os.geteuid(), os.getegid()),
            shown=show,
            leave_after_seconds=leave_after,
        )
        agent = Agent(workshop, wishes)
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, agent.leave)
        agent.run()
