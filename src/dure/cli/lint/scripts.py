"""The scripts of steps, given to shellcheck where it is installed, and to a small check of our own for Python."""

import os
import re
import shutil
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec

from dure.kit import Text, TooSlow, run, say
from dure.workflow import Finding, Script, python_faults

SHELLCHECK = "shellcheck"
SECONDS_MAX = 120
PLACE = re.compile(r"\$\{\{.*?\}\}", re.DOTALL)
NOT_ASKED = (
    "SC1091",  # a file that is sourced cannot be looked at from here
    "SC2050",  # a comparison that is always the same: an expression stands in it
    "SC2153",  # a name like another one: variables come from env:
    "SC2154",  # a variable that nobody sets: it comes from env:
    "SC2157",  # words that are never empty: an expression stands in them
    "SC2194",  # the same for case
    "SC2043",  # and for a loop
)
HEAD = "set -e\n"
"""As the runner starts bash and sh, so that nobody is told to write `|| exit`."""


class Comment(msgspec.Struct):
    """One thing that shellcheck says."""

    file: str
    line: int
    column: int
    level: str
    code: int
    message: str


def check_scripts(scripts: Sequence[Script]) -> list[Finding]:
    return [*shell_findings(scripts), *python_findings(scripts)]


def python_findings(scripts: Sequence[Script]) -> Iterator[Finding]:
    for script in scripts:
        if word_of(script.shell) in ("python", "python3"):
            for line, text in python_faults(without_expressions(script.text)):
                yield found(script, line, text, "pyflakes")


def shell_findings(scripts: Sequence[Script]) -> list[Finding]:
    """All scripts, divided among as many processes as there are processors."""
    program = shutil.which(SHELLCHECK)
    asked = [(script, dialect) for script in scripts if (dialect := dialect_of(script.shell))]
    if program is None or not asked:
        return []
    count = min(os.cpu_count() or 1, len(asked))
    with TemporaryDirectory(prefix="dure-lint-") as folder, ThreadPoolExecutor(count) as pool:
        parts = [pool.submit(shellcheck, program, Path(folder), asked[start::count], start) for start in range(count)]
        return [finding for part in parts for finding in part.result()]


def dialect_of(shell: str) -> str | None:
    word = word_of(shell)
    return word if word in ("bash", "sh") else None


def word_of(shell: str) -> str:
    """The program of a shell: `bash` of `/bin/bash -e {0}`."""
    return shell.strip().partition(" ")[0].rpartition("/")[2].lower()


def shellcheck(program: str, folder: Path, asked: Sequence[tuple[Script, str]], part: int) -> list[Finding]:
    findings: list[Finding] = []
    for dialect in ("bash", "sh"):
        mine = {f"{part}-{number}.{dialect}": script for number, (script, word) in enumerate(asked) if word == dialect}
        if not mine:
            continue
        for name, script in mine.items():
            (folder / name).write_text(HEAD + without_expressions(script.text), encoding="utf-8")
        excluded = ",".join(NOT_ASKED)
        argv = [program, "--norc", "--format=json", "--severity=info", f"--shell={dialect}", f"--exclude={excluded}"]
        try:
            done = run([*argv, *(str(folder / name) for name in mine)], timeout_seconds=SECONDS_MAX)
        except TooSlow:
            continue
        findings.extend(comments_of(done.out, mine))
    return findings


def comments_of(out: str, scripts: dict[str, Script]) -> Iterator[Finding]:
    try:
        comments = msgspec.json.decode(out, type=list[Comment])
    except msgspec.DecodeError:
        return
    for comment in sorted(comments, key=lambda one: (one.file, one.line, one.column)):
        script = scripts[Path(comment.file).name]
        text = say("SC{code} ({level}): {message}", code=comment.code, level=comment.level, message=comment.message)
        yield found(script, max(comment.line - 1, 1), text, "shellcheck")


def found(script: Script, line: int, text: Text, rule: str) -> Finding:
    """A finding stands where the step says `run:`, and names the line of the script or, better, of the file."""
    assert rule in ("shellcheck", "pyflakes")
    if script.first_line is not None:
        text = say("Line {line}: {text}", line=script.first_line + line - 1, text=text)
    elif "\n" in script.text.rstrip("\n"):
        text = say("Line {line} of the script: {text}", line=line, text=text)
    return Finding(script.path, script.line, script.column, text, "shellcheck" if rule == "shellcheck" else "pyflakes")


def without_expressions(text: str) -> str:
    """The script with a word of the same length for every expression: what that will be cannot be known."""
    # Behind the last end nothing is one, and looking for its end at each beginning would take for ever.
    last = text.rfind("}}") + len("}}")
    put = PLACE.sub(
        lambda match: "_" * len(match[0]) if "\n" not in match[0] else "_" + "\n" * match[0].count("\n"), text[:last]
    )
    return put + text[last:]
