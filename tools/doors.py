"""An import-linter contract: from outside, a room is entered only by its door (its __init__)."""

from typing import cast

from grimp import ImportGraph
from importlinter import Contract, ContractCheck, fields, output


class DoorsContract(Contract):
    type_name = "doors"

    house = fields.StringField()
    keyholders = fields.ListField(subfield=fields.StringField(), required=False, default=[])

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:  # noqa: ARG002
        keyholders = cast("list[str]", self.keyholders)
        broken = [
            (importer, inner, room)
            for room in sorted(graph.find_children(str(self.house)))
            for inner in sorted(graph.find_descendants(room))
            for importer in sorted(graph.find_modules_that_directly_import(inner))
            if importer != room and not importer.startswith(f"{room}.") and importer not in keyholders
        ]
        return ContractCheck(kept=not broken, metadata={"broken": broken})

    def render_broken_contract(self, check: ContractCheck) -> None:
        for importer, inner, room in check.metadata["broken"]:
            output.print_error(f"{importer} comes through the wall into {inner}; use the door: {room}")
