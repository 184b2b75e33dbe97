"""One service of an app file, key by key."""

import re
import shlex
from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit

from dure.deploy.appfile.appfile import RolloutRule, ServiceFile
from dure.deploy.appfile.fields import Fields, Node
from dure.deploy.appfile.variables import NAME, NoSuchVariable, filled
from dure.kit import Text, say
from dure.workflow import YamlList, YamlMap, YamlScalar

ARGUMENTS_MAX = 256
VARIABLES_MAX = 200
REPLICAS_MAX = 50
SHELL = re.compile(r"&&|\|\||[|;<>&`]|\$\(")
CONDITIONS = ("service_started", "service_healthy")
URL = re.compile(r"https?://(?:localhost|127\.0\.0\.1|\[::1\])(?::[^/\s\"']*)?(/[^\s\"'|;&]*)?")

REFUSED: dict[str, Text] = {
    "image": say("`image` needs a container engine, which Dure does not use yet. Say the `command` to run instead."),
    "build": say("`build` needs a container engine, which Dure does not use yet. Say the `command` to run instead."),
    "ports": say(
        "`ports` is not supported, since versions run side by side. Remove it, and say `port: PORT` under `x-dure`."
    ),
    "expose": say("`expose` is not supported. Remove it, and say `port: PORT` under `x-dure`."),
    "restart": say("`restart` is not supported: a service is always started again. Remove it."),
    "volumes": say("`volumes` are not supported: a release brings its own files. Remove them."),
    "networks": say("`networks` are not supported: services reach each other by their host names. Remove them."),
    "entrypoint": say("`entrypoint` is not supported. Write everything into `command`."),
    "container_name": say("`container_name` is not supported: the name of the service is its name. Remove it."),
    "user": say("`user` is not supported: Dure chooses one without rights. Remove it."),
    "privileged": say("`privileged` is not supported. Remove it."),
    "scale": say("`scale` is not supported. Say `replicas` under `deploy`."),
    "logging": say("`logging` is not supported: what a service prints is kept by Dure. Remove it."),
}
REFUSED_IN_DEPLOY: dict[str, Text] = {
    "resources": say("`deploy.resources` is not supported: limits are not enforced yet. Remove it."),
    "update_config": say("`deploy.update_config` is not supported. Say `rollout` under `x-dure`."),
    "rollback_config": say("`deploy.rollback_config` is not supported: going back is always one step. Remove it."),
}


