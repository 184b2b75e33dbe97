"""Goes over one expression and works out the kind of its value, noting what cannot be."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from dure.kit import Text, say
from dure.workflow.expression import Node
from dure.workflow.lint.finding import listed, meant
from dure.workflow.lint.values.contexts import EVERYWHERE_NOT, OF_PLACES, Availability
from dure.workflow.lint.values.functions import SIGNATURES, Signature, kind_of_json, wrong_case, wrong_format
from dure.workflow.lint.values.kinds import ANY, FLAG, Kind, both, joined, kind_of_value, list_of

PLACES_SHOWN = {"job.if": "jobs.*.if", "step.if": "jobs.*.steps.if", "step": "jobs.*.steps"}
ORDERED_NOT = ("null", "boolean", "list", "object")


@dataclass(frozen=True)
class Fault:
    """Something wrong in an expression. `position` counts its characters from 1."""

    position: int
    text: Text


@dataclass
class Checker:
    """What is known about the place of an expression, and the faults found in it."""

    contexts: Mapping[str, Kind]
    available: Availability
    variables: frozenset[str] | None = None
    """The names of configuration variables, where somebody has listed them."""
    faults: list[Fault] = field(default_factory=list)

    def check(self, top: Node, named: Sequence[Node]) -> Kind:
        """`named` are the parts of it that name a context or a function."""
        self.check_availability(named)
        return self.kind(top)

    def fault(self, node: Node, text: Text) -> Kind:
        self.faults.append(Fault(node.position, text))
        return ANY

    def check_availability(self, named: Sequence[Node]) -> None:
        for part in named:
            name = str(part.value).lower()
            if part.word == "name" and name in self.contexts and name not in self.available.contexts:
                allowed = self.available.contexts
                self.fault(
                    part,
                    say(
                        "The context `{name}` cannot be used here; {words} can.", name=part.value, words=listed(allowed)
                    )
                    if allowed
                    else say("The context `{name}` cannot be used here, nor can any other.", name=part.value),
                )
            elif part.word == "call" and name in EVERYWHERE_NOT and name not in self.available.functions:
                places = [PLACES_SHOWN[place] for place in PLACES_SHOWN if name in OF_PLACES[place][1].split()]
                self.fault(
                    part,
                    say(
                        "The function {name}() cannot be used here, only in: {places}.",
                        name=part.value,
                        places=listed(places),
                    ),
                )

    def kind(self, node: Node) -> Kind:
        return WAYS[node.word](self, node)

    def literal(self, node: Node) -> Kind:
        return kind_of_value(node.value)

    def name(self, node: Node) -> Kind:
        found = self.contexts.get(str(node.value).lower())
        if found is None:
            return self.fault(
                node,
                say(
                    "The context `{name}` is unknown. {meant}",
                    name=node.value,
                    meant=meant(str(node.value), self.contexts),
                ),
            )
        return found

    def negated(self, node: Node) -> Kind:
        self.kind(node.parts[0])
        return FLAG

    def chosen(self, node: Node) -> Kind:
        """`&&` and `||` give one of their sides: what they have in common is known."""
        kinds = [self.kind(part) for part in node.parts]
        return kinds[0] if all(kind == kinds[0] for kind in kinds) else ANY

    def same(self, node: Node) -> Kind:
        left, right = (self.kind(part) for part in node.parts)
        if not comparable(left, right):
            self.cannot_compare(node, left, right)
        return FLAG

    def ordered(self, node: Node) -> Kind:
        left, right = (self.kind(part) for part in node.parts)
        if left.name in ORDERED_NOT or right.name in ORDERED_NOT:
            self.cannot_compare(node, left, right)
        return FLAG

    def cannot_compare(self, node: Node, left: Kind, right: Kind) -> None:
        self.fault(
            node,
            say(
                "A value of the kind {left} cannot be compared with one of the kind {right} by `{sign}`.",
                left=left,
                right=right,
                sign=node.word,
            ),
        )

    def every(self, node: Node) -> Kind:
        target = self.kind(node.parts[0])
        if target.name == "list" and target.inner is not None:
            inner = members_of(target.inner) if target.filtered else target.inner
            return list_of(inner, filtered=True)
        if target.name in ("object", "any"):
            return list_of(members_of(target), filtered=True)
        return self.fault(
            node.parts[0], say("`.*` is for lists and objects, and this is of the kind {kind}.", kind=target)
        )

    def index(self, node: Node) -> Kind:
        holder, key = node.parts
        target = self.kind(holder)
        if key.word == "value" and isinstance(key.value, str):
            return self.member(node, target, key)
        by = self.kind(key)
        if target.name == "list":
            if by.name not in ("any", "number"):
                return self.fault(key, say("A list is asked by number, and this is of the kind {kind}.", kind=by))
            return (target.inner or ANY) if not target.filtered else ANY
        if target.name == "object":
            if by.name not in ("any", "string"):
                return self.fault(key, say("An object is asked by name, and this is of the kind {kind}.", kind=by))
            return target.inner if target.inner is not None and not target.members else ANY
        if target.known:
            return self.fault(holder, say("Nothing can be asked of a value of the kind {kind}.", kind=target))
        return ANY

    def member(self, node: Node, target: Kind, key: Node) -> Kind:
        name = str(key.value)
        if target.name == "object":
            if node.parts[0].word == "name" and str(node.parts[0].value).lower() == "vars":
                self.check_variable(key)
            return self.named(target, node)
        if target.name == "list" and target.filtered and target.inner is not None:
            inner = target.inner
            if inner.name == "object":
                return list_of(self.named(inner, node), filtered=True)
            return list_of(ANY, filtered=True)
        if target.known:
            return self.fault(
                node.parts[0],
                say("`{name}` is asked of a value of the kind {kind}, which has no members.", name=name, kind=target),
            )
        return ANY

    def named(self, target: Kind, node: Node) -> Kind:
        holder, key = node.parts
        name = str(key.value)
        found = target.members.get(name.lower(), target.inner)
        if found is None:
            return self.fault(
                key,
                say(
                    "`{holder}` has no `{name}`. {meant}",
                    holder=path_of(holder),
                    name=name,
                    meant=meant(name, list(target.members)),
                ),
            )
        return found

    def check_variable(self, key: Node) -> None:
        if self.variables is not None and str(key.value).lower() not in self.variables:
            self.fault(
                key,
                say(
                    "The variable `{name}` is not listed. {meant}",
                    name=key.value,
                    meant=meant(str(key.value), self.variables),
                ),
            )

    def call(self, node: Node) -> Kind:
        kinds = [self.kind(part) for part in node.parts]
        ways = SIGNATURES.get(str(node.value).lower())
        if ways is None:
            known = [way[0].name for way in SIGNATURES.values()]
            text = say(
                "The function {name}() is unknown. {meant}", name=node.value, meant=meant(str(node.value), known)
            )
            return self.fault(node, text)
        fitting = [way for way in ways if way.least <= len(kinds) <= way.most]
        if not fitting:
            return self.wrong_count(node, ways[0])
        complaint: tuple[int, Signature] | None = None
        for way in fitting:
            wrong = next((place for place, kind in enumerate(kinds) if not way.wanted(place).takes(kind)), None)
            if wrong is None:
                return self.called(node, way, kinds)
            complaint = complaint or (wrong, way)
        assert complaint is not None
        place, way = complaint
        self.fault(
            node.parts[place],
            say(
                "{name}() takes {wanted} as its value {number}, and this is of the kind {kind}.",
                name=way.name,
                wanted=way.wanted(place),
                number=place + 1,
                kind=kinds[place],
            ),
        )
        return way.gives

    def wrong_count(self, node: Node, way: Signature) -> Kind:
        count = str(way.least) if way.least == way.most else f"{way.least}-{way.most}"
        count = f"≥ {way.least}" if way.most >= 255 else count
        self.fault(
            node,
            say(
                "{name}() takes {count} values, and is given {given}.",
                name=way.name,
                count=count,
                given=len(node.parts),
            ),
        )
        return way.gives

    def called(self, node: Node, way: Signature, kinds: Sequence[Kind]) -> Kind:
        """What only the values themselves can show."""
        first = node.parts[0] if node.parts else node
        words = first.value if first.word == "value" and isinstance(first.value, str) else None
        if way.name == "case":
            wrong = wrong_case(node.parts, kinds)
            if wrong is not None:
                self.fault(*wrong)
            return joined([*kinds[1::2], kinds[-1]])
        if words is not None and way.name == "format":
            text = wrong_format(words, len(kinds) - 1)
            if text is not None:
                self.fault(node, text)
        if words is not None and way.name == "fromJSON":
            kind, text = kind_of_json(words)
            if text is not None:
                self.fault(first, text)
            return kind
        return way.gives

    def joined_words(self, node: Node) -> Kind:
        return joined(self.kind(part) for part in node.parts)


def path_of(node: Node) -> str:
    """What is asked, in the words of the expression: `needs.build.outputs`."""
    if node.word == "name":
        return str(node.value)
    if node.word == "call":
        return f"{node.value}(…)"
    if node.word == "every":
        return f"{path_of(node.parts[0])}.*"
    if node.word == "index":
        key = node.parts[1]
        return f"{path_of(node.parts[0])}.{key.value}" if key.word == "value" else f"{path_of(node.parts[0])}[…]"
    return "…"


def comparable(left: Kind, right: Kind) -> bool:
    """Whether `==` can ever be true, but for nothing: a list or an object equals only itself."""
    if not (left.known and right.known) or "null" in (left.name, right.name):
        return True
    if left.name == "list" and right.name == "list" and left.inner and right.inner:
        return comparable(left.inner, right.inner)
    return left.name == right.name or not (left.compound or right.compound)


def members_of(target: Kind) -> Kind:
    """What `.*` finds in it, taken together."""
    if target.name == "list" and target.inner is not None:
        return target.inner
    if target.name != "object":
        return ANY
    kinds = [*target.members.values(), *([target.inner] if target.inner is not None else [])]
    found = kinds[0] if kinds else ANY
    for kind in kinds[1:]:
        found = both(found, kind)
    return found


WAYS: Mapping[str, Callable[[Checker, Node], Kind]] = {
    "value": Checker.literal,
    "name": Checker.name,
    "!": Checker.negated,
    "&&": Checker.chosen,
    "||": Checker.chosen,
    "every": Checker.every,
    "index": Checker.index,
    "call": Checker.call,
    "joined": Checker.joined_words,
    **dict.fromkeys(("==", "!="), Checker.same),
    **dict.fromkeys(("<", "<=", ">", ">="), Checker.ordered),
}
