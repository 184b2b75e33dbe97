"""actions/setup-python: the Python that a workflow wants, as an environment of its own that the job may change."""

from collections.abc import Mapping

from dure.kit import say
from dure.runner.job.actions.own.packages import keep_packages
from dure.runner.job.actions.own.setup_node import from_file
from dure.runner.job.desk import Desk, StepFailed
from dure.runner.job.saying import add_path
from dure.runner.programs import NoPython, Python, fetch_python, pythons_here, satisfies

USUAL = ".python-version"
OTHERS = ("pypy", "graalpy")


def setup_python(desk: Desk, inputs: Mapping[str, str], environment: Mapping[str, str]) -> dict[str, str]:
    given = inputs.get("python-version", "")
    if not given and (file := inputs.get("python-version-file", "")):
        given = from_file(desk, file)
    wanted = [line.strip() for line in given.splitlines() if line.strip()] or [">=3.9"]
    outputs: dict[str, str] = {}
    for version in wanted:
        outputs |= one(desk, version, inputs, environment)
    about = f"setup-python-{outputs['python-version']}"
    return {**outputs, "cache-hit": keep_packages(desk, inputs, environment, about)}


def one(desk: Desk, wanted: str, inputs: Mapping[str, str], environment: Mapping[str, str]) -> dict[str, str]:
    if wanted.lower().startswith(OTHERS) or wanted.endswith("t"):
        raise StepFailed(say("Only plain Pythons can be set up here, not {version}.", version=wanted))
    python = had(desk, wanted)
    version = ".".join(map(str, python.version))
    arch = inputs.get("architecture") or str(desk.scope.runner()["arch"]).lower()
    place = f"{desk.scope.room}/tools/Python/{version}/{arch}"
    make(desk, inside(desk, python), place, environment)
    if inputs.get("update-environment", "true") != "false":
        for name in ("pythonLocation", "Python_ROOT_DIR", "Python2_ROOT_DIR", "Python3_ROOT_DIR"):
            desk.scope.env[name] = place
        desk.scope.env["PKG_CONFIG_PATH"] = f"{place}/lib/pkgconfig"
        add_path(desk, f"{place}/bin")
    desk.log.tell(f"Python {version} from {python.program}")
    return {"python-version": version, "python-path": f"{place}/bin/python"}


def had(desk: Desk, wanted: str) -> Python:
    view = desk.cell.view
    fitting = [one for one in pythons_here(view.python, view.programs) if satisfies(one.version, wanted)]
    if fitting:
        return max(fitting, key=lambda one: one.version)
    programs = view.programs
    if programs is None:
        raise NoPython(say("This machine has no Python {version}.", version=wanted))
    desk.log.tell(f"Fetching Python {wanted}")
    return desk.meanwhile(lambda: fetch_python(programs, wanted))


def inside(desk: Desk, python: Python) -> str:
    """Where the job finds it."""
    programs = desk.cell.view.programs
    if python.is_managed and programs is not None:
        return f"{desk.cell.programs}/{python.program.relative_to(programs)}"
    return str(python.program)


def make(desk: Desk, python: str, place: str, environment: Mapping[str, str]) -> None:
    """An environment, with pip where the Python brings it."""
    script = f'test -e "{place}.complete" || {{ "{python}" -m venv "{place}" || '
    script += f'"{python}" -m venv --clear --without-pip "{place}"; }} && touch "{place}.complete"'
    if desk.run(["sh", "-c", script], environment, desk.scope.room) != 0:
        raise StepFailed(say("The Python could not be set up; the reason stands above."))
