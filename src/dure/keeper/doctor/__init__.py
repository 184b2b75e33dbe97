"""`dure doctor`: what could keep a house from running well, and the remedy of each."""

from dure.keeper.doctor.examine import doctor, examine
from dure.keeper.doctor.finding import Finding

__all__ = ["Finding", "doctor", "examine"]
