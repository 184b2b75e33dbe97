"""Expressions: values, conditions, templates, and what is refused where."""

import string
from contextlib import suppress
from math import inf, nan

import pytest
from hypothesis import given
from hypothesis import strategies as some

from dure.workflow import (
    Contexts,
    ExpressionBroken,
    Value,
    as_flag,
    as_number,
    condition,
    evaluate,
    evaluate_text,
    interpolate,
    parse_expression,
    resolve,
    status_functions,
    text_of,
    truthy,
)

CONTEXTS: Contexts = {
    "github": {"ref": "refs/heads/main", "event": {"commits": [{"id": "a"}, {"id": "b"}, {"other": 1}]}},
    "env": {"GREETING": "hello", "COUNT": "3"},
    "matrix": {"os": "linux", "minutes": 7, "flaky": True},
}


def come_to(source: str) -> Value:
    return evaluate(parse_expression(source), CONTEXTS)


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("", None),
        ("github.ref == 'refs/heads/MAIN'", True),
        ("github.nothing.at.all", None),
        ("github.event.commits.*.id", ["a", "b"]),
        ("join(github.event.commits.*.id, '+')", "a+b"),
        ("contains(github.event.commits.*.id, 'B')", True),
        ("env.COUNT > 2", True),
        ("matrix.flaky && 'yes' || 'no'", "yes"),
        ("!matrix.flaky", False),
        ("1 < 2 == true", True),
        ("'it''s'", "it's"),
        ("toJSON(fromJSON('{\"a\":[1,2.5,null]}'))", '{\n  "a": [\n    1,\n    2.5,\n    null\n  ]\n}'),
        ("fromJSON(toJSON(github.event))", {"commits": [{"id": "a"}, {"id": "b"}, {"other": 1}]}),
        ("format('{0} {{{1}}}', 1, 'x')", "1 {x}"),
        ("case(false, 1, env.GREETING == 'hello', 2, 3)", 2),
        ("startsWith('Hello', 'HE') && endsWith('Hello', 'LO')", True),
        ("vars.nobody_gave_any", None),
    ],
)
def test_an_expression_comes_to_a_value(source: str, value: Value) -> None:
    assert come_to(source) == value


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (1, "1"),
        (1.0, "1"),
        (-0.0, "0"),
        (3.10, "3.1"),
        (0.0001, "0.0001"),
        (1e-05, "1E-05"),
        (1.5e-7, "1.5E-07"),
        (0.1 + 0.2, "0.3"),
        (1e21, "1E+21"),
        (999999999999999, "999999999999999"),
        (1e15, "1E+15"),
        (123456789012345680000, "1.23456789012346E+20"),
        (inf, "Infinity"),
        (nan, "NaN"),
    ],
)
def test_numbers_are_written_as_github_writes_them(number: float, words: str) -> None:
    assert text_of(number) == words


