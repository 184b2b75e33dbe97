"""act's own workflows, run by `dure run`: `python tests/conformance/act.py ACT_SOURCE [CASE…]`.

ACT_SOURCE is a checkout of nektos/act, or its folder in Go's module cache. The tables of its runner's tests say which
folder of workflows is run for which event, and whether the run ends well; so much is compared. As in act, all of the
test data is the workspace. Nothing of act is kept here.

Cases that need what a machine without images, without Windows and without the network does not have are left out, each
with its reason. `--actions DIR` has actions as DIR/owner/repo[@ref], so that those which need them can run.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import yaml

RUNNER, MODEL = "pkg/runner/testdata", "pkg/model/testdata"
tell = partial(print, flush=True)
DURE = (sys.executable, "-c", "from dure.__main__ import main; main()")
SECONDS_MAX = 180
ROW = re.compile(r'^\s*\{(workdir|"[^"]+"), "([^"]+)", "(\w+)", "([^"]*)", (.*)\},', re.MULTILINE)
SECRETS = re.compile(r"map\[string\]string\{([^}]*)\}$")
PAIR = re.compile(r'"([^"]+)": "([^"]*)"')
USES = re.compile(r"""^\s*-?\s*uses:\s*['"]?([^'"\s#]+)""", re.MULTILINE)
STAND_INS = ("actions/checkout", "actions/upload-artifact", "actions/download-artifact", "actions/cache")
IMAGES = re.compile(r"^\s*container:|^\s*services:|docker://|using:\s*['\"]?docker|^\s*ENTRYPOINT ", re.MULTILINE)
KNOWN_SECRET = "secret"  # what a row of the table is run with


@dataclass(frozen=True)
class Case:
    folder: str
    event: str
    ends_well: bool
    base: str = RUNNER
    words: Sequence[str] = ()
    """What else `dure run` is told."""
    environment: Mapping[str, str] = field(default_factory=dict)
    event_inputs: Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return f"{self.folder} ({self.event})"


def cases(source: Path) -> list[Case]:
    """Each folder and event once, in the order of the tables; then the tests that have no table."""
    found: dict[tuple[str, str], Case] = {}
    for base, folder, event, error, rest in ROW.findall("".join(tables(source))):
        said = SECRETS.search(rest)
        secrets = [word for name, value in PAIR.findall(said[1] if said else "") for word in ("-s", f"{name}={value}")]
        if said and "image" in rest:
            secrets = []
        place = RUNNER if base == "workdir" else MODEL
        known = secrets if said and KNOWN_SECRET in said[1] else []
        found.setdefault((folder, event), Case(folder, event, not error, place, known))
    return [*found.values(), *alone()]


def tables(source: Path) -> Iterator[str]:
    text = (source / "pkg/runner/runner_test.go").read_text("utf-8")
    for function in re.split(r"^func ", text, flags=re.MULTILINE):
        if function.startswith(("TestRunEvent(", "TestRunEventHostEnvironment(")):
            yield function


def alone() -> Iterator[Case]:
    """Tests of act's runner that run one workflow each, told as their functions tell it."""
    yield Case("mask-values", "push", True)
    yield Case("secrets", "push", True, words=["--secret-file", "secrets/.secrets", "--env-file", "secrets/.env"])
    # act puts the inputs of its configuration into the event and asks nothing about them.
    yield Case("input-from-cli", "workflow_dispatch", True, event_inputs={"SOME_INPUT": "input"})
    yield Case("pull-request", "pull_request", True)
    matrix = ["node:8", "node:8.x", "os:ubuntu-18.04"]
    yield Case(
        "matrix-with-user-inclusions", "push", True, words=[word for one in matrix for word in ("--matrix", one)]
    )


def why_not(case: Case, place: Path, actions: Path | None) -> str | None:
    """What the case needs and is not here. Looked for in its workflows and in the local actions that they use."""
    if case.folder.startswith("windows-"):
        return "needs Windows"
    if case.folder == "defaults-run":
        return "act does not run it on a host either: it depends on the shell of a container's user"
    if not place.is_dir():
        return "its folder is not in this copy of act"
    overridden = local_repositories(place)
    for file, text in texts(place, case.event):
        if IMAGES.search(text):
            return f"needs images ({file.name})"
        if re.search(r"\b(pwsh)\b", text) and shutil.which("pwsh") is None:
            return "needs PowerShell"
        if "apt install" in text:
            return "needs the network (apt)"
        for uses in USES.findall(text):
            if is_far(uses) and uses not in overridden and not has(actions, uses):
                return f"needs the network ({uses})"
    return None


def texts(place: Path, event: str) -> Iterator[tuple[Path, str]]:
    """The workflows that the event begins, and all that they use of the workspace."""
    left = [file for file in sorted(place.iterdir()) if file.suffix in (".yml", ".yaml") and begins(file, event)]
    seen = set(left)
    for file in left:
        text = file.read_text("utf-8", "replace")
        yield file, text
        for uses in USES.findall(text):
            if uses.startswith("./"):
                there = (place_of_workspace(place) / uses).resolve()
                files = [there] if there.is_file() else [there / "action.yml", there / "action.yaml"]
                fresh = [each for each in files if each.is_file() and each not in seen]
                left += fresh
                seen |= set(fresh)


