"""Lint goes over files: each is a workflow or an action, and is checked as what it is."""

import posixpath
import re
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, field

from dure.kit import say
from dure.workflow.lint.actions import read_action
from dure.workflow.lint.desk import Config, Desk, Repository, Script
from dure.workflow.lint.finding import Enough, Finding, Sheet
from dure.workflow.lint.source import Node, Source, read_source
from dure.workflow.lint.steps.composite import check_composite
from dure.workflow.lint.workflow import check_workflow

ACTION_FILES = ("action.yml", "action.yaml")


@dataclass
class Checked:
    """What came of it: the findings in the order of the files, and the scripts for whoever checks scripts."""

    findings: list[Finding] = field(default_factory=list)
    scripts: list[Script] = field(default_factory=list)
    actions: frozenset[str] = frozenset()
    """The files of those actions of the repository that were used."""


def lint(
    files: Mapping[str, str],
    paths: Collection[str] | None = None,
    *,
    exists: Callable[[str], bool] | None = None,
    config: Config | None = None,
    rooted: bool = True,
) -> list[Finding]:
    """What is wrong with workflow files and actions.

    `files` are texts by their paths from the root of the repository; `paths` says which of them to look at (default:
    all), the others are there to be named. `exists` tells whether the repository has a file at a path; without it, what
    is in `files`.
    """
    return check(files, paths, exists=exists, config=config, rooted=rooted).findings


def check(
    files: Mapping[str, str],
    paths: Collection[str] | None = None,
    *,
    exists: Callable[[str], bool] | None = None,
    config: Config | None = None,
    rooted: bool = True,
) -> Checked:
    """As lint(), and the scripts of the files too."""
    chosen = list(files) if paths is None else list(paths)
    repository = Repository(
        files, exists or files.__contains__, config or Config(), rooted, frozenset(map(posixpath.normpath, chosen))
    )
    found = Checked()
    for path in chosen:
        sheet = Sheet(path)
        with suppress(Enough):
            source = read_source(files[path], sheet.tell)
            desk = Desk(sheet, source, repository)
            check_file(desk, source)
            found.scripts.extend(desk.scripts)
        found.findings.extend(wanted(sorted(sheet.findings, key=lambda one: one.place), repository.config))
    found.actions = frozenset(repository.actions)
    return found


def check_file(desk: Desk, source: Source) -> None:
    path = desk.sheet.path
    if source.top is None:
        if not desk.sheet.findings:
            desk.sheet.note_at("syntax-check", (1, 1), say("The file is empty."))
        return
    if is_action(path, source.top):
        check_action(desk, source)
    else:
        check_workflow(desk, source.top)


def is_action(path: str, top: Node) -> bool:
    if top.kind != "map":
        return posixpath.basename(path) in ACTION_FILES
    if posixpath.basename(path) in ACTION_FILES:
        return top.get("jobs") is None
    return top.get("runs") is not None and top.get("jobs") is None


def check_action(desk: Desk, source: Source) -> None:
    folder = posixpath.dirname(desk.sheet.path)
    metadata = read_action(
        source.text, lambda inner: desk.repository.exists(posixpath.normpath(posixpath.join(folder, inner)))
    )
    for fault in metadata.faults:
        desk.sheet.note_at("action", (fault.line, fault.column), fault.text)
    if not metadata.broken and source.top is not None:
        check_composite(desk, source.top, metadata)


def wanted(findings: list[Finding], config: Config) -> list[Finding]:
    """Without those that the configuration does not want to hear."""
    patterns = [
        re.compile(word)
        for path, words in config.ignored
        if findings and fits(path, findings[0].path)
        for word in words
    ]
    return [one for one in findings if not any(pattern.search(f"{one.text} [{one.rule}]") for pattern in patterns)]


def fits(pattern: str, path: str) -> bool:
    """Whether a path is meant by a pattern in which ** goes over folders and * does not."""
    parts = re.split(r"(\*\*/|\*\*|\*|\?)", pattern)
    words = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    return re.fullmatch("".join(words.get(part, re.escape(part)) for part in parts), path) is not None
