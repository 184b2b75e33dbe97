"""The actions that come with Dure: real git over HTTP, real zips."""

import io
import subprocess
import zipfile
from pathlib import Path

import pytest

from tests.runner.stand import Stand


@pytest.fixture(scope="module")
def shas(shared: Stand) -> list[str]:
    """A repository in the house, with two commits and a tag."""
    bare = shared.books.path / "git" / "acme" / "shop.git"
    source = shared.directory / "source"

    def git(*words: str) -> str:
        identity = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org"]
        return subprocess.run(["git", *identity, *words], check=True, capture_output=True, text=True).stdout.strip()

    git("init", "-q", "--bare", "-b", "main", str(bare))
    git("init", "-q", "-b", "main", str(source))
    found = []
    for number in (1, 2):
        (source / "file").write_text(f"version {number}\n")
        (source / "sub").mkdir(exist_ok=True)
        (source / "sub" / f"{number}.txt").write_text("x" * number)
        git("-C", str(source), "add", "-A")
        git("-C", str(source), "commit", "-q", "-m", f"feat: number {number}")
        found.append(git("-C", str(source), "rev-parse", "HEAD"))
    git("-C", str(source), "tag", "v1", found[0])
    git("-C", str(source), "push", "-q", str(bare), "main", "v1")
    return found


CHECKOUT = {"uses": "actions/checkout"}
MAKING = """
    mkdir -p dist/sub; echo app > dist/app; echo x > dist/sub/x.txt; echo no > dist/.hidden
    ln -s /etc/passwd dist/link; chmod +x dist/app
"""


def test_checkout_brings_the_commit_of_the_run_alone(shared: Stand, shas: list[str]) -> None:
    ended, log, _ = shared.did(
        [CHECKOUT, {"run": "cat file; git log --oneline | wc -l; git rev-parse HEAD --abbrev-ref HEAD; git status -s"}],
        sha=shas[1],
    )

    assert ended.conclusion == "success", log
    assert f"version 2\n1\n{shas[1]}\nmain\n" in log


def test_checkout_of_an_older_commit_and_of_a_tag(shared: Stand, shas: list[str]) -> None:
    ended, log, _ = shared.did(
        [
            {**CHECKOUT, "with_": {"path": "here"}},
            {**CHECKOUT, "with_": {"path": "there", "ref": "main", "fetch-depth": "0"}},
            {"run": "cat here/file there/file; git -C there log --oneline | wc -l; git -C there tag"},
        ],
        sha=shas[0],
        ref="refs/tags/v1",
    )

    assert ended.conclusion == "success", log
    assert "version 1\nversion 2\n2\nv1\n" in log


def test_later_steps_may_fetch_and_the_token_is_in_no_file(shared: Stand, shas: list[str]) -> None:
    job = shared.order(
        [
            CHECKOUT,
            {"run": "git fetch -q --unshallow && git log --oneline | wc -l"},
            {"run": 'grep -rE "sesam[e]|extraheader" . "$HOME" "$RUNNER_TEMP" || echo nowhere'},
            {**CHECKOUT, "with_": {"path": "b", "persist-credentials": "false"}},
        ],
        sha=shas[1],
    )

    assert shared.ended(job).conclusion == "success"
    log = shared.log(job)
    assert "\n2\n" in log
    assert "\nnowhere\n" in log
    assert "sesame" not in log


@pytest.mark.parametrize(
    ("inputs", "words"),
    [
        ({"ref": "--upload-pack=/bin/sh"}, "is no name that git knows"),
        ({"path": "../up"}, "leads out of the workspace"),
        ({"fetch-depth": "-1"}, "is not a number"),
        ({"ref": "no-such-branch"}, "git fetch failed"),
    ],
)
def test_a_checkout_that_cannot_be(shared: Stand, shas: list[str], inputs: dict[str, str], words: str) -> None:
    ended, _, steps = shared.did([{**CHECKOUT, "with_": inputs}], sha=shas[1])

    assert ended.conclusion == "failure"
    assert words in steps[0].why


