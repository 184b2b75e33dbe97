"""What a laptop says of its files when it asks a house for work that was done: real git, and what lies on the disk."""

import os
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from dure.cli import Client
from dure.kit import Missing, Refused
from dure.local.asking import Asked
from dure.local.doing import Artifacts, Sharing
from dure.local.doing.leaving import digest_of
from dure.local.doing.sharing import is_same_there
from dure.local.ground import CHANGED, GitSaysNo, Ground, Sources, ground_at, hashes_of
from dure.wire import KeptResult
from tests.local.conftest import Folder


def here(folder: Folder) -> dict[str, str]:
    return hashes_of(ground_at(folder.path))


def test_what_lies_there_counts_as_though_it_were_committed(folder: Folder) -> None:
    folder.write("a", "one")
    folder.write("gone", "one")
    folder.commit()
    folder.write("a", "two")
    folder.write("b", "three")
    (folder.path / "gone").unlink()

    found = here(folder)

    folder.commit()
    assert found == here(folder)
    assert set(found) == {"a", "b"}


@pytest.mark.parametrize("flag", ["--assume-unchanged", "--skip-worktree"])
def test_a_file_that_git_does_not_look_at_is_what_lies_there(folder: Folder, flag: str) -> None:
    folder.write("a", "one")
    folder.write("away", "one")
    folder.commit()
    before = here(folder)
    folder.git("update-index", flag, "a", "away")
    assert here(folder) == before

    folder.write("a", "two")
    (folder.path / "away").unlink()
    found = here(folder)

    assert found["a"] == f"100644 {folder.git('hash-object', 'a').strip()}" != before["a"]
    assert found["away"].endswith(CHANGED)


@pytest.mark.parametrize("is_committed", [False, True])
def test_a_repository_inside_is_the_same_nowhere_else(folder: Folder, is_committed: bool) -> None:
    folder.write("a", "one")
    folder.commit()
    inner = Folder(folder.path / "src/lib", folder.cache)
    inner.write("b", "two")
    inner.commit()
    if is_committed:
        folder.commit()
    folder.write("src/lib/deep/c", "three")

    found = here(folder)

    unknown = {path for path, known in found.items() if known.endswith(CHANGED)}
    assert unknown == {"src/lib", "src/lib/b", "src/lib/deep/c"}
    assert set(found) - unknown == {"a"}


def test_a_file_that_cannot_be_hashed_is_said_in_words(folder: Folder) -> None:
    folder.write(".gitattributes", "a filter=gone")
    folder.commit()
    folder.git("config", "filter.gone.clean", "false")
    folder.git("config", "filter.gone.required", "true")
    folder.write("a", "one")
    with pytest.raises(GitSaysNo, match="hash-object"):
        here(folder)


def test_a_house_calls_a_file_otherwise_whose_name_is_no_text(folder: Folder) -> None:
    for name in ("café".encode(), b"caf\xe9"):
        folder.write(os.fsdecode(name), "one")
    folder.commit()
    same = [os.fsencode(path) for path, known in here(folder).items() if is_same_there(path, known)]
    assert same == ["café".encode()]


@pytest.mark.parametrize(("second", "no"), [("", Missing), ("é", Refused)])
def test_artifacts_are_taken_over_together_or_not_at_all(tmp_path: Path, second: str, no: type[Exception]) -> None:
    served = tmp_path / "served/api/v1/result/artifacts"
    served.mkdir(parents=True)
    for name in filter(None, ("made", second)):
        (served / name).write_text("12345")
    digest = digest_of(served / "made")
    artifacts = Artifacts(tmp_path / "work/files", tmp_path / "work/cards")
    (tmp_path / "work").mkdir()
    sharing = Sharing(Ground(tmp_path), Asked(tmp_path), Sources({}, None, ()), artifacts, print)
    with ThreadingHTTPServer(
        ("127.0.0.1", 0), partial(SimpleHTTPRequestHandler, directory=tmp_path / "served")
    ) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        client = Client(f"http://127.0.0.1:{server.server_port}")
        one = KeptResult(run=1, outputs={}, artifacts={"made": digest})
        both = KeptResult(run=1, outputs={}, artifacts={"made": digest, second or "more": digest})
        with pytest.raises(no):
            sharing.fetch(client, "/result", both, 1)
        assert (artifacts.all(), [file for file in artifacts.files.rglob("*") if file.is_file()]) == ([], [])
        sharing.fetch(client, "/result", one, 1)
        server.shutdown()
    assert [card.name for card in artifacts.of_job(1)] == ["made"]
