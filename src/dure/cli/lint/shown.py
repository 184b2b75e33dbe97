"""How a finding is shown: one line that programs read too, and on a terminal the line of the file with a mark below."""

import sys

from dure.kit import columns_of, paint, plain, say, say_count, told
from dure.workflow import Finding

LINE_MAX = 200
"""Of a longer line only the place itself is shown."""


def show(finding: Finding, text: str) -> None:
    place = f"{finding.path}:{finding.line}:{finding.column}:"
    print(f"{paint(plain(place), 'strong')} {plain(told(finding.text))} {paint(f'[{finding.rule}]', 'busy')}")
    if sys.stdout.isatty():
        show_line(finding, text)


def show_line(finding: Finding, text: str) -> None:
    lines = text.splitlines()
    if not 0 < finding.line <= len(lines) or len(lines[finding.line - 1]) > LINE_MAX:
        return
    line = lines[finding.line - 1].expandtabs(1)
    head = f"{finding.line:>5} | "
    before = columns_of(plain(line[: finding.column - 1]))
    print(paint(head, "quiet") + plain(line))
    print(" " * (len(head) + before) + paint("^", "bad"))


def summary(findings: int, files: int) -> None:
    """A last word, for a person only."""
    if not sys.stdout.isatty():
        return
    if findings:
        text = say("{findings} found in {files} looked at.", findings=told_count(findings), files=told_files(files))
        print(paint(told(text), "bad"))
    else:
        print(
            paint(
                told(say_count("Nothing is wrong with {count} file.", "Nothing is wrong with {count} files.", files)),
                "good",
            )
        )


def told_count(count: int) -> str:
    return told(say_count("{count} fault", "{count} faults", count))


def told_files(count: int) -> str:
    return told(say_count("{count} file", "{count} files", count))
