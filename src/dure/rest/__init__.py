"""Rest: the part of GitHub's REST API that workflows and their actions call, answered from the rooms of this house.

In: requests under /api/v3, with the token of a job or of a person. Out: answers in GitHub's shapes, and its way to say
no; whatever is not served here does not exist. Asks: plan, code, build, release and deploy, and their policy. What the
token of a job may do is first what its `permissions` say, then what policy says of such a role.
"""

from dure.rest.grant import Wanted, acting
from dure.rest.ticket import Tickets

__all__ = ["Tickets", "Wanted", "acting"]
