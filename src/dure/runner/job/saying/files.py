"""The files by which a step says something: what it gives to later steps, keeps for itself, and tells people."""

from collections.abc import Callable
from contextlib import suppress

from dure.kit import Refused, Text, say
from dure.runner.job.desk import Desk, Done, Said, StepFailed
from dure.runner.job.given import FILES, OURS
from dure.runner.record import read_pairs

PAIRS_BYTES_MAX = 8 << 20
SUMMARY_BYTES_MAX = 1 << 20
NEVER = ("NODE_OPTIONS",)
UNSAFE = "ACTIONS_ALLOW_UNSECURE_COMMANDS"


def heard(desk: Desk, env: dict[str, str], act: Callable[[], Done]) -> Done:
    """Does something, and heeds what it says by its files and by what it prints."""
    outer = desk.said, desk.env, desk.files
    desk.said, desk.env = Said(), env
    try:
        lay_files(desk)
        done = act()
        read_files(desk, done, desk.states.setdefault(desk.trail, {}))
        if desk.said.fault is not None and done.outcome == "success":
            return Done("failure", done.code, desk.said.fault, done.outputs)
        return done
    finally:
        with suppress(OSError):
            drop_files(desk)
        desk.said, desk.env, desk.files = outer


def lay_files(desk: Desk) -> None:
    """Fresh and empty, for the step that begins."""
    desk.files = desk.tally.next("files")
    for kind in FILES.values():
        desk.commands.put(f"{kind}_{desk.files}", b"")


def read_files(desk: Desk, done: Done, state: dict[str, str]) -> None:
    """Heeds what stands in them. Each is read, even when another one cannot be."""
    faults: list[Refused] = []
    for heed in (read_summary, read_outputs, read_env, read_paths):
        try:
            heed(desk, done)
        except Refused as fault:
            faults.append(fault)
    try:
        state |= {**desk.said.state, **dict(pairs(desk, "GITHUB_STATE"))}
    except Refused as fault:
        faults.append(fault)
    if faults:
        raise faults[0]


def drop_files(desk: Desk) -> None:
    desk.commands.drop(*(f"{kind}_{desk.files}" for kind in FILES.values()))


def written(desk: Desk, name: str, bytes_max: int = PAIRS_BYTES_MAX) -> str:
    data = desk.commands.read(f"{FILES[name]}_{desk.files}", bytes_max + 1)
    if len(data) > bytes_max:
        raise StepFailed(say("{file} has more than {size} MiB.", file=name, size=bytes_max >> 20))
    return data.decode("utf-8-sig", "replace")


def pairs(desk: Desk, name: str) -> list[tuple[str, str]]:
    return read_pairs(text, name) if (text := written(desk, name)) else []


def read_summary(desk: Desk, _: Done) -> None:
    if summary := written(desk, "GITHUB_STEP_SUMMARY", SUMMARY_BYTES_MAX).strip():
        desk.tell_people(desk.log.masked(summary)[:SUMMARY_BYTES_MAX])


def read_outputs(desk: Desk, done: Done) -> None:
    put(done.outputs, desk.said.outputs)
    put(done.outputs, dict(pairs(desk, "GITHUB_OUTPUT")))


def put(outputs: dict[str, str], fresh: dict[str, str]) -> None:
    """Names that differ only in case are one: the later value counts, under the name that was said first."""
    known = {name.lower(): name for name in outputs}
    for name, value in fresh.items():
        outputs[known.setdefault(name.lower(), name)] = value


def read_env(desk: Desk, _: Done) -> None:
    for name, value in pairs(desk, "GITHUB_ENV"):
        set_variable(desk, name, value, say("{name} cannot be set by GITHUB_ENV.", name=name))


def set_variable(desk: Desk, name: str, value: str, otherwise: Text) -> None:
    """For every later step."""
    if OURS.match(name) or (name.upper() in NEVER and not allows_unsafe(desk)):
        desk.log.tell(f"##[warning]{otherwise}")
        desk.annotate("warning", str(otherwise))
    else:
        desk.scope.env[name] = value


def allows_unsafe(desk: Desk) -> bool:
    """Whether the workflow wants what GitHub closed in 2020."""
    return {**desk.scope.env, **desk.scope.around, **desk.env}.get(UNSAFE, "").lower() == "true"


def read_paths(desk: Desk, _: Done) -> None:
    for line in written(desk, "GITHUB_PATH").split("\n"):
        if line.rstrip("\r"):
            add_path(desk, line.rstrip("\r"))


def add_path(desk: Desk, path: str) -> None:
    """Before every other, also when it is there already."""
    paths = desk.scope.paths
    if path in paths:
        paths.remove(path)
    paths.insert(0, path)
