"""`x-cache` between a laptop and a house: a real house with its own runner, real git between them."""

import hashlib
import json
import signal
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.local.conftest import Folder
from tests.parts.house import RunningHouse, running_house
from tests.runner.conftest import passable_directory
from tests.runner.test_with_a_house import kill_runner

WORKFLOW = """\
on: push
jobs:
  make:
    {more}
    runs-on: ubuntu-latest
    x-cache: {{inputs: ["src/**"]}}
    outputs: {{size: "${{{{ steps.size.outputs.size }}}}"}}
    steps:
      - uses: actions/checkout@v4
      - {{id: size, run: "wc -c < src/a > made; echo size=$(cat made) >> $GITHUB_OUTPUT; {step}"}}
      - uses: actions/upload-artifact@v4
        with: {{name: made, path: made}}
  use:
    needs: make
    runs-on: ubuntu-latest
    steps:
      - uses: actions/download-artifact@v4
      - run: echo "it is $(cat made/made) ${{{{ needs.make.outputs.size }}}}"
"""


@dataclass
class Both:
    """A house, and a folder whose remote it is."""

    house: RunningHouse
    folder: Folder
    name: str
    token: str

    def said(self, *words: str) -> str:
        done = self.folder.dure(*words)
        assert done.code == 0, done.err
        return done.out

    def push(self) -> int:
        self.folder.commit()
        self.folder.git("push", "--quiet", "dure", "HEAD:main")
        return len(self.folder.git("rev-list", "HEAD").split())

    def job(self, run: int, name: str = "make") -> dict[str, Any]:
        """When the run is over."""
        end = time.monotonic() + 60
        told: Any = None
        while time.monotonic() < end:
            told = self.house.api("GET", f"/projects/ada/{self.name}/runs/{run}", token=self.token)
            if told.get("state") in ("success", "failure", "cancelled"):
                assert told["state"] == "success", told
                return next(job for job in told["jobs"] if job["name"] == name)
            time.sleep(0.1)
        raise TimeoutError(told)


@pytest.fixture(scope="module")
def house() -> Iterator[RunningHouse]:
    with passable_directory() as place:
        environment = {"DURE_LOCAL_RUNNER": "true", "DURE_WORKSHOP": str(place / "workshop")}
        try:
            with running_house(place / "data", environment=environment) as house:
                house.settle()
                yield house
        finally:
            kill_runner(place / "workshop")


@pytest.fixture
def both(house: RunningHouse, folder: Folder, request: pytest.FixtureRequest, tmp_path: Path) -> Both:
    name = f"shop-{hashlib.sha256(request.node.name.encode()).hexdigest()[:8]}"
    folder.environment |= {"DURE_CONFIG": str(tmp_path / "config.toml"), "GIT_TERMINAL_PROMPT": "0"}
    both = Both(house, folder, name, house.token())
    both.said("login", house.url, "--token", both.token)
    both.said("init", name)
    folder.write("src/a", "12345")
    return both


def write(both: Both, more: str = "", step: str = "", checkout: str = "") -> None:
    text = WORKFLOW.format(more=more or "timeout-minutes: 9", step=step or "true")
    both.folder.workflow(
        text.replace("checkout@v4", f"checkout@v4\n        with: {{{checkout}}}") if checkout else text
    )


def test_what_was_done_here_is_not_done_there_again(both: Both) -> None:
    write(both)
    first = both.folder.run("--json")
    assert first.code == 0, first.out + first.err
    assert "it is 5 5" in first.words_of("use")

    job = both.job(both.push())

    assert (job["state"], job["reused_from"], job["reused_by"], job["steps"]) == ("success", 0, "ada", [])
    assert job["outputs"] == {"size": "5"}
    assert both.job(1, "use")["reused_from"] is None, "it found the artifact and was done"


def test_what_was_done_there_is_not_done_here_again_and_leads_to_its_log(both: Both) -> None:
    write(both)
    theirs = both.job(both.push())
    assert theirs["reused_from"] is None

    here = both.folder.run("--log")

    assert here.code == 0, here.out + here.err
    assert f"Reused from run 1: {both.house.url}/ada/{both.name}/runs/1/jobs/{theirs['id']}" in here.out
    assert not [line for line in here.lines if line.startswith("make | ") and "checkout" in line]
    assert any(line.endswith("it is 5 5") for line in here.lines), here.out
    both.folder.write("elsewhere", "x")
    assert both.job(both.push())["reused_from"] == 1
    for words in (("runs", "show", "2"), ("runs", "log", "2")):
        assert f"make was done by run 1: dure runs log 1 -j {theirs['id']}  " in both.said(*words)
    assert "checkout" in both.said("runs", "log", "1", "-j", str(theirs["id"]))
    for more in (["--show", "/usr"], ["--env", "A=b"], ["--offline"]):
        assert "Reused" not in both.folder.run("--log", *more).out
    (both.folder.path / "src/a").write_text("another")
    assert "Reused" not in both.folder.run("--log").out


