"""The course of a run, in memory: what a house keeps in tables."""

from dure.local.course.beginning import parts_of
from dure.local.course.course import Course, Part, Task, minutes_of

__all__ = ["Course", "Part", "Task", "minutes_of", "parts_of"]
