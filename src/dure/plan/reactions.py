"""What this room does when something happens elsewhere. Later rooms close its issues by calling its verbs."""

from dure.ledger import Reaction

reactions: list[Reaction] = []
