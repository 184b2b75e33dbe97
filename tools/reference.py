"""Writes docs/reference anew from the code: `python -m tools.reference`, or `make docs`.

With `--check` it changes nothing, and fails where a page is not what the code says.
"""

import argparse
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import MISSING, fields
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints

# The words of the command line are made in the reader's language when they are loaded; this reader wants English.
os.environ["DURE_LANGUAGE"] = "en"

import click
from litestar import Litestar

from dure import app, policy
from dure.__main__ import grammar
from dure.kit import Text
from dure.ledger import Event
from dure.settings import PREFIX, Settings, kinds, sentences

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "docs" / "reference"
MADE = "*Made from the code by `make docs`; to change it, change what it is made from.*"
HELP_COLUMNS = 100
METHODS = ("get", "post", "put", "patch", "delete")
EXAMPLES: dict[type, object] = {
    int: 12,
    bool: True,
    float: 1.5,
    datetime: datetime(2026, 3, 1, 9, 30, tzinfo=UTC),
    date: date(2026, 3, 1),
}

CLOSED_LISTS = {"role": "developer", "old_role": "reporter", "was": "reporter"}
"""Facts that are words from a closed list, which a sentence looks up."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing, and fail where a page is stale")
    given = parser.parse_args()
    stale = [name for name, words in pages() if not same(FOLDER / name, words)]
    if given.check:
        for name in stale:
            print(f"docs/reference/{name} is not what the code says; run: make docs")
        return 1 if stale else 0
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, words in pages():
        (FOLDER / name).write_text(words, encoding="utf-8")
    print(f"{len(stale)} of {len(list(FOLDER.glob('*.md')))} pages are new.")
    return 0


def same(path: Path, words: str) -> bool:
    return path.is_file() and path.read_text(encoding="utf-8") == words


def pages() -> Iterator[tuple[str, str]]:
    for name, title, lines in (
        ("settings.md", "Settings", settings_lines()),
        ("cli.md", "The words of `dure`", cli_lines()),
        ("events.md", "Events", event_lines()),
        ("policy.md", "Who may do what", policy_lines()),
        ("api.md", "The API", api_lines()),
    ):
        yield name, "\n".join([f"# {title}", "", MADE, "", *lines]).rstrip() + "\n"


def settings_lines() -> Iterator[str]:
    yield "Each is read from the environment, else from `dure.toml` in the data directory, else it has its default."
    yield ""
    yield "| in `dure.toml` | in the environment | takes | default | |"
    yield "|---|---|---|---|---|"
    defaults = Settings()
    for name, words in sentences().items():
        shown = getattr(defaults, name)
        default = "" if shown in (None, "", ()) else f"`{shown}`"
        yield f"| `{name}` | `{PREFIX}{name.upper()}` | {kind_in_words(kinds()[name])} | {default} | {words} |"


def kind_in_words(kind: object) -> str:
    arguments = [each for each in get_args(kind) if each not in (type(None), Ellipsis)]
    if get_origin(kind) in (tuple, list):
        return f"several of: {kind_in_words(arguments[0])}"
    if arguments:
        return " or ".join(kind_in_words(each) for each in arguments)
    words = {str: "text", int: "a number", bool: "true or false", Path: "a path", float: "a number"}
    return words.get(kind, str(kind)) if isinstance(kind, type) else f"`{kind}`"


def cli_lines() -> Iterator[str]:
    whole = grammar()
    yield "Exit codes and how to begin: [the command line](../guide/cli.md)."
    for title, words in whole.sections:
        yield f"\n## {title}\n"
        for name, word in words.items():
            yield from command_lines(f"dure {name}", word.load())


def command_lines(name: str, command: click.Command) -> Iterator[str]:
    context = click.Context(command, info_name=name, terminal_width=HELP_COLUMNS, max_content_width=HELP_COLUMNS)
    yield from (f"### `{name}`", "", "```", command.get_help(context).rstrip(), "```", "")
    if isinstance(command, click.Group):
        for inner in command.list_commands(context):
            found = command.get_command(context, inner)
            assert found is not None
            yield from command_lines(f"{name} {inner}", found)


def event_lines() -> Iterator[str]:
    yield "What the ledger can say. An entry shows who did it, and then the sentence."
    rooms: dict[str, list[type[Event]]] = {}
    for kind, event in sorted(Event.kinds.items()):
        rooms.setdefault(kind.partition(".")[0], []).append(event)
    for room, events in rooms.items():
        yield from ("", f"## {room}", "", "| kind | facts | sentence |", "|---|---|---|")
        for event in events:
            facts = ", ".join(f"`{fact.name}`" for fact in fields(event)) or "none"
            sentence = str(example_of(event).sentence()).replace("|", "\\|").replace("\n", " ")
            yield f"| `{event.kind}` | {facts} | {sentence} |"


def example_of(event: type[Event]) -> Event:
    """An event of this kind, with facts that show where they stand in the sentence."""
    hints = get_type_hints(event)
    needed = [fact for fact in fields(event) if fact.default is MISSING and fact.default_factory is MISSING]
    return event(**{fact.name: example_value(hints[fact.name], fact.name) for fact in needed})


def example_value(kind: Any, name: str) -> Any:
    if name in CLOSED_LISTS:
        return CLOSED_LISTS[name]
    if kind is Text:
        return Text(f"‹{name}›")
    if get_origin(kind) in (list, tuple):
        return get_origin(kind)([f"‹{name}›"])
    choices = [each for each in get_args(kind) if each is not type(None)]
    if choices:
        return example_value(choices[0], name) if isinstance(choices[0], type) else choices[0]
    return EXAMPLES.get(kind, f"‹{name}›")


def policy_lines() -> Iterator[str]:
    yield "The least role that each act takes, and the least scope of a token. Each role may do what the one before it"
    yield "may: guest, reporter, developer, maintainer, owner. Admins may do everything."
    yield ""
    yield "| act | to | role | for one's own | token |"
    yield "|---|---|---|---|---|"
    for each in policy.actions():
        own = each.own.word if each.own is not None else ""
        yield f"| `{each.name}` | {each.words} | {each.role.word} | {own} | {each.token} |"


def api_lines() -> Iterator[str]:
    schema = openapi()
    yield "The whole description, for programs, is at `/api/openapi.json` of every house. A request bears a token:"
    yield '`Authorization: Bearer dure_pat_…`. A refusal answers `{"error": {"code", "message", "fields"}}`.'
    tags: dict[str, list[str]] = {}
    for path, methods in sorted(schema["paths"].items()):
        for method in METHODS:
            if (found := methods.get(method)) is not None:
                tag = (found.get("tags") or ["more"])[0]
                tags.setdefault(tag, []).append(api_row(method, path, found))
    for tag, rows in sorted(tags.items()):
        yield from ("", f"## {tag}", "", "| | | | answers |", "|---|---|---|---|", *rows)


def api_row(method: str, path: str, found: dict[str, Any]) -> str:
    what = found.get("summary", "")
    asked = [f"`{each['name']}`" for each in found.get("parameters", []) if each["in"] == "query"]
    more = f"; takes {', '.join(asked)}" if asked else ""
    return f"| {method.upper()} | `{path}` | {what}{more} | {', '.join(sorted(found['responses']))} |"


def openapi() -> dict[str, Any]:
    """What the application says of itself. It is put together over an empty house, and never served."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(data=Path(folder))
        with closing(app.open_house(settings)) as house:
            whole = app.put_together(settings, house).asgi.app
            assert isinstance(whole, Litestar)
            return whole.openapi_schema.to_schema()


if __name__ == "__main__":
    sys.exit(main())
