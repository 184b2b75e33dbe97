"""`dure lint`, said in a process of its own."""

import json
import resource
import shutil
import time
from pathlib import Path

import pytest

from tests.parts.house import Ended, dure

GOOD = "on: push\njobs:\n  one:\n    runs-on: ubuntu-latest\n    steps:\n      - run: echo\n"
BAD = GOOD.replace("runs-on", "runs-no")


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / ".github" / "workflows"
    folder.mkdir(parents=True)
    (folder / "good.yml").write_text(GOOD, encoding="utf-8")
    return tmp_path


def lint(*words: str | Path, typed: str = "", language: str = "en") -> Ended:
    return dure("lint", *map(str, words), typed=typed, environment={"DURE_LANGUAGE": language})


def test_a_clean_file_ends_well_and_says_nothing(repository: Path) -> None:
    done = lint(repository / ".github/workflows/good.yml")
    assert (done.code, done.out, done.err) == (0, "", "")


def test_findings_are_lines_and_the_ending_says_so(repository: Path) -> None:
    path = repository / ".github/workflows/bad.yml"
    path.write_text(BAD, encoding="utf-8")
    done = lint(path)
    assert done.code == 1
    assert done.out.splitlines() == [
        f"{path}:3:3: `runs-on:` is missing here. [syntax-check]",
        f"{path}:4:5: The key `runs-no` is unknown here. Did you mean `runs-on`? [syntax-check]",
    ]


def test_it_speaks_korean(repository: Path) -> None:
    path = repository / "bad.yml"
    path.write_text(BAD, encoding="utf-8")
    assert "여기에 `runs-on:`이(가) 없어요." in lint(path, language="ko").out


def test_programs_get_json(repository: Path) -> None:
    path = repository / "bad.yml"
    path.write_text(BAD, encoding="utf-8")
    done = lint(path, "--json")
    assert done.code == 1
    assert json.loads(done.out)[0] == {
        "path": str(path),
        "line": 3,
        "column": 3,
        "rule": "syntax-check",
        "message": "`runs-on:` is missing here.",
    }


def test_a_folder_stands_for_all_in_it(repository: Path) -> None:
    (repository / ".dure/workflows").mkdir(parents=True)
    (repository / ".dure/workflows/bad.yaml").write_text(BAD, encoding="utf-8")
    action = repository / ".github/actions/one/action.yml"
    action.parent.mkdir(parents=True)
    action.write_text("name: a\nruns: {using: composite, steps: []}\n", encoding="utf-8")
    done = lint(repository)
    assert done.code == 1
    assert {line.partition(":")[0].removeprefix(f"{repository}/") for line in done.out.splitlines()} == {
        ".dure/workflows/bad.yaml",
        ".github/actions/one/action.yml",
    }


def test_what_cannot_be_read_is_told_beside_the_rest(repository: Path) -> None:
    (repository / "bad.yml").write_text(BAD, encoding="utf-8")
    (repository / "binary.yml").write_bytes(b"\xff\xfe\x00")
    done = lint(repository / "gone.yml", repository / "binary.yml", repository / "bad.yml")
    assert done.code == 2
    assert len(done.out.splitlines()) == 2
    assert "gone.yml cannot be read: No such file or directory." in done.err
    assert "binary.yml is no text in UTF-8." in done.err


def test_the_standard_input_is_read_as_the_file_it_will_be(repository: Path) -> None:
    text = "on: push\njobs:\n  one:\n    uses: ./.github/workflows/good.yml\n"
    name = repository / ".github/workflows/new.yml"
    done = lint("-", "--stdin-name", name, typed=text)
    assert done.code == 1
    assert done.out.startswith(f"{name}:4:11: .github/workflows/good.yml is not made to be called")


def test_an_action_is_known_by_its_name_or_its_keys(tmp_path: Path) -> None:
    for name in ("action.yml", "other.yml"):
        (tmp_path / name).write_text("name: a\nruns: {using: node24, main: index.js}\n", encoding="utf-8")
        assert lint(tmp_path / name).out.splitlines() == [
            f"{tmp_path / name}:1:1: An action needs a `description:`. [action]",
            f"{tmp_path / name}:2:29: There is no file `index.js` in the folder of the action. [action]",
        ]


@pytest.mark.skipif(shutil.which("shellcheck") is None, reason="shellcheck is not installed")
def test_scripts_are_given_to_shellcheck(tmp_path: Path) -> None:
    text = GOOD.replace(
        "run: echo", "run: |\n          echo ok\n          echo $HOME ${{ github.sha }}\n          cd a"
    )
    (tmp_path / "w.yml").write_text(text, encoding="utf-8")
    done = lint(tmp_path / "w.yml")
    assert done.out.splitlines() == [
        (
            f"{tmp_path / 'w.yml'}:6:9: Line 8: SC2086 (info): Double quote to prevent globbing and word splitting."
            " [shellcheck]"
        )
    ]
    assert lint(tmp_path / "w.yml", "--no-scripts").code == 0


def test_scripts_in_python_are_looked_at(tmp_path: Path) -> None:
    (tmp_path / "w.yml").write_text(GOOD.replace("run: echo", "run: print(a)\n        shell: python"), encoding="utf-8")
    assert lint(tmp_path / "w.yml").out.endswith(":6:9: Nothing in the script is called `a`. [pyflakes]\n")


def test_beginnings_without_an_end_take_no_time(tmp_path: Path) -> None:
    text = "# " + "${{" * 150_000
    (tmp_path / "w.yml").write_text(GOOD.replace("run: echo", f"run: '{text}'\n        shell: python"), "utf-8")
    began = time.process_time() + resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    assert "The expression is not closed" in lint(tmp_path / "w.yml").out
    assert time.process_time() + resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - began < 5


def test_the_configuration_of_the_repository_is_heeded(repository: Path) -> None:
    path = repository / ".github/workflows/gpu.yml"
    path.write_text(GOOD.replace("ubuntu-latest", "gpu"), encoding="utf-8")
    assert lint(path).code == 1
    config = repository / ".github/actionlint.yaml"
    config.write_text("self-hosted-runner:\n  labels: [gpu]\n", encoding="utf-8")
    assert lint(path).code == 0
    config.write_text("self-hosted-runner: {labels: gpu}\n", encoding="utf-8")
    assert lint(path).code == 2


def test_a_folder_without_workflows_is_told(tmp_path: Path) -> None:
    done = lint(tmp_path)
    assert done.code == 2
    assert "There is no workflow in" in done.err


def test_of_a_whole_repository_the_actions_that_are_used_are_looked_at(repository: Path) -> None:
    action = repository / "tools/act/action.yml"
    action.parent.mkdir(parents=True)
    action.write_text(
        "name: a\ndescription: b\nruns:\n  using: composite\n  steps:\n    - run: echo\n", encoding="utf-8"
    )
    path = repository / ".github/workflows/good.yml"
    path.write_text(GOOD.replace("run: echo", "uses: ./tools/act"), encoding="utf-8")
    assert lint(path).out == ""
    assert lint(repository).out.startswith(f"{action}:6:7: In an action every script says its `shell:`.")