def begins(file: Path, event: str) -> bool:
    try:
        told = yaml.load(file.read_text("utf-8", "replace"), yaml.BaseLoader)  # noqa: S506 - it makes only texts
    except yaml.YAMLError:
        return True
    return isinstance(told, dict) and event in told.get("on", ())


def place_of_workspace(place: Path) -> Path:
    return next(above for above in place.parents if above.name == "testdata")


def is_far(uses: str) -> bool:
    """What says no version is nowhere to be had, and is meant to fail."""
    return (
        "/" in uses
        and "@" in uses
        and not uses.startswith(("./", "docker:"))
        and uses.partition("@")[0].lower() not in STAND_INS
    )


def has(actions: Path | None, uses: str) -> bool:
    words, _, ref = uses.partition("@")
    name = "/".join(words.split("/")[:2])
    return actions is not None and ((actions / name).is_dir() or (actions / f"{name}@{ref}").is_dir())


def local_repositories(place: Path) -> dict[str, str]:
    """act's `config/config.yml`: folders that stand for actions, told from beside the test data."""
    file = place / "config/config.yml"
    told = yaml.load(file.read_text("utf-8"), yaml.BaseLoader) if file.is_file() else {}  # noqa: S506
    found = told.get("local-repositories", {})
    return {uses.removeprefix("https://github.com/"): path.removeprefix("testdata/") for uses, path in found.items()}


def as_act(workspace: Path) -> None:
    """As a working copy of act's own repository, whose name some of the workflows expect."""
    for words in (
        ("init", "--quiet"),
        ("remote", "add", "origin", "https://github.com/nektos/act.git"),
        ("add", "-A", "-f"),
    ):
        subprocess.run(["git", "-C", str(workspace), *words], check=True)


def words_for(case: Case, place: Path, actions: Path | None) -> list[str]:
    words = ["run", "--json", "-w", case.folder, "--on", case.event, "--env", "ACT=true", "--actor", "nektos/act"]
    if case.event_inputs:
        (place / "event.json").write_text(json.dumps({"inputs": dict(case.event_inputs)}))
    if (place / "event.json").is_file():
        words += ["-e", f"{case.folder}/event.json"]
    if actions is not None:
        words += ["--actions", str(actions)]
    for uses, path in local_repositories(place).items():
        words += ["--local-repository", f"{uses}={path}"]
    return [*words, *case.words]


def run(case: Case, workspaces: Mapping[str, Path], actions: Path | None) -> tuple[bool, str]:
    """Whether it went as the table says, and what happened if not."""
    workspace = workspaces[case.base]
    argv = [*DURE, *words_for(case, workspace / case.folder, actions)]
    environment = {**os.environ, "DURE_LANGUAGE": "en", **case.environment}
    try:
        done = subprocess.run(
            argv, cwd=workspace, env=environment, capture_output=True, text=True, timeout=SECONDS_MAX, check=False
        )
    except subprocess.TimeoutExpired:
        return False, f"took longer than {SECONDS_MAX} s"
    if (done.returncode == 0) == case.ends_well:
        return True, ""
    return False, f"exit code {done.returncode}: {reason(done.stdout, done.stderr)}"


def reason(out: str, err: str) -> str:
    """The first thing that went wrong, for whoever looks after it."""
    for line in out.splitlines():
        said = json.loads(line)
        if said.get("conclusion") == "failure" or said.get("result") == "failure":
            return " ".join(str(said.get(key, "")) for key in ("job", "name", "why", "exit_code"))
    return err.strip()[-300:]


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", type=Path)
    parser.add_argument("case", nargs="*", help="only these folders")
    parser.add_argument("--actions", type=Path)
    given = parser.parse_args(argv)
    return tried(given.source, given.case, given.actions.resolve() if given.actions else None)


def tried(source: Path, wanted: Sequence[str] = (), actions: Path | None = None) -> int:
    passed = failed = skipped = 0
    with tempfile.TemporaryDirectory(prefix="dure-act-") as directory:
        workspaces = {}
        for base in (RUNNER, MODEL):
            workspaces[base] = Path(directory, base.replace("/", "-"), "testdata")
            shutil.copytree(source / base, workspaces[base], symlinks=True)
            as_act(workspaces[base])
        for case in cases(source):
            if wanted and case.folder not in wanted:
                continue
            missing = why_not(case, workspaces[case.base] / case.folder, actions)
            if missing is not None:
                skipped += 1
                tell(f"skipped  {case.name}: {missing}")
                continue
            went, why = run(case, workspaces, actions)
            passed, failed = passed + went, failed + (not went)
            tell(f"{'passed ' if went else 'FAILED '}  {case.name}{': ' if why else ''}{why}")
    tell(f"{passed} passed, {failed} failed ({skipped} skipped)")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
