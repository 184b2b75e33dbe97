"""The pages of code, over HTTP, as a browser asks for them."""

import http.client
import re
from typing import cast
from urllib.parse import quote, urlsplit

import pytest

from tests.code.worktree import Worktree
from tests.parts.house import RunningHouse

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360606060000000050001a5f645400000000049454e44ae426082"
)


class Reader:
    def __init__(self, house: RunningHouse, cookie: str) -> None:
        self.house, self.cookie = house, cookie

    def ask(self, path: str, language: str = "en") -> tuple[int, http.client.HTTPMessage, bytes]:
        line = http.client.HTTPConnection(urlsplit(self.house.url).netloc, timeout=30)
        try:
            line.request("GET", quote(path, safe="/?=&%"), headers={"Cookie": self.cookie, "Accept-Language": language})
            answer = line.getresponse()
            return answer.status, answer.headers, answer.read()
        finally:
            line.close()

    def page(self, path: str, language: str = "en", status: int = 200) -> str:
        found, _, body = self.ask(path, language)
        assert found == status, f"{path}: {found}\n{body.decode(errors='replace')[-2000:]}"
        return body.decode()


@pytest.fixture
def reader(running: RunningHouse, cookie: str) -> Reader:
    return Reader(running, cookie)


FILES: dict[str, str | bytes] = {
    "README.md": "# Shop\n\n<script>alert(1)</script>\n\nHello *there*.\n",
    "src/주문.py": "def order():\n    return '<b>'\n",
    "src/deep/er/a b&c.txt": "one\ntwo\n",
    "logo.png": PNG,
    "logo.svg": "<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
    "page.html": "<script>alert(1)</script>",
    "data.bin": b"\0\1\2" * 100,
    "old.txt": "caf\xe9".encode("latin-1"),
    "long.txt": "x\n" * 300_000,
    "empty": "",
}


def test_an_empty_repository_says_how_to_push(reader: Reader, project: str, running: RunningHouse) -> None:
    page = reader.page(f"/{project}/code")
    assert f"git remote add dure {running.url}/{project}.git" in page
    assert f"dure init {project}" in page
    assert "git clone" in reader.page(f"/{project}/code/first", "ko")


def test_folders_and_files(reader: Reader, project: str, tree: Worktree) -> None:
    sha = tree.commit("Everything", FILES)
    tree.git("tag", "v1")
    tree.push("main", "main:feature/x", "v1")
    base = f"/{project}/code"

    top = reader.page(base)
    for name in FILES:
        assert name.partition("/")[0] in top
    assert "<em>there</em>" in top
    assert "<script>alert" not in top
    assert 'href="' + base + "/tree/feature/x" in top
    assert "a b&amp;c.txt" in reader.page(f"{base}/tree/feature/x/src/deep/er")
    code = reader.page(f"{base}/file/v1/src/주문.py")
    assert "&lt;b&gt;" in code
    assert 'id="L2"' in code
    assert 'id="L3"' not in code
    assert "one" in reader.page(f"{base}/file/{sha[:8]}/src/deep/er/a b%26c.txt".replace("%26", "&"))
    assert "is not text" in reader.page(f"{base}/file/main/data.bin")
    assert "café" in reader.page(f"{base}/file/main/old.txt")
    assert "too long" in reader.page(f"{base}/file/main/long.txt")
    assert "<img src=" in reader.page(f"{base}/file/main/logo.png")
    assert "0 lines" in reader.page(f"{base}/file/main/empty")
    for language in ("en", "ko"):
        for path in ("", "/tree/main/src", "/commits", "/commits/main/src", f"/commit/{sha}"):
            reader.page(base + path, language)


@pytest.mark.parametrize(
    "path",
    [
        "/tree/nothing",
        "/tree/main/nothing",
        "/tree/main/../../etc",
        "/file/main/..%2f..%2fetc/passwd",
        "/tree/HEAD",
        "/tree/main^",
        "/tree/main@{0}",
        "/tree/--output=x",
        "/commit/zzzzzzz",
        "/commit/--all",
        "/commit/0000000000000000000000000000000000000000",
        "/raw/main/src",
        "/raw/main",
        "/commits/main:a",
    ],
)
def test_what_is_not_there(reader: Reader, project: str, tree: Worktree, path: str) -> None:
    tree.commit("First", {"src/a.txt": "a"})
    tree.push("main")
    assert reader.ask(f"/{project}/code{path}")[0] == 404


