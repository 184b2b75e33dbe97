"""The options of `dure run` and `dure plan`."""

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click

from dure.kit import say, told
from dure.runner import USER

F = TypeVar("F", bound=Callable[..., Any])

A_FILE = click.Path(path_type=Path, exists=True, dir_okay=False)
A_FOLDER = click.Path(path_type=Path, exists=True, file_okay=False)

ASKING = (
    click.option("-C", "directory", type=A_FOLDER, default=".", help=told(say("The folder to run for."))),
    click.option(
        "-w",
        "--workflow",
        type=click.Path(path_type=Path),
        help=told(say("A workflow file, or a folder of them, instead of .github/workflows and .dure/workflows.")),
    ),
    click.option(
        "--on", "event", default="", metavar="EVENT", help=told(say("The event that begins it: push, if not said."))
    ),
    click.option("-j", "--job", help=told(say("Only this job, and those that it needs."))),
    click.option(
        "--matrix", multiple=True, metavar="KEY:VALUE", help=told(say("Only these combinations of a matrix."))
    ),
    click.option("-e", "--event-file", type=A_FILE, help=told(say("github.event, as JSON in GitHub's shape."))),
    click.option(
        "-i", "--input", "inputs", multiple=True, metavar="NAME=VALUE", help=told(say("An answer to a question."))
    ),
    click.option(
        "-s",
        "--secret",
        "secrets",
        multiple=True,
        metavar="NAME[=VALUE]",
        help=told(say("A secret; without a value, that of the variable of this name.")),
    ),
    click.option("--secret-file", type=A_FILE, help=told(say("A file of secrets, NAME=VALUE on each line."))),
    click.option(
        "--var", "variables", multiple=True, metavar="NAME=VALUE", help=told(say("A value of the context vars."))
    ),
    click.option(
        "--env", "env", multiple=True, metavar="NAME=VALUE", help=told(say("A variable that every step gets."))
    ),
    click.option("--env-file", type=A_FILE, help=told(say("A file of variables, NAME=VALUE on each line."))),
    click.option(
        "--actions",
        type=A_FOLDER,
        help=told(say("A folder that has actions as owner/repo or owner/repo@ref; it is asked first.")),
    ),
    click.option(
        "--local-repository",
        "repositories",
        multiple=True,
        metavar="OWNER/REPO@REF=PATH",
        help=told(say("A folder to use instead of this action.")),
    ),
    click.option(
        "--offline", is_flag=True, help=told(say("Ask no other machine for actions, and no house for results."))
    ),
    click.option("--actor", default="", help=told(say("Who does it: github.actor."))),
    click.option(
        "--json", "as_json", is_flag=True, help=told(say("Answer in JSON, for programs: a line for each happening."))
    ),
)

DOING = (
    click.option(
        "-P",
        "--parallel",
        type=click.IntRange(1, 1000),
        default=max(1, os.cpu_count() or 1),
        show_default=True,
        help=told(say("How many jobs at the same time.")),
    ),
    click.option(
        "--isolation",
        type=click.Choice(["auto", "bubblewrap", "namespaces", "none"]),
        default="auto",
        show_default=True,
        help=told(say("How jobs are kept apart from this machine. `none` lets them do whatever their user may.")),
    ),
    click.option(
        "--user",
        type=click.IntRange(1, 2**31),
        default=USER,
        show_default=True,
        help=told(say("The number of the user that jobs run as, where you are root.")),
    ),
    click.option(
        "--show",
        multiple=True,
        type=click.Path(path_type=Path, exists=True, file_okay=False, resolve_path=True),
        help=told(say("A directory that jobs may see besides the system's, and not change.")),
    ),
    click.option(
        "--artifacts",
        type=click.Path(path_type=Path, file_okay=False),
        help=told(say("Where to keep the artifacts of the run; they are gone with it, if not said.")),
    ),
    click.option(
        "--hold",
        is_flag=True,
        help=told(say("When a job fails, keep its sandbox and open a shell in it.")),
    ),
)


def asking(command: F) -> F:
    """The options that say what is meant; `run` and `plan` have them in common."""
    return with_options(command, ASKING)


def doing(command: F) -> F:
    """The options that say how it is done."""
    return with_options(command, DOING)


def with_options(command: F, options: Sequence[Callable[[F], F]]) -> F:
    for add in reversed(options):
        command = add(command)
    return command
