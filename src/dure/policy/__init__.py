"""Policy: may it happen? Gates now; rules and freezes when there is something to deploy.

In: an actor at work, an action, a scope. Out: nothing, or a refusal that says what it takes.
Asks: people, for roles. All later rooms ask here, and no room is asked about.
"""

from dure.policy.gate import Action, action, actions, may, readable, readable_scopes, require

__all__ = ["Action", "action", "actions", "may", "readable", "readable_scopes", "require"]
