"""What a step says to its runner by lines that it prints (command.py has their form)."""

from dure.runner.job.desk import Desk
from dure.runner.record import Command, read_command
from dure.wire import Level

LEVELS: dict[str, Level] = {"notice": "notice", "warning": "warning", "error": "error"}
NO_LONGER = ("set-env", "add-path")
OUTPUT_BYTES_MAX = 1 << 20
MASKS_MAX = 200
"""Each new one makes the search for all of them anew."""
OUTPUTS_MAX = 1000


class Remarks:
    """Heeds the commands among the lines that a job prints, and says what the log shows instead."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.silent_until: str | None = None
        self.masks = 0

    def heed(self, line: str) -> str | None:
        """What the log shows for this line; nothing when it is only meant for us."""
        command = read_command(line)
        if self.silent_until is not None:
            if command and command.name == self.silent_until:
                self.silent_until = None
                return None
            return line
        return line if command is None else self.obey(command, line)

    def obey(self, command: Command, line: str) -> str | None:
        name, value = command.name, command.value
        if name in LEVELS:
            return self.remark(LEVELS[name], command)
        if name in ("group", "endgroup"):
            return f"##[{name}]{value if name == 'group' else ''}\n"
        if name == "debug":
            return f"##[debug]{value}\n" if self.desk.scope.is_debugging else None
        if name == "add-mask":
            return self.hide(value)
        if name == "stop-commands" and value.strip():
            self.silent_until = value.strip().lower()
            return line
        if name == "set-output":
            return self.set_output(command)
        if name in NO_LONGER:
            return f"##[warning]{name} is no longer heeded: write to $GITHUB_ENV or $GITHUB_PATH.\n"
        return line

    def hide(self, value: str) -> str:
        self.masks += 1
        if self.masks > MASKS_MAX:
            return f"##[error]A job may hide {MASKS_MAX} values; this one is not hidden.\n"
        self.desk.log.hide([value])
        return "::add-mask::***\n"

    def remark(self, level: Level, command: Command) -> str:
        said = command.properties
        place: dict[str, str | int | None] = {
            "title": said.get("title"),
            "file": said.get("file"),
            "line": command.number("line"),
            "end_line": command.number("endline"),
            "column": command.number("col"),
            "end_column": command.number("endcolumn"),
        }
        self.desk.annotate(level, command.value, place)
        return f"##[{level}]{command.value}\n"

    def set_output(self, command: Command) -> str | None:
        name = command.properties.get("name", "")
        if name and len(command.value) <= OUTPUT_BYTES_MAX and len(self.desk.said_outputs) < OUTPUTS_MAX:
            self.desk.said_outputs[name] = command.value
        return "##[warning]set-output is an old way: write to $GITHUB_OUTPUT.\n"
