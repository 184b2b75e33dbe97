"""How the public cases went: counted, and each that did not go well told in a line."""

from dataclasses import dataclass, field


@dataclass
class Score:
    passed: int = 0
    failures: list[str] = field(default_factory=list)
    excused: list[str] = field(default_factory=list)
    """What the case's own harness leaves out, or GitHub itself has changed since."""

    def add(self, name: str, agrees: bool, told: str = "", excuse: str = "") -> None:
        if agrees:
            self.passed += 1
        elif excuse:
            self.excused.append(f"{name}: {excuse}")
        else:
            self.failures.append(f"{name}: {told}" if told else name)

    def show(self) -> int:
        """Prints it; the exit code."""
        for line in self.excused:
            print(f"not counted: {line}")
        for line in self.failures:
            print(f"FAILED {line}")
        print(f"{self.passed} passed, {len(self.failures)} failed")
        return 1 if self.failures else 0
