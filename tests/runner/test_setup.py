"""Pythons and nodes as workflows want them."""

import sys
from typing import Any

import pytest

from dure.runner.programs import newest, satisfies, system_node
from dure.runner.programs.versions import VersionUnclear
from tests.runner.stand import Stand

OURS = ".".join(map(str, sys.version_info[:3]))


@pytest.mark.parametrize(
    ("wanted", "fitting", "others"),
    [
        ("3.12", [(3, 12, 0), (3, 12, 9)], [(3, 11, 9), (3, 13, 0)]),
        ("3.x", [(3, 1, 0), (3, 99, 0)], [(2, 7, 0), (4, 0, 0)]),
        ("3", [(3, 0, 0)], [(4, 0, 0)]),
        ("v20.1.2", [(20, 1, 2)], [(20, 1, 3)]),
        (">=3.9 <3.13", [(3, 9, 0), (3, 12, 99)], [(3, 8, 0), (3, 13, 0)]),
        (">=3.9,<3.13", [(3, 9, 0)], [(3, 13, 0)]),
        (">3.9", [(3, 10, 0)], [(3, 9, 5)]),
        ("<=3.9", [(3, 9, 5)], [(3, 10, 0)]),
        ("^20.1", [(20, 1, 0), (20, 9, 9)], [(20, 0, 9), (21, 0, 0)]),
        ("~20.1.2", [(20, 1, 2), (20, 1, 9)], [(20, 2, 0)]),
        ("18 || 20", [(18, 1, 0), (20, 1, 0)], [(19, 0, 0)]),
        ("3.14-dev", [(3, 14, 0)], [(3, 13, 0)]),
        ("*", [(1, 2, 3)], []),
    ],
)
def test_versions_as_they_are_written(
    wanted: str, fitting: list[tuple[int, int, int]], others: list[tuple[int, int, int]]
) -> None:
    assert all(satisfies(version, wanted) for version in fitting)
    assert not any(satisfies(version, wanted) for version in others)
    assert newest([*fitting, *others], wanted) == max(fitting)


@pytest.mark.parametrize("wanted", ["latest!", "", "three", "pypy3.10"])
def test_versions_that_say_nothing(wanted: str) -> None:
    with pytest.raises(VersionUnclear):
        satisfies((3, 12, 0), wanted)


def test_a_python_of_this_machine_becomes_an_environment(shared: Stand) -> None:
    ended, log, _ = shared.did(
        [
            {"id": "py", "uses": "actions/setup-python@v6", "with_": {"python-version": f"{OURS.rpartition('.')[0]}"}},
            {"run": "python -c 'import sys; print(sys.prefix, sys.version_info[:2])'; which python python3"},
            {"run": "echo ${{ steps.py.outputs.python-version }} $pythonLocation; python -m pip --version || true"},
            {"uses": "actions/setup-python@v6", "with_": {"python-version": "3.x"}},
        ]
    )

    assert ended.conclusion == "success", log
    where = f"/job/tools/Python/{OURS}/x64"
    assert f"{where} ({sys.version_info[0]}, {sys.version_info[1]})\n{where}/bin/python\n{where}/bin/python3\n" in log
    assert f"\n{OURS} {where}\n" in log


@pytest.mark.parametrize(
    ("uses", "inputs", "words"),
    [
        ("actions/setup-python@v6", {"python-version": "pypy3.10"}, "Only plain Pythons can be set up here"),
        ("actions/setup-python@v6", {"python-version": "snake"}, "'snake' says no version"),
        (
            "actions/setup-python@v6",
            {"python-version-file": "none"},
            "The file none that says the version is not there",
        ),
        ("actions/setup-node@v5", {"node-version-file": "../x"}, "The file ../x that says"),
    ],
)
def test_what_cannot_be_set_up(shared: Stand, uses: str, inputs: dict[str, str], words: str) -> None:
    ended, _, steps = shared.did([{"uses": uses, "with_": inputs}])

    assert ended.conclusion == "failure"
    assert words in steps[0].why


def test_a_node_of_this_machine(shared: Stand) -> None:
    own = system_node(None)
    if own is None:
        pytest.skip("there is no node on this machine")
    version = ".".join(map(str, own[1]))
    ended, log, _ = shared.did(
        [
            {"run": f'echo \'{{"engines": {{"node": ">={own[1][0]}"}}}}\' > package.json'},
            {
                "id": "node",
                "uses": "actions/setup-node@v5",
                "with_": {"node-version-file": "package.json", "registry-url": "https://npm.example.org/x"},
            },
            {"run": "node --version; echo [${{ steps.node.outputs.node-version }}]; cat $NPM_CONFIG_USERCONFIG"},
        ]
    )

    assert ended.conclusion == "success", log
    assert f"\nv{version}\n[v{version}]\n" in log
    assert "//npm.example.org/x/:_authToken=${NODE_AUTH_TOKEN}\nregistry=https://npm.example.org/x/\n" in log


def test_a_node_that_is_fetched_once_for_all_jobs(shared: Stand) -> None:
    lines = "node --version; npm --version; npm config get prefix\ntouch $(dirname $(which node))/x || echo closed"
    steps: list[dict[str, Any]] = [
        {"id": "node", "uses": "actions/setup-node@v5", "with_": {"node-version": "22.x"}},
        {"run": lines},
    ]
    ended, log, done = shared.did(steps)
    if "could not be fetched" in done[0].why:
        pytest.skip("the package index cannot be reached")

    assert ended.conclusion == "success", log
    assert "\nv22." in log
    assert "\n/job/tools/npm\n" in log
    assert "\nclosed\n" in log

    ended, log, _ = shared.did(steps)

    assert ended.conclusion == "success"
    assert "Fetching" not in log


@pytest.mark.parametrize(
    ("uses", "cache", "file", "place", "older"),
    [
        ("actions/setup-python@v6", "pip", "app/requirements.txt", ".cache/pip", True),
        ("actions/setup-node@v5", "npm", "package-lock.json", ".npm", False),
    ],
)
def test_packages_that_were_fetched_are_there_the_next_time(
    shared: Stand, uses: str, cache: str, file: str, place: str, older: bool
) -> None:
    def job(needs: str, **more: str) -> tuple[str, str]:
        ended, log, _ = shared.did(
            [
                {"run": f"mkdir -p $(dirname {file}); echo {needs} > {file}"},
                {"id": "set", "uses": uses, "with_": {"cache": cache, **more}},
                {"run": f"echo hit=${{{{ steps.set.outputs.cache-hit }}}} $(cat ~/{place}/one || echo nothing)"},
                {"run": f"mkdir -p ~/{place}; echo {needs} > ~/{place}/one"},
            ]
        )
        return ended.conclusion, log

    assert "hit=false nothing" in job("a==1")[1]
    assert "hit=true a==1" in job("a==1")[1]
    assert f"hit=false {'a==1' if older else 'nothing'}" in job("a==2")[1]
    ended, log = job("a==1", **{"cache-dependency-path": "nowhere.lock"})
    assert (ended, "There is none of nowhere.lock" in log) == ("failure", True)


def test_a_manager_that_is_not_known_is_a_warning(shared: Stand) -> None:
    ended, log, _ = shared.did([{"uses": "actions/setup-python@v6", "with_": {"cache": "poetry"}}])

    assert ended.conclusion == "success"
    assert "##[warning]cache: poetry is not known here" in log
