"""Working an expression out. It touches nothing but the contexts and functions it is given."""

from collections.abc import Callable, Mapping, Sequence

from dure.kit import say
from dure.workflow.expression.broken import ExpressionBroken
from dure.workflow.expression.functions import FUNCTIONS, Budget
from dure.workflow.expression.tree import Expression, Node
from dure.workflow.expression.value import (
    Contexts,
    Function,
    Value,
    is_simple,
    less,
    member,
    number_of,
    same,
    text_of,
    truthy,
)

MEMORY_BYTES_MAX = 10 * 1024 * 1024
"""All that one expression makes on its way may take this much."""


class Filtered(list[Value]):
    """What `.*` found: what follows is asked of each."""


def evaluate(
    expression: Expression,
    contexts: Contexts,
    functions: Mapping[str, Function] | None = None,
    *,
    memory_bytes_max: int = MEMORY_BYTES_MAX,
) -> Value:
    """The value of an expression. A context that is not given is null."""
    found = Evaluation(contexts, functions or {}, memory_bytes_max).value(expression.top)
    return list(found) if isinstance(found, Filtered) else found


class Evaluation:
    """One working out: what may be asked, and what it may still spend."""

    def __init__(self, contexts: Contexts, functions: Mapping[str, Function], memory_bytes_max: int) -> None:
        self.contexts = {name.lower(): value for name, value in contexts.items()}
        self.functions = {name.lower(): function for name, function in functions.items()}
        self.budget = Budget(memory_bytes_max)

    def value(self, node: Node) -> Value:
        return WAYS[node.word](self, node)

    def literal(self, node: Node) -> Value:
        return node.value

    def name(self, node: Node) -> Value:
        return self.contexts.get(str(node.value).lower())

    def negated(self, node: Node) -> Value:
        return not truthy(self.value(node.parts[0]))

    def both(self, node: Node) -> Value:
        """The first that is false, or the last."""
        found: Value = None
        for part in node.parts:
            found = self.value(part)
            if not truthy(found):
                break
        return found

    def either(self, node: Node) -> Value:
        """The first that is true, or the last."""
        found: Value = None
        for part in node.parts:
            found = self.value(part)
            if truthy(found):
                break
        return found

    def compared(self, node: Node) -> Value:
        left, right = (self.value(part) for part in node.parts)
        return COMPARISONS[node.word](left, right)

    def every(self, node: Node) -> Value:
        target = self.value(node.parts[0])
        if isinstance(target, Filtered):
            found = Filtered(one for item in target for one in members(item))
        else:
            found = Filtered(members(target))
        self.budget.spend_on_items(len(found))
        return found

    def index(self, node: Node) -> Value:
        target = self.value(node.parts[0])
        key = self.value(node.parts[1])
        if isinstance(target, Filtered):
            self.budget.spend_on_items(len(target))
            return Filtered(one for item in target for one in at(item, key))
        return next(iter(at(target, key)), None)

    def call(self, node: Node) -> Value:
        name = str(node.value)
        if name == "case":
            return self.case(node.parts)
        given = [self.value(part) for part in node.parts]
        own = FUNCTIONS.get(name)
        if own is not None:
            return own(self.budget, given)
        brought = self.functions.get(name.lower())
        if brought is None:
            raise ExpressionBroken(say("The function {name} cannot be used here.", name=name))
        return brought(given)

    def case(self, parts: Sequence[Node]) -> Value:
        """`case(when, then, when, then, ..., otherwise)`."""
        for when, then in zip(parts[:-1:2], parts[1::2], strict=True):
            chosen = self.value(when)
            if not isinstance(chosen, bool):
                raise ExpressionBroken(say("case predicate must evaluate to a boolean value"))
            if chosen:
                return self.value(then)
        return self.value(parts[-1])

    def joined(self, node: Node) -> Value:
        """Words with expressions between them."""
        words = "".join(text_of(self.value(part)) for part in node.parts)
        return self.budget.spend(words)


def members(holder: Value) -> Sequence[Value]:
    if isinstance(holder, dict):
        return list(holder.values())
    return holder if isinstance(holder, list) else ()


def at(holder: Value, key: Value) -> Sequence[Value]:
    """What a list holds at that place, or an object under that name: one value or none."""
    if not is_simple(key):
        return ()
    if isinstance(holder, dict):
        return list(member(holder, text_of(key)))
    if isinstance(holder, list):
        place = number_of(key)
        return [holder[int(place)]] if 0 <= place < len(holder) else ()
    return ()


COMPARISONS: Mapping[str, Callable[[Value, Value], bool]] = {
    "==": same,
    "!=": lambda left, right: not same(left, right),
    "<": less,
    ">": lambda left, right: less(right, left),
    "<=": lambda left, right: less(left, right) or same(left, right),
    ">=": lambda left, right: less(right, left) or same(left, right),
}
WAYS: Mapping[str, Callable[[Evaluation, Node], Value]] = {
    "value": Evaluation.literal,
    "name": Evaluation.name,
    "!": Evaluation.negated,
    "&&": Evaluation.both,
    "||": Evaluation.either,
    "every": Evaluation.every,
    "index": Evaluation.index,
    "call": Evaluation.call,
    "joined": Evaluation.joined,
    **dict.fromkeys(COMPARISONS, Evaluation.compared),
}
