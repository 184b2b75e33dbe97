"""What runs show outside of their own pages: badges in a README, remarks beside a commit or a merge request."""

from dure.build.routes.elsewhere import badges, remarks

__all__ = ["handlers", "panels"]

handlers = [*badges.handlers, *remarks.handlers]
panels = remarks.panels
