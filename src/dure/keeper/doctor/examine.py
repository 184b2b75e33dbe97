"""`dure doctor`: looks at the machine and at the house, and names the remedy of whatever is wrong."""

import os
from collections.abc import Iterator
from pathlib import Path

import click
import msgspec

from dure.keeper.doctor.finding import Check, Finding
from dure.keeper.doctor.house import check_database, check_directory, check_disk, check_master_key, check_port
from dure.keeper.doctor.machine import check_clock, check_git, check_isolation, check_memory, check_python
from dure.keeper.options import data_option, json_option
from dure.kit import language_here, paint, plain, say, say_count, told
from dure.settings import Settings, read_settings

CHECKS: list[Check] = [
    check_python,
    check_git,
    check_isolation,
    check_memory,
    check_clock,
    check_directory,
    check_disk,
    check_port,
    check_master_key,
    check_database,
]
MARKS = {"good": "✓", "note": "·", "bad": "✗"}
STYLES = {"good": "good", "note": "busy", "bad": "bad"}


@click.command(
    help=told(
        say(
            "Looks at everything that could keep a house from running well, and says for each problem what to do. "
            "Works while the house runs and while it does not. Exit code 0: all is well, 1: there are problems."
        )
    )
)
@data_option
@json_option
@click.option("--listen", metavar="ADDRESS:PORT", help=told(say("Look at this address instead.")))
@click.pass_context
def doctor(context: click.Context, data: Path | None, as_json: bool, listen: str | None) -> None:
    settings = read_settings(os.environ, data=data, listen=listen)
    found = list(examine(settings))
    print(as_records(found) if as_json else as_lines(found))
    context.exit(1 if any(finding.state == "bad" for finding in found) else 0)


def examine(settings: Settings) -> Iterator[Finding]:
    for check in CHECKS:
        yield from check(settings)


def as_records(found: list[Finding]) -> str:
    language = language_here()
    records = [
        {
            "name": finding.name,
            "state": finding.state,
            "says": finding.says.into(language),
            "remedy": finding.remedy.into(language) if finding.remedy else None,
        }
        for finding in found
    ]
    return msgspec.json.format(msgspec.json.encode({"findings": records})).decode()


def as_lines(found: list[Finding]) -> str:
    lines: list[str] = []
    for finding in found:
        mark = paint(MARKS[finding.state], STYLES[finding.state])
        lines.append(f"{mark} {finding.name:<11} {plain(told(finding.says))}")
        if finding.remedy is not None:
            lines.append(f"  {'':<11} {paint(f'→ {plain(told(finding.remedy))}', 'strong')}")
    problems = sum(finding.state == "bad" for finding in found)
    if problems:
        lines.append(paint(told(say_count("{count} problem.", "{count} problems.", problems)), "bad"))
    else:
        lines.append(paint(told(say("All is well.")), "good"))
    return "\n".join(lines)