@pytest.mark.parametrize(
    ("source", "sentence", "position"),
    [
        ("gihtub.ref", "Unrecognized named-value: 'gihtub'", 1),
        ("1 == nope()", "Unrecognized function: 'nope'", 6),
        ("contains('a')", "Too few parameters supplied: 'contains'", 1),
        ("'open", "Unexpected symbol: ''open'", 1),
        ("a.b c", "Unrecognized named-value: 'a'", 1),
        ("1 +", "Unexpected symbol: '+'", 3),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_place(source: str, sentence: str, position: int) -> None:
    with pytest.raises(ExpressionBroken) as refusal:
        parse_expression(source)

    assert sentence in str(refusal.value)
    assert refusal.value.position == position


@pytest.mark.parametrize(
    "source",
    [
        "fromJSON('{')",
        "fromJSON('')",
        "fromJSON('NaN')",
        f"fromJSON('{'[' * 20_000}')",
        "hashFiles('**')",
        "format('{0}')",
    ],
)
def test_what_cannot_be_worked_out_is_refused(source: str) -> None:
    with pytest.raises(ExpressionBroken):
        come_to(source)


@pytest.mark.parametrize("source", ["(" * 5_000, "!" * 5_000 + "1", "github" + ".a" * 5_000, "1" + " || 1" * 3_000])
def test_length_and_depth_have_limits(source: str) -> None:
    with suppress(ExpressionBroken):
        evaluate(parse_expression(source), CONTEXTS)


def test_an_expression_cannot_fill_the_memory() -> None:
    large = "x" * 1_000_000
    doubled = f"format('{'{0}' * 100}', env.LARGE)"

    with pytest.raises(ExpressionBroken, match="memory"):
        evaluate(parse_expression(doubled), {"env": {"LARGE": large}})


@pytest.mark.parametrize(
    ("text", "when_well", "when_failed"),
    [
        (None, True, False),
        ("", True, False),
        ("1 == 1", True, False),
        ("always()", True, True),
        ("failure()", False, True),
        ("true || FAILURE()", True, True),
        ("${{ failure() }}", False, True),
        ("'failure()' != ''", True, False),
        ("matrix.flaky && ${{ false }}", True, False),
        ("${{ false }}", False, False),
    ],
)
def test_a_condition_asks_for_success_unless_it_asks_for_a_status(
    text: str | None, when_well: bool, when_failed: bool
) -> None:
    assert truthy(evaluate(condition(text), CONTEXTS, status_functions("success"))) is when_well
    assert truthy(evaluate(condition(text), CONTEXTS, status_functions("failure"))) is when_failed


def test_a_text_is_filled_in() -> None:
    assert interpolate("${{ env.GREETING }}, ${{ 'wor}}ld' }}! $ {{ }}", CONTEXTS) == "hello, wor}}ld! $ {{ }}"
    assert interpolate("plain", CONTEXTS) == "plain"
    assert resolve("${{ matrix.minutes }}", CONTEXTS) == 7
    assert resolve({"a": ["${{ matrix }}", 1]}, CONTEXTS) == {"a": [CONTEXTS["matrix"], 1]}
    assert as_number("${{ matrix.minutes }}", CONTEXTS) == 7
    assert as_number(2.5, CONTEXTS) == 2.5
    assert as_flag("${{ matrix.flaky }}", CONTEXTS) is True
    for broken in ("${{ }}", "${{ env.GREETING", "${{ 'open }}"):
        with pytest.raises(ExpressionBroken):
            interpolate(broken, CONTEXTS)
    with pytest.raises(ExpressionBroken):
        as_number("${{ env.GREETING }}", CONTEXTS)
    with pytest.raises(ExpressionBroken):
        as_flag("${{ env.GREETING }}", CONTEXTS)


def test_files_are_hashed_by_who_has_them() -> None:
    functions = status_functions("success", lambda patterns: f"hash of {len(patterns)}")

    assert evaluate(parse_expression("hashfiles('a', 'b')"), {}, functions) == "hash of 2"


signs = some.text(alphabet=string.printable + "é가😀", max_size=40)
SIGNS = "github env . * [ ] ( ) ! == < && || , 'a' 1 -1 0x1f NaN contains( format( '{0}' fromJSON( toJSON( join( case("
pieces = some.lists(some.sampled_from([*SIGNS.split(), " "]), max_size=25).map("".join)
plain_values = some.recursive(
    some.none() | some.booleans() | some.integers() | some.floats() | some.text(max_size=8),
    lambda inner: some.lists(inner, max_size=4) | some.dictionaries(some.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)


@given(signs | pieces, plain_values)
def test_an_expression_comes_to_a_value_or_is_refused_and_nothing_else(source: str, value: Value) -> None:
    with suppress(ExpressionBroken):
        text_of(evaluate(parse_expression(source), {"github": value, "env": value}))
    with suppress(ExpressionBroken):
        interpolate(f"a ${{{{ {source} }}}} b", {"github": value})
    with suppress(ExpressionBroken):
        condition(source)


@given(plain_values)
def test_a_value_goes_through_json_and_back(value: Value) -> None:
    written = evaluate(parse_expression("toJSON(github)"), {"github": value})
    again = evaluate(parse_expression("toJSON(fromJSON(github))"), {"github": written})

    assert again == written


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("github.ref", "main"),
        ("${{ github.ref }}", "main"),
        (" ${{ github.ref }}", " main"),
        ("on ${{ github.ref }} now", "on main now"),
        ("github.ref }}", "main"),
        ("format('${{ {0}', 1)", "${ 1"),
        ("success() && !failure() && always() && !cancelled()", True),
        ("mine.x", 2),
        ("case(false, 1, true, 2, 3)", 2),
        ("", None),
    ],
)
def test_the_door_takes_an_expression_with_or_without_its_signs(text: str, value: Value) -> None:
    assert evaluate_text(text, {"github": {"ref": "main"}, "mine": {"x": 2}}) == value


def test_the_door_refuses_in_a_sentence() -> None:
    with pytest.raises(ExpressionBroken, match="hashFiles cannot be used here"):
        evaluate_text("hashFiles('*')", {})
    with pytest.raises(ExpressionBroken, match="Unrecognized named-value: 'mine'"):
        evaluate_text("mine", {})
    assert evaluate_text("hashFiles('*')", {}, {"hashFiles": len}) == 1
    assert evaluate_text("failure()", {}, status_functions("failure")) is True
