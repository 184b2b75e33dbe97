"""Options that several words of the keeper share."""

from pathlib import Path

import click

from dure.kit import say, told

data_option = click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=True),
    metavar="DIRECTORY",
    help=told(say("The directory that holds everything Dure keeps; `data` here, if not said.")),
)
json_option = click.option("--json", "as_json", is_flag=True, help=told(say("Answer in JSON, for programs.")))