def test_files_as_they_are_run_nothing(reader: Reader, project: str, tree: Worktree) -> None:
    tree.commit("Everything", FILES)
    tree.push("main")
    expected = {
        "page.html": ("text/plain; charset=utf-8", "inline"),
        "logo.svg": ("image/svg+xml", "inline"),
        "logo.png": ("image/png", "inline"),
        "data.bin": ("application/octet-stream", "attachment"),
        "src/주문.py": ("text/plain; charset=utf-8", "inline"),
    }
    for name, (kind, begins) in expected.items():
        status, headers, body = reader.ask(f"/{project}/code/raw/main/{name}")
        content = FILES[name]
        assert (status, body) == (200, content.encode() if isinstance(content, str) else content)
        assert headers["Content-Type"] == kind
        assert headers["Content-Disposition"].startswith(begins)
        assert headers["Content-Security-Policy"].endswith("sandbox")
        assert headers["X-Content-Type-Options"] == "nosniff"


def test_a_commit_shows_what_it_changed(reader: Reader, project: str, tree: Worktree) -> None:
    tree.commit("First", {"a.txt": "one\ntwo\n", "b.txt": "b\n" * 50, "c.bin": b"\0"})
    tree.git("mv", "b.txt", "moved.txt")
    (tree.folder / "c.bin").unlink()
    second = tree.commit("Second\n\nFixes #7\n\nWhy: <i>because</i>", {"a.txt": "one\n<b>2</b>\n", "d.txt": "new\n"})
    tree.push("main")

    page = reader.page(f"/{project}/code/commit/{second}")

    assert "+&lt;b&gt;2&lt;/b&gt;" in page
    assert "-two" in page
    assert "moved from b.txt" in re.sub(r"\s+", " ", page)
    assert "&lt;i&gt;because" in page
    assert f'href="/{project}/issues/7"' in page
    assert second in reader.page(f"/{project}/code/commit/{second[:9]}")


def test_a_very_large_commit_is_bounded(reader: Reader, project: str, tree: Worktree) -> None:
    files = {f"f/{number}.txt": "line\n" * 100 for number in range(1500)}
    sha = tree.commit("Large", {**files, "huge.txt": "y\n" * 50_000})
    tree.push("main")

    page = reader.page(f"/{project}/code/commit/{sha}")

    assert len(page) < 3_000_000
    assert "more files are not listed" in page
    assert "Too much has changed" in page


def test_many_commits_have_pages(reader: Reader, project: str, tree: Worktree) -> None:
    for number in range(35):
        tree.commit(f"Number {number}")
    tree.push("main")
    first = reader.page(f"/{project}/code/commits")
    assert "Number 34" in first
    assert "Number 4<" not in first
    assert "skip=30" in first
    assert "Number 4<" in reader.page(f"/{project}/code/commits/main?skip=30")


def test_the_same_for_programs(running: RunningHouse, project: str, token: str, tree: Worktree) -> None:
    base = f"/projects/{project}"
    empty = running.api("GET", f"{base}/repository", token=token, expect=200)
    assert (empty["empty"], empty["clone_url"]) == (True, f"{running.url}/{project}.git")
    assert running.api("GET", f"{base}/commits", token=token, expect=200) == {"commits": [], "next": None}
    first = tree.commit("First", {"a.txt": "one\n", "d/b.bin": b"\0"})
    second = tree.commit("Second\n\nFixes #3", {"a.txt": "two\n"})
    tree.push("main")

    whole = running.api("GET", f"{base}/repository", token=token, expect=200)
    assert whole["branches"] == [{"name": "main", "sha": second, "url": f"/{project}/code/tree/main"}]
    listed = running.api("GET", f"{base}/commits?limit=1", token=token, expect=200)
    (summary,) = cast(list[dict[str, object]], listed["commits"])
    assert (summary["sha"], listed["next"]) == (second, 1)
    detail = running.api("GET", f"{base}/commits/{second[:8]}", token=token, expect=200)
    assert (detail["sha"], detail["parents"], detail["fixes"]) == (second, [first], [3])
    assert detail["files"] == [
        {"path": "a.txt", "old_path": "a.txt", "state": "changed", "added": 1, "removed": 1, "binary": False}
    ]
    folder = running.api("GET", f"{base}/files", token=token, expect=200)
    entries = cast(list[dict[str, object]], folder["entries"])
    assert [(each["name"], each["kind"]) for each in entries] == [("d", "tree"), ("a.txt", "file")]
    assert running.api("GET", f"{base}/files?path=a.txt", token=token, expect=200)["text"] == "two\n"
    assert running.api("GET", f"{base}/files?path=d/b.bin", token=token, expect=200)["text"] is None
    running.api("GET", f"{base}/files?path=no", token=token, expect=404)
    running.api("GET", f"{base}/commits?rev=no", token=token, expect=404)
    running.api("GET", f"{base}/commits/zzzzzzzz", token=token, expect=404)