@dataclass
class ServiceReader:
    """Fills in one service. What is wrong is noted, and the rest is read on."""

    fields: Fields
    name: str
    secrets_known: frozenset[str]
    raw_command: list[str] = field(default_factory=list)
    command_at: Node | None = None
    raw_variables: dict[str, tuple[str, Node]] = field(default_factory=dict)
    made: ServiceFile = field(init=False)
    needs_at: list[tuple[str, Node]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.made = ServiceFile(name=self.name, command=())

    def put(self, **values: object) -> None:
        self.made = replace(self.made, **values)  # type: ignore[arg-type]

    def read(self, node: Node) -> ServiceFile:
        known = {
            "command": self.command,
            "environment": self.environment,
            "env_file": self.env_file,
            "healthcheck": self.healthcheck,
            "depends_on": self.depends_on,
            "deploy": self.deploy,
            "stop_grace_period": self.stop_grace_period,
            "secrets": self.secrets,
            "working_dir": self.working_dir,
            "x-dure": self.x_dure,
        }
        self.fields.each(node, known, REFUSED, say_where(self.name))
        if self.command_at is None and isinstance(node, YamlMap):
            self.fields.wrong(node, say("The service {name} needs a `command`.", name=self.name))
        if self.made.readiness.http is not None and not self.made.port:
            self.put(port=True)
        self.fill_in()
        return self.made

    def command(self, node: Node) -> None:
        self.command_at = node
        if isinstance(node, YamlList):
            items = self.fields.items(node, "command", ARGUMENTS_MAX)
            parts = [self.fields.words(item, "command") for item in items]
            self.raw_command = [part for part in parts if part is not None]
        elif (words := self.fields.words(node, "command")) is not None:
            self.raw_command = self.split(node, words)
        if not self.raw_command:
            self.fields.wrong(node, say("`command` is empty. Say which program to run."))

    def split(self, node: Node, words: str) -> list[str]:
        try:
            parts = shlex.split(words)
        except ValueError:
            self.fields.wrong(node, say("A quote in `command` is not closed."))
            return [words]
        if len(parts) > ARGUMENTS_MAX:
            self.fields.wrong(node, say("`command` has more than {count} words.", count=ARGUMENTS_MAX))
        if any(SHELL.fullmatch(part) or part.endswith(";") for part in parts) or "$(" in words:
            self.fields.wrong(node, say("No shell reads `command`. Put what takes one into a script, and call that."))
        return parts

    def environment(self, node: Node) -> None:
        if isinstance(node, YamlMap):
            pairs: list[tuple[str, Node, Node]] = [(key.words, key, value) for key, value in node.pairs]
        else:
            pairs = []
            for item in self.fields.items(node, "environment", VARIABLES_MAX):
                words = self.fields.words(item, "environment") or ""
                name, found, _ = words.partition("=")
                if not found:
                    self.fields.wrong(item, no_value(name))
                    continue
                pairs.append((name, item, item))
        if len(pairs) > VARIABLES_MAX:
            self.fields.wrong(node, say("`environment` has more than {count} variables.", count=VARIABLES_MAX))
        for name, key, value in pairs:
            self.variable(name, key, value, listed=not isinstance(node, YamlMap))

    def variable(self, name: str, key: Node, value: Node, *, listed: bool) -> None:
        if not NAME.fullmatch(name):
            self.fields.wrong(key, say("“{name}” cannot be the name of a variable.", name=name[:60]))
        elif name == "PORT":
            self.fields.wrong(key, say("PORT is chosen by Dure. Remove it, and let the program read it."))
        elif isinstance(value, YamlScalar) and value.value is None:
            self.fields.wrong(value, no_value(name))
        elif (words := self.fields.words(value, name, 32_000)) is not None:
            self.raw_variables[name] = (words.partition("=")[2] if listed else words, value)

    def env_file(self, node: Node) -> None:
        nodes = [node] if isinstance(node, YamlScalar) else self.fields.items(node, "env_file", 20)
        paths = [self.fields.path(each, "env_file") for each in nodes]
        self.put(env_files=tuple(path for path in paths if path is not None))

    def healthcheck(self, node: Node) -> None:
        found: dict[str, float | int | str | None] = {}

        def seconds(key: str, name: str) -> None:
            known[key] = lambda inner: found.update({name: self.fields.duration(inner, key)})

        known = {
            "test": lambda inner: found.update(http=self.health_test(inner)),
            "retries": lambda inner: found.update(retries=self.fields.whole(inner, "retries", 1, 1000)),
        }
        seconds("interval", "interval_seconds")
        seconds("timeout", "timeout_seconds")
        seconds("start_period", "start_period_seconds")
        self.fields.each(node, known, {}, "healthcheck")
        given = {name: value for name, value in found.items() if value is not None}
        if self.made.readiness.http is not None:
            given.pop("http", None)
        self.put(readiness=replace(self.made.readiness, **given))  # type: ignore[arg-type]

    def health_test(self, node: Node) -> str | None:
        """The path that a test asks for. Dure asks it itself: nobody else's programs run for it."""
        if isinstance(node, YamlList):
            words = " ".join(self.fields.words(item, "test") or "" for item in node.items)
        else:
            words = self.fields.words(node, "test") or ""
        if words.strip() in ("NONE", ""):
            return None
        found = URL.search(words)
        if found is None:
            self.fields.wrong(
                node,
                say(
                    "Dure asks for readiness itself and runs no program for it. "
                    "Say `http: /up` under `readiness` in `x-dure`, or test an address such as http://localhost/up."
                ),
            )
            return None
        return found[1] or "/"

    def depends_on(self, node: Node) -> None:
        if isinstance(node, YamlMap):
            for key, value in node.pairs:
                self.needs_at.append((key.words, key))
                self.fields.each(value, {"condition": self.condition}, {}, "depends_on")
        else:
            for item in self.fields.items(node, "depends_on", 50):
                if (name := self.fields.words(item, "depends_on")) is not None:
                    self.needs_at.append((name, item))
        self.put(needs=tuple(dict.fromkeys(name for name, _ in self.needs_at)))

    def condition(self, node: Node) -> None:
        self.fields.choice(node, "condition", CONDITIONS)

    def deploy(self, node: Node) -> None:
        self.fields.each(node, {"replicas": self.replicas}, REFUSED_IN_DEPLOY, "deploy")

    def replicas(self, node: Node) -> None:
        count = self.fields.whole(node, "replicas", 1, REPLICAS_MAX)
        if count is not None:
            self.put(replicas=count)

    def stop_grace_period(self, node: Node) -> None:
        seconds = self.fields.duration(node, "stop_grace_period")
        if seconds is not None:
            self.put(grace_seconds=max(1, round(min(seconds, 600))))

    def secrets(self, node: Node) -> None:
        names = []
        for item in self.fields.items(node, "secrets", 100):
            name = self.fields.words(item, "secrets")
            if name is None:
                continue
            if not NAME.fullmatch(name):
                self.fields.wrong(item, say("“{name}” cannot be the name of a secret.", name=name[:60]))
            elif self.secrets_known and name not in self.secrets_known:
                self.fields.wrong(item, say("The secret {name} is not among the `secrets` of the file.", name=name))
            else:
                names.append(name)
        self.put(secrets=tuple(dict.fromkeys(names)))

    def working_dir(self, node: Node) -> None:
        if (path := self.fields.path(node, "working_dir")) is not None:
            self.put(working_dir=path)

    def x_dure(self, node: Node) -> None:
        known = {"port": self.port, "readiness": self.readiness, "rollout": self.rollout}
        self.fields.each(node, known, {}, "x-dure")

    def port(self, node: Node) -> None:
        value = node.value if isinstance(node, YamlScalar) else None
        if value in ("PORT", True):
            self.put(port=True)
        elif value is not False:
            self.fields.wrong(
                node, say("`port` is PORT: versions run side by side, so the program reads its port from PORT.")
            )

    def readiness(self, node: Node) -> None:
        self.fields.each(node, {"http": self.readiness_http}, {}, "readiness")

    def readiness_http(self, node: Node) -> None:
        path = self.fields.words(node, "http", 400)
        if path is None:
            return
        if not path.startswith("/") or urlsplit(path).netloc or any(ord(letter) <= 32 for letter in path):
            self.fields.wrong(node, say("`http` is a path such as /up."))
        else:
            self.put(readiness=replace(self.made.readiness, http=path))

    def rollout(self, node: Node) -> None:
        self.put(rollout=RolloutReader(self.fields).read(node))

    def fill_in(self) -> None:
        """Put the variables where they are named."""
        values = {name: words for name, (words, _) in self.raw_variables.items()}
        made = {name: self.filled(node, words, values) for name, (words, node) in self.raw_variables.items()}
        command = self.command_at
        parts = [] if command is None else [self.filled(command, part, values, port=True) for part in self.raw_command]
        self.put(variables=made, command=tuple(parts))

    def filled(self, node: Node, words: str, values: dict[str, str], *, port: bool = False) -> str:
        try:
            return filled(words, values, self.made.secrets, port=port)
        except NoSuchVariable as error:
            self.fields.wrong(node, error.text)
            return words


@dataclass
class RolloutReader:
    """How the new version takes over, key by key."""

    fields: Fields
    found: dict[str, object] = field(default_factory=dict)

    def read(self, node: Node) -> RolloutRule:
        def number(key: str, least: float, most: float) -> None:
            known[key] = lambda inner: self.keep(key, self.fields.number(inner, key, least, most))

        known = {
            "strategy": lambda inner: self.keep(
                "strategy", self.fields.choice(inner, "strategy", ("canary", "rolling"))
            ),
            "steps": self.steps,
            "enough_requests": lambda inner: self.keep(
                "enough_requests", self.fields.whole(inner, "enough_requests", 1, 1_000_000)
            ),
        }
        number("step_seconds", 0.1, 86_400)
        number("alpha", 0.000_001, 0.5)
        number("tolerance", 1.0, 100.0)
        number("bake_seconds", 0, 86_400)
        number("keep_old_seconds", 0, 86_400)
        self.fields.each(node, known, {}, "rollout")
        return RolloutRule(**self.found)  # type: ignore[arg-type]

    def keep(self, name: str, value: object) -> None:
        if value is not None:
            self.found[name] = value

    def steps(self, node: Node) -> None:
        items = self.fields.items(node, "steps", 20)
        steps = [self.fields.whole(item, "steps", 1, 100) for item in items]
        whole = [step for step in steps if step is not None]
        if len(whole) != len(steps):
            return
        if not whole or whole != sorted(set(whole)) or whole[-1] != 100:
            self.fields.wrong(node, say("`steps` are percents that grow and end with 100, such as [10, 50, 100]."))
            return
        self.keep("steps", tuple(whole))


def no_value(name: str) -> Text:
    return say(
        "{name} has no value. Dure never takes one from the machine it runs on; write it here or keep it as a secret.",
        name=name[:60],
    )


def say_where(name: str) -> str:
    return f"services.{name}"
