"""The word itself: which files are looked at, and how the findings are shown."""

import gc
import os
import sys
from collections import defaultdict
from dataclasses import replace
from pathlib import Path

import click

from dure.cli.answer import json_option, print_json
from dure.cli.lint.repository import Files, Unreadable, all_files, config_of, in_folder, read_text, root_of
from dure.cli.lint.scripts import check_scripts
from dure.cli.lint.shown import show, summary
from dure.kit import Refused, paint, plain, say, told
from dure.workflow import Finding, Script, lint_whole

WELL, FOUND, UNREADABLE = 0, 1, 2
STDIN = "-"
STDIN_NAME = "stdin.yml"


class NothingToLint(Refused):
    """There is no workflow here."""


@click.command(
    help=told(
        say(
            "Looks at workflow files and tells what is wrong with them. Without PATHS: all workflows of this repository"
            " and the actions in it. - reads one file from the standard input."
        )
    )
)
@click.argument("paths", nargs=-1, type=click.Path())
@click.option(
    "--stdin-name",
    metavar="PATH",
    help=told(say("Where the file on the standard input belongs; what it names is looked for from there.")),
)
@click.option("--no-scripts", is_flag=True, help=told(say("Leave the scripts of the steps alone.")))
@json_option
def lint(paths: tuple[str, ...], stdin_name: str | None, no_scripts: bool, as_json: bool) -> int:
    # Nothing made here holds itself: looking for garbage would cost a third of the time.
    gc.disable()
    texts, unreadable = gather(paths or ((STDIN,) if stdin_name else ()), stdin_name)
    try:
        findings, scripts = look(texts, whole=not paths or any(map(os.path.isdir, paths)))
    except Unreadable as broken:
        findings, scripts = [], []
        unreadable.append(broken)
    if not no_scripts:
        findings.extend(check_scripts(scripts))
    findings.sort(key=lambda finding: finding.place)
    if as_json:
        print_json([as_data(finding) for finding in findings])
    else:
        for finding in findings:
            show(finding, texts[Path(finding.path)])
        if texts:
            summary(len(findings), len(texts))
    for problem in unreadable:
        print(paint(plain(told(problem.text)), "bad", sys.stderr), file=sys.stderr)
    if unreadable:
        return UNREADABLE
    return FOUND if findings else WELL


def as_data(finding: Finding) -> dict[str, object]:
    return {
        "path": finding.path,
        "line": finding.line,
        "column": finding.column,
        "rule": finding.rule,
        "message": told(finding.text),
    }


def gather(paths: tuple[str, ...], stdin_name: str | None) -> tuple[dict[Path, str], list[Refused]]:
    """The texts to look at, by the paths under which they are told of."""
    texts: dict[Path, str] = {}
    unreadable: list[Refused] = []
    try:
        files = chosen(paths)
    except NothingToLint as nowhere:
        return {}, [nowhere]
    for path in files:
        try:
            if str(path) == STDIN:
                texts[Path(stdin_name or STDIN_NAME)] = sys.stdin.read()
            else:
                texts[path] = read_text(path)
        except Unreadable as problem:
            unreadable.append(problem)
        except UnicodeDecodeError:
            unreadable.append(Unreadable(say("{file} is no text in UTF-8.", file=STDIN)))
    return texts, unreadable


def chosen(paths: tuple[str, ...]) -> list[Path]:
    if not paths:
        root = root_of(Path.cwd() / "here")
        here = all_files(root) if root is not None else []
        if not here:
            raise nothing(".")
        return [near(path) for path in here]
    found: list[Path] = []
    for path in map(Path, paths):
        inner = in_folder(path) if path.is_dir() else [path]
        if not inner:
            raise nothing(str(path))
        found.extend(inner)
    return list(dict.fromkeys(found))


def nothing(folder: str) -> NothingToLint:
    return NothingToLint(
        say(
            "There is no workflow in {folder}: no file in .github/workflows or .dure/workflows. Name the files to look"
            " at.",
            folder=folder,
        )
    )


def near(path: Path) -> Path:
    """The path as a person would write it from here."""
    try:
        return path.relative_to(Path.cwd())
    except ValueError:
        return path


def look(texts: dict[Path, str], *, whole: bool = False) -> tuple[list[Finding], list[Script]]:
    """Check the files of each repository together, since they name each other.

    Of a `whole` repository the actions that its workflows use are looked at too, wherever they lie.
    """
    groups: defaultdict[Path | None, list[Path]] = defaultdict(list)
    for path in texts:
        groups[root_of(path)].append(path)
    findings: list[Finding] = []
    scripts: list[Script] = []
    for root, paths in groups.items():
        base = root if root is not None else Path.cwd()
        names = {inside(path, base): path for path in paths}
        files = Files(base, {name: texts[path] for name, path in names.items()})
        config = config_of(root)
        found = lint_whole(files, names, exists=files.exists, config=config, rooted=root is not None)
        if whole and not found.actions <= names.keys():
            for name in sorted(found.actions - names.keys()):
                names[name] = near(base / name)
                texts[names[name]] = files[name]
            found = lint_whole(files, names, exists=files.exists, config=config, rooted=root is not None)
        findings.extend(replace(one, path=str(names[one.path])) for one in found.findings)
        scripts.extend(replace(one, path=str(names[one.path])) for one in found.scripts)
    return findings, scripts


def inside(path: Path, base: Path) -> str:
    """The path from the root of its repository."""
    whole = path.absolute()
    return whole.relative_to(base).as_posix() if whole.is_relative_to(base) else whole.as_posix()
