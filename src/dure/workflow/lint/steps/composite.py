"""The steps of a composite action."""

from dataclasses import replace

from dure.kit import say
from dure.workflow.lint.actions import Metadata
from dure.workflow.lint.desk import Desk
from dure.workflow.lint.reading.fields import text
from dure.workflow.lint.source import Node
from dure.workflow.lint.steps.step import Steps, check_steps
from dure.workflow.lint.values import WORDS, Kind, map_of, record_of


def check_composite(desk: Desk, top: Node, metadata: Metadata) -> None:
    runs = top.get("runs")
    using = runs.get("using") if runs is not None and runs.kind == "map" else None
    nodes = runs.get("steps") if runs is not None and using is not None and using.text == "composite" else None
    if nodes is None or nodes.nothing:
        return
    inputs: dict[str, Kind] = dict.fromkeys(metadata.facts.inputs, WORDS)
    here = replace(desk.knowing(inputs=record_of(inputs), matrix=map_of(WORDS)), step_place="action.step")
    steps = Steps(None, "any")
    check_steps(here, nodes, steps)
    for item in nodes.items:
        if item.kind == "map" and item.get("run") is not None and item.get("shell") is None:
            desk.note("syntax-check", item, say("In an action every script says its `shell:`."))
    outputs = top.get("outputs")
    for _, output in outputs.pairs if outputs is not None else []:
        value = output.get("value") if output.kind == "map" else None
        text(here.knowing(steps=steps.kind), value, "action.step", empty=True)
