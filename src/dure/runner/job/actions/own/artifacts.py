"""actions/upload-artifact and actions/download-artifact: files that one job hands to others, and to people.

A script inside makes and reads the zips, with no more rights than the job has; the runner carries them.
"""

import json
import re
from collections.abc import Mapping
from fnmatch import fnmatchcase

from dure.kit import say
from dure.runner.job.actions.own.checkout import within
from dure.runner.job.desk import Desk, StepFailed
from dure.runner.place import Want
from dure.wire import ARTIFACT_NAME_PATTERN

NAME = re.compile(ARTIFACT_NAME_PATTERN)
NAME_CHARACTERS_MAX = 200
ZIP = "application/zip"
NOTHING_FOUND = 66
"""What the packing script ends with when no file was found."""
REPORT_BYTES_MAX = 1 << 20


def upload(desk: Desk, inputs: Mapping[str, str], environment: Mapping[str, str]) -> dict[str, str]:
    name = inputs.get("name") or "artifact"
    check_name(name)
    zipped, level = f"artifact_{desk.tally.next('artifacts')}.zip", inputs.get("compression-level", "6")
    argv = desk.script(
        "pack",
        f"{desk.scope.room}/handed/{zipped}",
        level if level in "0123456789" and len(level) == 1 else "6",
        "hidden" if inputs.get("include-hidden-files") == "true" else "plain",
        *(line.strip() for line in inputs.get("path", "").splitlines() if line.strip()),
    )
    code = desk.run(argv, environment, desk.scope.workspace)
    if code == NOTHING_FOUND:
        return nothing(desk, inputs)
    if code != 0 or not desk.handed.take_out(zipped, desk.shelf / zipped):
        raise StepFailed(say("The files could not be packed; the reason stands above."))
    said = desk.answered(Want(what="send_artifact", name=name, file=zipped, days=days_in(inputs)))
    desk.log.tell(f"The artifact {name} is in the house ({said.digest}).")
    return {"artifact-id": str(said.number), "artifact-digest": said.digest}


def check_name(name: str) -> None:
    if not NAME.match(name) or len(name) > NAME_CHARACTERS_MAX:
        raise StepFailed(say("{name} cannot be the name of an artifact.", name=name))


def days_in(inputs: Mapping[str, str]) -> int | None:
    """`retention-days`; 0 is what GitHub has for: as long as usual."""
    said = inputs.get("retention-days", "")
    if said in ("", "0"):
        return None
    if not said.isascii() or not said.isdigit() or len(said) > 5:
        raise StepFailed(say("retention-days {days} is not a number of days.", days=said))
    return int(said)


def nothing(desk: Desk, inputs: Mapping[str, str]) -> dict[str, str]:
    words = say("No files were found at {path}.", path=" ".join(inputs.get("path", "").split()))
    manner = inputs.get("if-no-files-found", "warn")
    if manner == "error":
        raise StepFailed(words)
    if manner != "ignore":
        desk.log.tell(f"##[warning]{words}")
        desk.annotate("warning", str(words))
    return {}


def download(desk: Desk, inputs: Mapping[str, str], environment: Mapping[str, str]) -> dict[str, str]:
    target = inputs.get("path", "")
    place = target if target.startswith("/") else within(desk.scope.workspace, target)
    if name := inputs.get("name"):
        fetch(desk, name, place, environment)
        return {"download-path": place}
    pattern = inputs.get("pattern") or "*"
    names = [name for name in desk.answered(Want(what="list_artifacts")).names if fnmatchcase(name, pattern)]
    for name in names:
        fetch(desk, name, place if inputs.get("merge-multiple") == "true" else f"{place}/{name}", environment)
    desk.log.tell(f"Artifacts taken: {json.dumps(names)}")
    return {"download-path": place}


def fetch(desk: Desk, name: str, place: str, environment: Mapping[str, str]) -> None:
    check_name(name)
    file = f"fetched_{desk.tally.next('fetched')}.zip"
    kind = desk.answered(Want(what="fetch_artifact", name=name, file=file)).kind
    desk.handed.put_in(desk.shelf / file, file)
    fetched = f"{desk.scope.room}/handed/{file}"
    try:
        if kind not in ("", ZIP):
            # One file as it is: upload-artifact with `archive: false`.
            argv = ["install", "-D", "-m", "644", "--no-target-directory", fetched, f"{place}/{name}"]
        else:
            argv = desk.script("unpack", fetched, place)
        if desk.run(argv, environment, desk.scope.workspace) != 0:
            raise StepFailed(say("The artifact {name} could not be unpacked; the reason stands above.", name=name))
    finally:
        desk.handed.drop(file)
