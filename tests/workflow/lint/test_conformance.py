"""actionlint's public cases, where its source lies among the modules of Go."""

import re
import subprocess
from pathlib import Path

import pytest

from tests.conformance.lint import outcomes


def cases() -> Path | None:
    """The folder with the cases of the newest actionlint that Go has fetched."""
    try:
        asked = subprocess.run(["go", "env", "GOMODCACHE"], capture_output=True, text=True, timeout=30, check=False)
        modules = Path(asked.stdout.strip())
    except OSError:
        modules = Path.home() / "go" / "pkg" / "mod"
    found = sorted((modules / "github.com" / "rhysd").glob("actionlint@*/testdata"), key=version)
    return found[-1] if found else None


def version(folder: Path) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", folder.parent.name))


CASES = cases()
OURS = {
    "err/github_script_untrusted_input.yaml": "the line inside of the block is told, not that of the block",
    "err/if_cond_constants.yaml": "shellcheck finds a fault that the case, made without it, does not list",
    "err/undefined_anchor.yaml": "the line of the alias is told, not line 0",
    "examples/dangling_alias.yaml": "the line of the alias is told, not line 0",
    "projects/paths_config": "it silences findings by actionlint's own words, and ours are others",
}
"""Where we say more, or say it in a better place."""


@pytest.mark.skipif(CASES is None, reason="no source of actionlint lies in Go's module cache")
def test_the_findings_are_those_of_actionlint() -> None:
    assert CASES is not None
    done = list(outcomes(CASES))

    assert len(done) > 200
    assert {one.name: (one.missed, one.extra) for one in done if not one.passed and one.name not in OURS} == {}
