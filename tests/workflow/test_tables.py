"""The scripts that others run on public tables: they read tables in Go and in JSON, and say what does not agree."""

import json
from pathlib import Path

import pytest

from tests.conformance import expressions, patterns

EXPRESSIONS = """\
package exprparser

func TestOne(t *testing.T) {
	table := []struct {
		input    string
		expected interface{}
		name     string
		error    string
	}{
		// {"nothing", 1, "left out", ""},
		{"1 == 1 }}", true, "same", ""},
		{`'a"b'`, "a\\"b", "words", ""},
		{"true && NaN", math.NaN(), "nan", ""},
		{"true && Infinity", math.Inf(1), "inf", ""},
		{"0xff", 255, "hex", ""},
		{"fromJSON('{}') || 1", make(map[string]interface{}), "object", ""},
		{"fromJSON('{\\"a\\":\\"b\\"}')", map[string]interface{}{
			"a": "b",
		}, "map", ""},
		{"steps.one.outcome", "success", "context", ""},
		{"steps.two.outcome", "failure", "context", ""},
		{"needs.*.result", []interface{}{"success"}, "list", ""},
		{"1 +", nil, "broken", "some error"},
		{"1", 2, "wrong", ""},
	}

	env := &EvaluationEnvironment{
		Steps: map[string]*model.StepResult{
			"one": {Outputs: map[string]string{"name": "value"}},
			"two": {Outcome: model.StepStatusFailure},
		},
		Needs: map[string]Needs{"job": {Result: "success"}},
	}
}
"""
PATTERNS = """\
func TestMatchPattern(t *testing.T) {
	kases := []struct {
		inputs       []string
		patterns     []string
		skipResult   bool
		filterResult bool
	}{
		{
			patterns:     []string{"a/*", "!a/b"},
			inputs:       []string{"a/c"},
			skipResult:   false,
			filterResult: true,
		},
		{patterns: []string{}, inputs: []string{}, skipResult: false, filterResult: false},
		{patterns: []string{"x"}, inputs: []string{"y"}, skipResult: false, filterResult: false},
	}
}
"""


def test_a_table_of_expressions_is_read_from_go(tmp_path: Path) -> None:
    (tmp_path / "functions_test.go").write_text(EXPRESSIONS)

    score = expressions.run(tmp_path)

    assert score.passed == 11
    assert score.failures == ["TestOne wrong: 1 came to 1, wanted 2"]


def test_a_table_of_patterns_is_read_from_go_and_from_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "pattern_test.go").write_text(PATTERNS)
    rows = [
        {"patterns": ["a/*", "!a/b"], "inputs": ["a/c"], "skipResult": False, "filterResult": True},
        {"Patterns": ["x"], "Inputs": ["y"], "SkipResult": True, "FilterResult": False},
    ]
    (tmp_path / "rows.json").write_text(json.dumps(rows))

    in_go, in_json = patterns.run(tmp_path / "pattern_test.go"), patterns.run(tmp_path / "rows.json")

    assert (in_go.passed, len(in_go.failures), in_json.passed, in_json.failures) == (2, 1, 2, [])
    assert (in_go.show(), in_json.show()) == (1, 0)
    assert capsys.readouterr().out.splitlines()[-1] == "2 passed, 0 failed"