def test_who_is_not_trusted_with_it_does_it_alone(both: Both) -> None:
    write(both)
    reading = both.house.token(scope="read")
    both.said("login", both.house.url, "--token", reading)
    done = both.folder.run("--json")
    assert done.code == 0, done.out
    assert done.err.count("The house does not share results with us") == 1
    both.said("login", both.house.url, "--token", both.token)
    assert both.job(both.push())["reused_from"] is None


@pytest.mark.parametrize(
    ("more", "step", "checkout"),
    [
        ("environment: production", "", ""),
        ("permissions: {contents: write}", "", ""),
        ("", "echo ${{{{ secrets.KEY }}}}".format(), ""),
        ("", "echo $GITHUB_SHA", ""),
        ("", "", "Ref: main"),
    ],
)
def test_what_depends_on_more_is_not_shared(both: Both, more: str, step: str, checkout: str) -> None:
    write(both, more, step, checkout)
    both.folder.commit()
    done = both.folder.run("--json", "-s", "KEY=x")
    assert done.code == 0, done.out + done.err
    both.folder.write("elsewhere", "x")
    both.folder.commit()
    both.folder.git("push", "--quiet", "dure", "HEAD:main")
    assert both.job(1)["reused_from"] is None


def test_a_house_that_does_not_answer_is_told_once_and_nothing_waits(both: Both) -> None:
    write(both)
    config = both.folder.path.parent / "config.toml"
    config.write_text(config.read_text().replace(both.house.url, "http://127.0.0.1:9"))
    both.folder.git("remote", "set-url", "dure", f"http://127.0.0.1:9/ada/{both.name}.git")
    done = both.folder.run("--json")
    assert done.code == 0, done.out
    assert done.err.count("The house does not share results with us") == 1
    assert json.loads(done.lines[-1])["result"] == "success"


@pytest.mark.parametrize("is_committed", [False, True])
def test_what_lies_in_a_repository_inside_is_not_taken_for_something_else(both: Both, is_committed: bool) -> None:
    write(both)
    both.folder.commit()
    inner = Folder(both.folder.path / "src/lib", both.folder.cache)
    inner.write("b", "one")
    inner.commit()
    if is_committed:
        both.folder.commit()
    for words in ("two", "three"):
        inner.write("b", words)
        done = both.folder.run("--log")
        assert done.code == 0, done.out + done.err
        assert "Reused" not in done.out
        assert "elsewhere" not in done.out


@pytest.mark.parametrize("clean", ["false", "mkdir {place} && cat"])
def test_a_file_that_cannot_be_hashed_ends_the_sharing_and_not_the_run(both: Both, clean: str) -> None:
    """At first, or only when the job is over."""
    write(both)
    both.folder.write(".gitattributes", "src/b filter=gone")
    both.folder.commit()
    both.folder.git("config", "filter.gone.clean", clean.format(place=both.folder.path.parent / "once"))
    both.folder.git("config", "filter.gone.required", "true")
    both.folder.write("src/b", "x")

    done = both.folder.run("--json")

    assert done.code == 0, done.out + done.err
    assert done.results() == {"make": "success", "use": "success"}
    assert done.err.count("Results are not shared with the house: git hash-object failed") == 1


def test_ctrl_c_does_not_wait_for_a_house(both: Both) -> None:
    write(both, step="sleep 60")
    with socket.create_server(("127.0.0.1", 0)) as slow:
        url = f"http://127.0.0.1:{slow.getsockname()[1]}"
        config = both.folder.path.parent / "config.toml"
        config.write_text(config.read_text().replace(both.house.url, url))
        both.folder.git("remote", "set-url", "dure", f"{url}/ada/{both.name}.git")
        process = both.folder.start("run", "--log")
        slow.settimeout(30)
        line, _ = slow.accept()
        with line:
            began = time.monotonic()
            process.send_signal(signal.SIGINT)
            out, _ = process.communicate(timeout=50)
            assert time.monotonic() - began < 15
    assert process.returncode == 1
    assert "make | cancelled" in out
