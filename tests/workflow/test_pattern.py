"""Patterns for branches, tags and paths, as GitHub documents them."""

import time
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as some

from dure.workflow.pattern import PatternBroken, chosen, ignored, read_pattern

ROWS = [
    # the patterns, the names, taken by `branches`/`paths`, all ignored by `branches-ignore`/`paths-ignore`
    ("*", "path/with/slash", False, False),
    ("path/a path/b path/c", "meta path/b otherfile", True, False),
    ("path/a path/b path/c", "path/b", True, True),
    ("path/a path/b path/c", "path/c path/b", True, True),
    ("path/a path/b path/c", "path/c path/b path/a", True, True),
    ("path/a path/b path/c", "path/c path/b path/d path/a", True, False),
    ("\\!file", "!file", True, True),
    ("escape\\\\backslash", "escape\\backslash", True, True),
    (".yml", "fyml", False, False),
    ("feature/*", "feature/my-branch", True, True),
    ("feature/*", "feature/your-branch", True, True),
    ("feature/**", "feature/beta-a/my-branch", True, True),
    ("feature/**", "feature/mona/the/octocat", True, True),
    ("main releases/mona-the-octocat", "main", True, True),
    ("main releases/mona-the-octocat", "releases/mona-the-octocat", True, True),
    ("*", "main", True, True),
    ("*", "releases", True, True),
    ("**", "all/the/branches", True, True),
    ("**", "every/tag", True, True),
    ("*feature", "mona-feature", True, True),
    ("*feature", "feature", True, True),
    ("*feature", "ver-10-feature", True, True),
    ("v2*", "v2", True, True),
    ("v2*", "v2.0", True, True),
    ("v2*", "v2.9", True, True),
    ("v[12].[0-9]+.[0-9]+", "v1.10.1", True, True),
    ("v[12].[0-9]+.[0-9]+", "v2.0.0", True, True),
    ("v[12].[0-9]+.[0-9]+", "v3.0.0", False, False),
    ("*", "README.md", True, True),
    ("*", "server.rb", True, True),
    ("*.jsx?", "page.js", True, True),
    ("*.jsx?", "page.jsx", True, True),
    ("**", "all/the/files.md", True, True),
    ("*.js", "app.js", True, True),
    ("*.js", "index.js", True, True),
    ("*.js", "js/index.js", False, False),
    ("**.js", "index.js", True, True),
    ("**.js", "js/index.js", True, True),
    ("**.js", "src/js/app.js", True, True),
    ("docs/*", "docs/README.md", True, True),
    ("docs/*", "docs/file.txt", True, True),
    ("docs/*", "docs/mona/file.txt", False, False),
    ("docs/**", "docs/README.md", True, True),
    ("docs/**", "docs/mona/octocat.txt", True, True),
    ("docs/**/*.md", "docs/README.md", True, True),
    ("docs/**/*.md", "docs/mona/hello-world.md", True, True),
    ("docs/**/*.md", "docs/a/markdown/file.md", True, True),
    ("**/docs/**", "docs/hello.md", True, True),
    ("**/docs/**", "dir/docs/my-file.txt", True, True),
    ("**/docs/**", "space/docs/plan/space.doc", True, True),
    ("**/docs/**", "mydocs/plan.doc", False, False),
    ("**/README.md", "README.md", True, True),
    ("**/README.md", "js/README.md", True, True),
    ("**/README.md", "jsREADME.md", False, False),
    ("**/*src/**", "a/src/app.js", True, True),
    ("**/*src/**", "my-src/code/js/app.js", True, True),
    ("**/*-post.md", "my-post.md", True, True),
    ("**/*-post.md", "path/their-post.md", True, True),
    ("**/migrate-*.sql", "migrate-10909.sql", True, True),
    ("**/migrate-*.sql", "db/migrate-v1.0.sql", True, True),
    ("**/migrate-*.sql", "db/sept/migrate-v1.sql", True, True),
    ("*.md !README.md", "hello.md", True, True),
    ("*.md !README.md", "README.md", False, True),
    ("*.md !README.md", "docs/hello.md", False, True),
    ("*.md !README.md README*", "hello.md", True, True),
    ("*.md !README.md README*", "README.md", True, True),
    ("*.md !README.md README*", "README.doc", True, True),
    ("Main", "main", False, False),
]


@pytest.mark.parametrize(("patterns", "names", "taken", "all_ignored"), ROWS)
def test_a_list_takes_what_github_documents(patterns: str, names: str, taken: bool, all_ignored: bool) -> None:
    assert any(chosen(patterns.split(), name) for name in names.split()) is taken
    assert all(ignored(patterns.split(), name) for name in names.split()) is all_ignored


@pytest.mark.parametrize("words", ["", "!", "+a", "a*?", "c++", "[", "[]", "[z-a]", "a\\"])
def test_a_pattern_that_cannot_be_read_is_refused(words: str) -> None:
    with pytest.raises(PatternBroken):
        read_pattern(words)


def test_no_pattern_is_slow() -> None:
    pattern = read_pattern("*a" * 200 + "**" + "a+" * 100)
    began = time.process_time()

    assert not pattern.matches("a" * 2_000 + "b")
    assert time.process_time() - began < 10


@given(some.text(max_size=30), some.text(max_size=30))
def test_a_pattern_matches_or_is_refused_and_nothing_else(words: str, name: str) -> None:
    with suppress(PatternBroken):
        read_pattern(words).matches(name)


@given(some.text(min_size=1, max_size=20).filter(lambda name: not name.startswith("!")))
def test_a_name_with_its_special_signs_taken_as_they_are_matches_itself(name: str) -> None:
    escaped = "".join(f"\\{sign}" if sign in "*?+[]\\" else sign for sign in name)

    assert read_pattern(escaped).matches(name)
