"""The texts of the house and their Korean: `python -m tools.texts` brings the catalogue up to date.

It reads every `say`, `say_count` and template, adds what is new to the catalogue, and drops what is gone.
With `--check` it changes nothing and fails where the catalogue is stale, a Korean text is missing, or one names other
holes than its English. With `--fill FILE` it takes over translations from other PO files.
"""

import argparse
import re
import sys
from collections.abc import Iterable, Iterator
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "dure"
KOREAN = SOURCE / "locale" / "ko" / "LC_MESSAGES" / "dure.po"
METHODS = [("**.py", "python"), ("**/pages/**.html", "jinja2")]
KEYWORDS = {"say": None, "say_count": (1, 2), "_": None, "gettext": None, "ngettext": (1, 2)}
OPTIONS = {"**/pages/**.html": {"trimmed": "true", "silent": "false"}}
HOLE = re.compile(r"(?<!\{)\{(\w+)[^{}]*\}|%\((\w+)\)")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--fill", type=Path, nargs="*", default=[])
    given = parser.parse_args()

    known = read(KOREAN)
    wanted = renewed(known, given.fill)
    problems = list(faults(wanted))
    if given.check:
        if texts_of(wanted) != texts_of(known):
            problems.append(f"{KOREAN.relative_to(ROOT)} is stale; run: python -m tools.texts")
    else:
        KOREAN.write_bytes(printed(wanted))
    for problem in problems:
        print(problem)
    return 1 if problems else 0


def read(file: Path) -> Catalog:
    if not file.exists():
        return Catalog(locale="ko")
    with file.open("rb") as opened:
        return read_po(opened, locale="ko")


def renewed(known: Catalog, fill: Iterable[Path]) -> Catalog:
    """A catalogue of exactly the texts that the house speaks now, with every translation we have."""
    given = {key: text for file in fill for key, text in texts_of(read(file)).items() if any(text)}
    kept = texts_of(known)
    catalog = Catalog(locale="ko", project="Dure", fuzzy=False, header_comment="# The Korean of Dure.")
    places: dict[tuple[str, ...], list[str]] = {}
    for file, _, message, _, _ in extract_from_dir(SOURCE, METHODS, OPTIONS, KEYWORDS, callback=None):
        words = message if isinstance(message, tuple) else (message,)
        places.setdefault(tuple(words), []).append(file)
    for words, files in sorted(places.items(), key=lambda found: (min(found[1]), found[0])):
        # Korean has one plural form; it is looked up under the English singular.
        text = given.get(words[0], ()) or kept.get(words[0], ())
        id_: str | tuple[str, str] = words[0] if len(words) == 1 else (words[0], words[1])
        string: str | tuple[str, ...] = (text[0] if text else "") if len(words) == 1 else tuple(text[:1] or ("",))
        catalog.add(id_, string, locations=[(name, 0) for name in sorted(set(files))])
    return catalog


def texts_of(catalog: Catalog) -> dict[str, tuple[str, ...]]:
    return {single(message): strings(message) for message in messages(catalog)}


def messages(catalog: Catalog) -> Iterator[Message]:
    return (message for message in catalog if message.id)


def single(message: Message) -> str:
    return message.id if isinstance(message.id, str) else str(message.id[0])


def strings(message: Message) -> tuple[str, ...]:
    return (message.string,) if isinstance(message.string, str) else tuple(message.string or ())


def faults(catalog: Catalog) -> Iterator[str]:
    for message in messages(catalog):
        english = (message.id,) if isinstance(message.id, str) else tuple(message.id)
        korean = [text for text in strings(message) if text]
        where = ", ".join(str(place[0]) for place in message.locations)
        if not korean:
            yield f"{where}: no Korean for {english[0]!r}"
        elif any(holes(text) - holes(" ".join(english)) for text in korean):
            yield f"{where}: the Korean of {english[0]!r} names holes that the English does not have"
        elif len(english) == 1 and holes(korean[0]) != holes(english[0]):
            yield f"{where}: the Korean of {english[0]!r} leaves out a hole"


def holes(text: str) -> set[str]:
    return {first or second for first, second in HOLE.findall(text)}


def printed(catalog: Catalog) -> bytes:
    out = BytesIO()
    write_po(out, catalog, width=120, omit_header=False, include_lineno=False, sort_output=False)
    # The dates of extraction would change the file at every run and say nothing that git does not.
    lines = out.getvalue().decode().splitlines(keepends=True)
    return "".join(line for line in lines if "-Date: " not in line and "Last-Translator" not in line).encode()


if __name__ == "__main__":
    sys.exit(main())
