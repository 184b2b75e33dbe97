"""Answers for programs. Apart from the other options, so that a word which asks no house loads no HTTP."""

import click
import msgspec

from dure.kit import say, told

json_option = click.option("--json", "as_json", is_flag=True, help=told(say("Answer in JSON, for programs.")))


def print_json(value: object) -> None:
    print(msgspec.json.format(msgspec.json.encode(value)).decode())
