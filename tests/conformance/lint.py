"""Runs a folder of actionlint's public cases: `python tests/conformance/lint.py DIR`, DIR as its `testdata`.

Every file of `ok/` must be clean. Of `err/` and `examples/` the lines and rules must be those of the `.out` file beside
it, neither fewer nor more; columns and words are ours. `projects/` are whole repositories. It prints `N passed, M
failed` last; with -v every difference before it.
"""

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from dure.cli.lint.command import look
from dure.cli.lint.scripts import check_scripts

PLACE = re.compile(r"(?P<file>[^:]*\.ya?ml):(?P<line>\d+):\d+: ")
RULE = re.compile(r"\\?\[\(?(?P<rules>[a-z|-]+)\)?\\?\]/?\s*$")
ANY = "*"
FOLDERS = ("err", "examples")


@dataclass(frozen=True)
class Outcome:
    name: str
    missed: frozenset[str]
    extra: frozenset[str]

    @property
    def passed(self) -> bool:
        return not (self.missed or self.extra)


def outcomes(folder: Path) -> Iterator[Outcome]:
    for path in sorted((folder / "ok").glob("*.y*ml")):
        yield Outcome(f"ok/{path.name}", frozenset(), frozenset(f"{line}:{rule}" for _, line, rule in told([path])))
    for part in FOLDERS:
        for path in sorted((folder / part).glob("*.y*ml")):
            yield compared(f"{part}/{path.name}", path.with_suffix(".out"), [path], whole=False)
    for out in sorted((folder / "projects").glob("*.out")):
        project = out.with_suffix("")
        yield compared(f"projects/{project.name}", out, sorted((project / "workflows").rglob("*.y*ml")), whole=True)


def told(paths: list[Path]) -> set[tuple[str, int, str]]:
    findings, scripts = look({path: path.read_text(encoding="utf-8") for path in paths})
    return {(Path(one.path).name, one.line, one.rule) for one in [*findings, *check_scripts(scripts)]}


def compared(name: str, out: Path, paths: list[Path], *, whole: bool) -> Outcome:
    """The wanted lines without a rule take any rule; one that names no line takes any finding."""
    found = {(file if whole else "", line, rule) for file, line, rule in told(paths)}
    left = set(found)
    missed: set[str] = set()
    for words in out.read_text(encoding="utf-8").splitlines():
        if not words.strip():
            continue
        fitting = {one for one in found if fits(words, one, whole=whole)}
        left -= fitting
        if not fitting:
            missed.add(words)
    return Outcome(name, frozenset(missed), frozenset(f"{file}:{line} [{rule}]" for file, line, rule in left))


def fits(words: str, one: tuple[str, int, str], *, whole: bool) -> bool:
    file, line, rule = one
    place = PLACE.search(words.replace("\\", ""))
    rules = RULE.search(words)
    if rules is not None and rule not in rules["rules"].split("|"):
        return False
    if place is None:
        return True
    return int(place["line"]) == line and (not whole or place["file"].rpartition("/")[2] == file)


def main(arguments: list[str]) -> int:
    folder = next(Path(argument) for argument in arguments if not argument.startswith("-"))
    done = list(outcomes(folder))
    if "-v" in arguments:
        for outcome in done:
            for words in sorted(outcome.missed):
                sys.stdout.write(f"{outcome.name}: missed: {words}\n")
            for words in sorted(outcome.extra):
                sys.stdout.write(f"{outcome.name}: extra: {words}\n")
    passed = sum(outcome.passed for outcome in done)
    sys.stdout.write(f"{passed} passed, {len(done) - passed} failed\n")
    return 0 if passed == len(done) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