def test_artifacts_go_from_job_to_job(shared: Stand) -> None:
    made, log, _ = shared.did(
        [
            {"run": MAKING},
            {"id": "up", "uses": "actions/upload-artifact", "with_": {"name": "the app", "path": "dist"}},
            {"uses": "actions/upload-artifact", "with_": {"path": "dist/**/*.txt\ndist/app\n!dist/sub/y*"}},
            {"run": "echo digest ${{ steps.up.outputs.artifact-digest }}"},
        ],
        run_id=77,
    )
    assert made.conclusion == "success", log
    kept = shared.books.path / "runs" / "77"
    with zipfile.ZipFile(kept / "the app") as zipped:
        assert sorted(zipped.namelist()) == ["app", "sub/x.txt"]
    with zipfile.ZipFile(kept / "artifact") as zipped:
        assert sorted(zipped.namelist()) == ["app", "sub/x.txt"]
    assert "digest sha256:" in log

    used, log, _ = shared.did(
        [
            {"uses": "actions/download-artifact", "with_": {"name": "the app", "path": "got"}},
            {"run": "cat got/app got/sub/x.txt; test -x got/app"},
            {"uses": "actions/download-artifact", "with_": {"path": "all"}},
            {"uses": "actions/download-artifact", "with_": {"pattern": "the*", "merge-multiple": "true", "path": "m"}},
            {"run": "find all m -type f | sort"},
        ],
        run_id=77,
    )
    assert used.conclusion == "success", log
    assert "app\nx\n" in log
    assert (
        "all/artifact/app\nall/artifact/sub/x.txt\nall/the app/app\nall/the app/sub/x.txt\nm/app\nm/sub/x.txt\n" in log
    )


def test_a_large_artifact_streams(shared: Stand) -> None:
    ended, log, _ = shared.did(
        [
            {"run": "head -c 60000000 /dev/urandom > big; sha256sum big > sum"},
            {"uses": "actions/upload-artifact", "with_": {"name": "big", "path": "big", "compression-level": "0"}},
            {"run": "rm big"},
            {"uses": "actions/download-artifact", "with_": {"name": "big"}},
            {"run": "sha256sum -c sum"},
        ],
        run_id=78,
    )

    assert ended.conclusion == "success", log
    assert "big: OK" in log


@pytest.mark.parametrize(
    ("manner", "conclusion", "words"),
    [
        ("warn", "success", "##[warning]No files were found"),
        ("error", "failure", "No files"),
        ("ignore", "success", ""),
    ],
)
def test_an_artifact_of_nothing(shared: Stand, manner: str, conclusion: str, words: str) -> None:
    ended, log, _ = shared.did(
        [{"uses": "actions/upload-artifact", "with_": {"path": "none/*", "if-no-files-found": manner}}]
    )

    assert ended.conclusion == conclusion
    assert words in log


@pytest.mark.parametrize("name", ["../../outside", "/tmp/absolute", "a/../../outside"])
def test_a_zip_that_leads_out_is_refused(shared: Stand, name: str) -> None:
    keep(shared, "bad", {name: b"evil", "fine": b"ok"})

    ended, log, _ = shared.did(
        [
            {"uses": "actions/download-artifact", "with_": {"name": "bad", "path": "got"}},
            {"run": "find .. /tmp -name outside -o -name absolute -o -name fine; echo looked", "condition": "always()"},
        ],
        run_id=79,
    )

    assert ended.conclusion == "failure"
    assert "leads out of its directory" in log
    assert log.rpartition("##[endgroup]\n")[2].splitlines()[0] == "looked"


def test_a_zip_with_a_link_is_refused(shared: Stand) -> None:
    link = zipfile.ZipInfo("link")
    link.external_attr = 0o120777 << 16
    keep(shared, "bad", {link: b"/etc/passwd"})

    ended, log, _ = shared.did([{"uses": "actions/download-artifact", "with_": {"name": "bad"}}], run_id=79)

    assert ended.conclusion == "failure"
    assert "holds a link" in log


def test_an_artifact_that_is_not_there(shared: Stand) -> None:
    ended, _, steps = shared.did([{"uses": "actions/download-artifact", "with_": {"name": "lost"}}], run_id=80)

    assert ended.conclusion == "failure"
    assert steps[0].why == "There is no artifact lost in this run."


def keep(shared: Stand, name: str, files: dict[str, bytes] | dict[zipfile.ZipInfo, bytes]) -> None:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as zipped:
        for entry, content in files.items():
            zipped.writestr(entry, content)
    place: Path = shared.books.path / "runs" / "79"
    place.mkdir(exist_ok=True)
    (place / name).write_bytes(data.getvalue())
