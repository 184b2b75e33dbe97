"""What this room does when something happens elsewhere."""

from dure.build.planning import begin_planning
from dure.code import Pushed
from dure.ledger import Reaction, on

reactions: list[Reaction] = [on(Pushed, begin_planning)]
