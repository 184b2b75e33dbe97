"""What a step says to its runner by lines that it prints (command.py has their form)."""

from collections.abc import Callable

from dure.kit import Text, say
from dure.runner.job.desk import Desk
from dure.runner.job.saying.files import add_path, allows_unsafe, set_variable
from dure.runner.job.saying.matching import Matching
from dure.runner.record import Command, read_command
from dure.wire import Level

LEVELS: dict[str, Level] = {"notice": "notice", "warning": "warning", "error": "error"}
OUTPUT_BYTES_MAX = 1 << 20
MASKS_MAX = 200
"""Each new one makes the search for all of them anew."""
OUTPUTS_MAX = 1000
UNSAFE_TOKENS = "ACTIONS_ALLOW_UNSECURE_STOPCOMMAND_TOKENS"


class Remarks:
    """Heeds the commands among the lines that a job prints, and says what the log shows instead."""

    def __init__(self, desk: Desk, matching: Matching | None = None) -> None:
        self.desk = desk
        self.matching = matching
        self.silent_until: str | None = None
        self.said_by = 0
        self.echoes = False
        self.masks = 0
        self.acts: dict[str, Callable[[Command], str | None]] = {
            "notice": self.remark,
            "warning": self.remark,
            "error": self.remark,
            "group": lambda command: f"##[group]{command.value}\n",
            "endgroup": lambda _: "##[endgroup]\n",
            "debug": lambda command: f"##[debug]{command.value}\n" if desk.scope.is_debugging else None,
            "add-mask": self.hide,
            "echo": self.echo,
            "set-output": self.set_output,
            "save-state": self.save_state,
            "set-env": self.set_env,
            "add-path": self.add_path,
            "add-matcher": self.add_matcher,
            "remove-matcher": self.remove_matcher,
        }

    def heed(self, line: str) -> str | None:
        """What the log shows for this line; nothing when it is only meant for us."""
        command = read_command(line)
        if self.desk.files != self.said_by:
            # Another program speaks now; what the one before asked for was for itself.
            self.said_by, self.silent_until, self.echoes = self.desk.files, None, False
        if self.silent_until is not None:
            if command and command.name == self.silent_until:
                self.silent_until = None
            return line
        if command is None:
            return line
        if command.name == "stop-commands":
            return self.stop(command, line)
        act = self.acts.get(command.name)
        if act is None:
            return line
        shown = act(command)
        return line + (shown or "") if self.echoes and command.name in ECHOED else shown

    def stop(self, command: Command, line: str) -> str:
        token = command.value.strip().lower()
        allowed = {**self.desk.scope.env, **self.desk.env}.get(UNSAFE_TOKENS, "").lower() == "true"
        if not token or ((token in self.acts or token in ("stop-commands", "pause-logging")) and not allowed):
            return self.fail(say("stop-commands needs a word of its own that begins them again, such as a random one."))
        self.silent_until = token
        return line

    def fail(self, why: Text) -> str:
        """A step that says something wrongly has failed, however it ends."""
        self.desk.said.fault = self.desk.said.fault or why
        self.desk.annotate("error", str(why))
        return f"##[error]{why}\n"

    def warn(self, why: str) -> str:
        self.desk.annotate("warning", why)
        return f"##[warning]{why}\n"

    def hide(self, command: Command) -> str | None:
        if not command.value.strip():
            return self.warn(str(say("add-mask hides nothing, because it is empty.")))
        self.masks += 1
        if self.masks > MASKS_MAX:
            return f"##[error]A job may hide {MASKS_MAX} values; this one is not hidden.\n"
        self.desk.log.hide_everywhere([command.value])
        return "::add-mask::***\n"

    def remark(self, command: Command) -> str:
        said, level = command.properties, LEVELS[command.name]
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

    def echo(self, command: Command) -> str | None:
        word = command.value.strip().lower()
        if word not in ("on", "off"):
            return self.fail(say("echo is on or off, and not '{word}'.", word=command.value))
        self.echoes = word == "on"
        return None

    def set_output(self, command: Command) -> str | None:
        return self.keep(command, self.desk.said.outputs, "GITHUB_OUTPUT")

    def save_state(self, command: Command) -> str | None:
        return self.keep(command, self.desk.said.state, "GITHUB_STATE")

    def keep(self, command: Command, kept: dict[str, str], better: str) -> str | None:
        name = command.properties.get("name", "")
        if not name:
            return self.fail(say("{command} needs a name.", command=command.name))
        if len(command.value) <= OUTPUT_BYTES_MAX and len(kept) < OUTPUTS_MAX:
            kept[name] = command.value
        return f"##[warning]{command.name} is an old way: write to ${better}.\n"

    def set_env(self, command: Command) -> str | None:
        if (shown := self.refused(command)) is not None:
            return shown
        name = command.properties.get("name", "")
        if not name:
            return self.fail(say("{command} needs a name.", command=command.name))
        set_variable(self.desk, name, command.value, say("{name} cannot be set by set-env.", name=name))
        return None

    def add_path(self, command: Command) -> str | None:
        if (shown := self.refused(command)) is not None:
            return shown
        if command.value:
            add_path(self.desk, command.value)
        return None

    def refused(self, command: Command) -> str | None:
        """GitHub closed these in 2020: whoever can make a step print something could set its variables."""
        if allows_unsafe(self.desk):
            return None
        better = "GITHUB_ENV" if command.name == "set-env" else "GITHUB_PATH"
        return self.fail(say("{command} is no longer heeded: write to ${file}.", command=command.name, file=better))

    def add_matcher(self, command: Command) -> str | None:
        if not command.value:
            return self.warn(str(say("add-matcher needs the path of a file.")))
        why = self.matching.add(command.value) if self.matching else None
        return self.warn(why) if why else None

    def remove_matcher(self, command: Command) -> str | None:
        owner = command.properties.get("owner", "")
        if bool(owner) == bool(command.value):
            return self.warn(str(say("remove-matcher needs an owner, or the path of a file, and not both.")))
        if owner and self.matching:
            self.matching.remove(owner)
        elif self.matching and (why := self.matching.remove_all_of(command.value)):
            return self.warn(why)
        return None


ECHOED = ("set-output", "save-state", "set-env", "add-path", "add-matcher", "remove-matcher")
