"""compose.yaml: the part of the Compose Specification that Dure runs, and `x-dure` for what it cannot say."""

from dataclasses import dataclass, field, replace

from dure.deploy.appfile.appfile import DEFAULT_ENVIRONMENTS, AppFile, EnvironmentRule, ServiceFile
from dure.deploy.appfile.block import ServiceReader
from dure.deploy.appfile.fields import NAME as HOST_NAME
from dure.deploy.appfile.fields import Fields, Node, bad_name
from dure.deploy.appfile.mistakes import AppFileBroken, Mistakes
from dure.kit import Text, say
from dure.workflow import WorkflowBroken, YamlMap, YamlScalar, read_yaml

SERVICES_MAX = 50
ENVIRONMENTS_MAX = 20
REFUSED: dict[str, Text] = {
    "version": say("`version` has no meaning any more. Remove it."),
    "name": say("`name` is not supported: the project has its name. Remove it."),
    "volumes": say("`volumes` are not supported: a release brings its own files. Remove them."),
    "networks": say("`networks` are not supported. Remove them."),
    "configs": say("`configs` are not supported: put the files into the repository."),
    "include": say("`include` is not supported: write everything into this file."),
}


def parse_compose(source: str, path: str = "compose.yaml") -> AppFile:
    """Read the file, or refuse it with everything that is wrong in it."""
    try:
        top = read_yaml(source, path)
    except WorkflowBroken as error:
        raise AppFileBroken(path, error.mistakes) from error
    mistakes = Mistakes()
    app = ComposeReader(Fields(mistakes)).read(top)
    mistakes.settle(path)
    return app


@dataclass
class ComposeReader:
    fields: Fields
    secrets: frozenset[str] = frozenset()
    readers: dict[str, ServiceReader] = field(default_factory=dict)
    services: dict[str, ServiceFile] = field(default_factory=dict)
    environments: tuple[EnvironmentRule, ...] = DEFAULT_ENVIRONMENTS

    def read(self, top: Node) -> AppFile:
        if isinstance(top, YamlMap):
            # Services are checked against the secrets of the file, wherever in it those stand.
            self.each_secret(top.get("secrets"))
        known = {"services": self.each_service, "secrets": lambda _: None, "x-dure": self.x_dure}
        self.fields.each(top, known, REFUSED, "the file")
        if not self.services:
            self.fields.wrong(top, say("There is no service in the file. Say at least one under `services`."))
        self.check_needs()
        return AppFile(services=in_order(self.services), environments=self.environments)

    def each_secret(self, node: Node | None) -> None:
        if node is None:
            return
        known = {}
        if isinstance(node, YamlMap):
            for key, value in node.pairs:
                known[key.words] = lambda _: None
                empty = isinstance(value, YamlScalar) and value.value is None
                if not empty:
                    self.fields.each(value, {"external": self.external}, {}, f"secrets.{key.words}")
        else:
            self.fields.each(node, {}, {}, "secrets")
        self.secrets = frozenset(known)

    def external(self, node: Node) -> None:
        if self.fields.flag(node, "external") is False:
            self.fields.wrong(
                node, say("Secrets are kept by Dure: say `external: true`, and put them with `dure secret put`.")
            )

    def each_service(self, node: Node) -> None:
        if not isinstance(node, YamlMap):
            self.fields.each(node, {}, {}, "services")
            return
        if len(node.pairs) > SERVICES_MAX:
            self.fields.wrong(node, say("There are more than {count} services.", count=SERVICES_MAX))
        for key, value in node.pairs[:SERVICES_MAX]:
            if not HOST_NAME.fullmatch(key.words):
                self.fields.wrong(key, bad_name(key.words))
                continue
            if not isinstance(value, YamlMap):
                self.fields.wrong(value, say("The service {name} needs a `command`.", name=key.words))
                continue
            reader = ServiceReader(self.fields, key.words, self.secrets)
            self.readers[key.words] = reader
            self.services[key.words] = reader.read(value)

    def check_needs(self) -> None:
        for name, reader in self.readers.items():
            for needed, node in reader.needs_at:
                if needed not in self.services:
                    self.fields.wrong(node, say("There is no service {name} in the file.", name=needed[:60]))
                elif name in reach(self.services, needed):
                    self.fields.wrong(
                        node,
                        say(
                            "{name} and {needed} wait for each other. Take one of them out of `depends_on`.",
                            name=name,
                            needed=needed,
                        ),
                    )

    def x_dure(self, node: Node) -> None:
        self.fields.each(node, {"environments": self.each_environment}, {}, "x-dure")

    def each_environment(self, node: Node) -> None:
        found: list[EnvironmentRule] = []
        for item in self.fields.items(node, "environments", ENVIRONMENTS_MAX):
            rule = EnvironmentReader(self.fields).read(item)
            if rule is None:
                continue
            names = [each.name for each in found]
            if rule.name in names:
                self.fields.wrong(item, say("There is an environment {name} already.", name=rule.name))
            elif rule.after and rule.after not in names:
                self.fields.wrong(
                    item, say("`after` names an environment that stands above it; {name} does not.", name=rule.after)
                )
            else:
                found.append(rule)
        if found:
            self.environments = tuple(found)
        else:
            self.fields.wrong(node, say("There is no environment in the list."))


@dataclass
class EnvironmentReader:
    fields: Fields
    rule: EnvironmentRule = field(default_factory=lambda: EnvironmentRule(""))

    def read(self, node: Node) -> EnvironmentRule | None:
        def put(name: str, value: object) -> None:
            if value is not None:
                self.rule = replace(self.rule, **{name: value})  # type: ignore[arg-type]

        said_production = isinstance(node, YamlMap) and node.get("production") is not None
        known = {
            "name": lambda inner: put("name", self.fields.name(inner, "name")),
            "deploy": lambda inner: put("deploy", self.fields.choice(inner, "deploy", ("automatic", "approval"))),
            "after": lambda inner: put("after", self.fields.name(inner, "after")),
            "production": lambda inner: put("production", self.fields.flag(inner, "production")),
        }
        self.fields.each(node, known, {}, "environments")
        if not self.rule.name:
            self.fields.wrong(node, say("Each environment needs a `name`."))
            return None
        if self.rule.name == "production" and not said_production:
            put("production", True)
        return self.rule


def reach(services: dict[str, ServiceFile], name: str) -> set[str]:
    """Everything that this service needs, however far away, with itself."""
    found: set[str] = set()
    waiting = [name]
    while waiting:
        each = waiting.pop()
        if each not in found and each in services:
            found.add(each)
            waiting += services[each].needs
    return found


def in_order(services: dict[str, ServiceFile]) -> tuple[ServiceFile, ...]:
    """Those that are needed come before those that need them; else as the file has them."""
    done: dict[str, ServiceFile] = {}
    left = dict(services)
    while left:
        ready = [name for name, service in left.items() if all(need not in left for need in service.needs)]
        for name in ready or list(left):
            done[name] = left.pop(name)
    return tuple(done.values())
