"""What this room does when something happens elsewhere: workflows begin."""

from dure.build.hearing import reactions

__all__ = ["reactions"]
