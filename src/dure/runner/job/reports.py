"""Reports of tests that a job left in its workspace: JUnit XML, found by the names that tools give it."""

import os
import re
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

from dure.runner.job.desk import READ, Desk
from dure.runner.place import Want
from dure.wire import TEST_BYTES_MAX, TESTS_MAX

NAMES = re.compile(r"TEST-.*\.xml|.*junit.*\.xml|report\.xml", re.IGNORECASE)
DIRECTORY = "test-results"
"""Below a directory of this name every XML file counts."""
PASSED_OVER = {".git", "node_modules", ".venv", "venv", ".tox", ".nox", "__pycache__", "site-packages"}
DIRECTORIES_MAX = 50_000
HEAD_BYTES = 4096
ROOT = re.compile(rb"<testsuites?[\s>/]")


def hand_over_tests(desk: Desk, workspace: Path) -> None:
    """Puts every report on the shelf, and waits until the runner has brought all of them to the house.

    A job that is over may not say anything any more.
    """
    brought = []
    for number, (directory, name, path) in enumerate(reports(workspace)):
        if number >= TESTS_MAX:
            desk.log.tell(f"##[warning]More than {TESTS_MAX} reports of tests were found; the rest is left out.")
            break
        file = f"test_{number}.xml"
        if take(directory, name, desk.shelf / file):
            brought.append(desk.ask(Want(what="send_test", name=label(path), file=file)))
    desk.watch.wait_at_the_end(lambda: all(answer.exists() for answer in brought))


def reports(workspace: Path) -> Iterator[tuple[int, str, str]]:
    """Each as a directory held open, a name in it, and its path: the job cannot lead us elsewhere meanwhile."""
    for seen, (path, directories, names, handle) in enumerate(os.fwalk(workspace, follow_symlinks=False)):
        if seen > DIRECTORIES_MAX:
            return
        directories[:] = sorted(name for name in directories if name not in PASSED_OVER)
        inside = os.path.relpath(path, workspace)
        for name in sorted(names):
            if name.endswith(".xml") and (NAMES.fullmatch(name) or DIRECTORY in inside.split("/")):
                yield handle, name, os.path.normpath(os.path.join(inside, name))


def take(directory: int, name: str, target: Path) -> bool:
    """Copies a report. Whether it is one."""
    try:
        handle = os.open(name, READ, dir_fd=directory)
    except OSError:
        return False
    with open(handle, "rb") as source:
        known = os.fstat(handle)
        if (
            not stat.S_ISREG(known.st_mode)
            or known.st_size > TEST_BYTES_MAX
            or not ROOT.search(source.read(HEAD_BYTES))
        ):
            return False
        source.seek(0)
        with target.open("wb") as sink:
            shutil.copyfileobj(source, sink)
    return True


def label(path: str) -> str:
    """Its path, as one word that stands well in an address."""
    return re.sub(r"[^A-Za-z0-9_.-]+", "-", path).lstrip("-.")[-200:] or "report.xml"
