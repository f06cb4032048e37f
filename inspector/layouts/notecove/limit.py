"""Keeps a document with a million faults from becoming a million findings."""

from collections.abc import Iterator

from inspector.model.records import Finding

MOST_OF_A_KIND = 1000


class Limit:
    """Counts the findings of one layer, kind by kind; of each subject one is given."""

    def __init__(self, layer: str) -> None:
        self._layer = layer
        self._given: dict[str, set[str]] = {}
        self._withheld: dict[str, int] = {}

    def allows(self, finding: Finding) -> bool:
        """Whether a finding may be given: there are not too many of its kind, and none with its subject."""
        return self.allows_one(finding.kind, finding.subject)

    def allows_one(self, kind: str, subject: str) -> bool:
        """The same, before it is made."""
        given = self._given.setdefault(kind, set())
        if subject in given:
            return False
        if len(given) >= MOST_OF_A_KIND:
            self.withhold(kind)
            return False
        given.add(subject)
        return True

    def is_full(self, kind: str) -> bool:
        """Whether no more of a kind are given; what else there is of it is to be told by `withhold`."""
        return len(self._given.get(kind, ())) >= MOST_OF_A_KIND

    def withhold(self, kind: str) -> None:
        """Count a finding that is not even made."""
        self._withheld[kind] = self._withheld.get(kind, 0) + 1

    def rest(self) -> Iterator[Finding]:
        """One finding for each kind of which there were too many."""
        for kind, count in self._withheld.items():
            yield Finding(kind, f"{self._layer}:more", (), {"document": self._layer, "more_of_this_kind": count})
