"""YAML: what words mean, where they stand, and what is refused."""

import time
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as some

from dure.workflow import Value, WorkflowBroken, YamlList, YamlMap, YamlNode, YamlScalar, read_yaml


def plain(node: YamlNode) -> Value:
    if isinstance(node, YamlScalar):
        return node.value
    if isinstance(node, YamlList):
        return [plain(item) for item in node.items]
    return {key.words: plain(inner) for key, inner in node.pairs}


@pytest.mark.parametrize(
    ("words", "value"),
    [
        ("on", "on"),
        ("no", "no"),
        ("Yes", "Yes"),
        ("true", True),
        ("FALSE", False),
        ("~", None),
        ("''", ""),
        ("'1'", "1"),
        ("010", 10),
        ("0o17", 15),
        ("0x1F", 31),
        ("1_000", "1_000"),
        ("3.10", 3.1),
        ("1e3", 1000),
        (".5", 0.5),
        ("-.inf", float("-inf")),
        ("2020-01-01", "2020-01-01"),
        ("12:30:45", "12:30:45"),
        ("=", "="),
        ("!!str 1", "1"),
        ("!!int 7", 7),
        ("!!float 7", 7),
        ("9" * 400, "9" * 400),
    ],
)
def test_a_word_means_what_yaml_1_2_says(words: str, value: Value) -> None:
    assert plain(read_yaml(f"key: {words}")) == {"key": value}


def test_every_node_knows_its_place() -> None:
    top = read_yaml("on: push\njobs:\n  가: [1, two]\n")

    assert isinstance(top, YamlMap)
    key, jobs = top.pairs[1]
    assert (key.line, key.column) == (2, 1)
    assert isinstance(jobs, YamlMap)
    name, listed = jobs.pairs[0]
    assert (name.line, name.column, name.words) == (3, 3, "가")
    assert isinstance(listed, YamlList)
    assert [(item.line, item.column) for item in listed.items] == [(3, 7), (3, 10)]


def test_an_alias_stands_for_what_it_names() -> None:
    assert plain(read_yaml("a: &x [1]\nb: *x\n")) == {"a": [1], "b": [1]}


@pytest.mark.parametrize(
    ("source", "line", "column", "words"),
    [
        ("a: 1\nA: 2\n", 2, 1, "already defined"),
        ("a:\n\tb: 1\n", 2, 1, "not YAML"),
        ("a: 'open\n", 2, 1, "not YAML"),
        ("a: *gone\n", 1, 4, "marked &gone"),
        ("a: &a [*a]\n", 1, 8, "marked &a"),
        ("a: {}\n<<: {}\n", 2, 1, "merge key"),
        ("? [a]\n: 1\n", 1, 3, "must be a word"),
        ("a: !!int x\n", 1, 4, "not of the type int"),
        ("a: !python/object x\n", 1, 4, "not supported"),
        ("a: 1\n---\nb: 1\n", 2, 1, "second document"),
        ("a: 1\nb: \x00\n", 2, 4, "cannot stand"),
        ("a: \ud800\n", 1, 4, "cannot stand"),
        ("x" * 600_000, 1, 1, "larger"),
        ("[" * 100_000, 1, 51, "nested"),
        ("a: " + "{a: " * 100_000, 1, 197, "nested"),
        ("[" + "a," * 120_000 + "]", 1, 200_000, "more than"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_place(source: str, line: int, column: int, words: str) -> None:
    with pytest.raises(WorkflowBroken) as refusal:
        read_yaml(source, "a.yml")

    mistake = refusal.value.mistakes[0]
    assert words in str(mistake.text)
    assert (mistake.line, mistake.column) == (line, column)
    assert str(refusal.value).startswith(f"a.yml, line {line}, column {column}: ")


def test_a_billion_laughs_are_not_laughed() -> None:
    lines = ["a0: &a0 [ha]"] + [f"a{at}: &a{at} [{', '.join([f'*a{at - 1}'] * 9)}]" for at in range(1, 10)]
    began = time.process_time()

    with pytest.raises(WorkflowBroken, match="more than"):
        read_yaml("\n".join(lines))
    assert time.process_time() - began < 5


def test_aliases_do_not_nest_past_the_limit() -> None:
    lines = ["a0: &a0 [ha]"] + [f"a{at}: &a{at} [*a{at - 1}]" for at in range(1, 60)]

    with pytest.raises(WorkflowBroken, match="nested"):
        read_yaml("\n".join(lines))


@given(some.text(max_size=60) | some.text(alphabet="ab:-[]{}&*!|>'\"# \n\t,?%@`~<0.", max_size=60))
def test_a_source_is_read_or_refused_and_nothing_else(source: str) -> None:
    with suppress(WorkflowBroken):
        read_yaml(source)
