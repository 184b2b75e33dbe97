"""`dure version` and `dure completion`: the program about itself."""

from importlib.metadata import version as version_of

import click
from click.shell_completion import get_completion_class

from dure.cli.options import json_option, print_json
from dure.kit import say, told

SHELLS = ("bash", "zsh", "fish")


@click.command(help=told(say("Says which version this is.")))
@json_option
def version(as_json: bool) -> None:
    found = version_of("dure")
    print_json({"version": found}) if as_json else print(f"dure {found}")


@click.command(
    help=told(
        say(
            "Prints the script by which your shell completes the words of dure. For bash put this line into "
            '~/.bashrc: eval "$(dure completion bash)"'
        )
    )
)
@click.argument("shell", type=click.Choice(SHELLS))
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    kind = get_completion_class(shell)
    assert kind is not None
    print(kind(context.find_root().command, {}, "dure", "_DURE_COMPLETE").source())
