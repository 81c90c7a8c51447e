"""Which rows belong together, when it is known which pairs do."""

from collections import defaultdict


class Clusters:
    """Joined places; one that was joined with nothing is a cluster of its own."""

    def __init__(self) -> None:
        self._above: dict[int, int] = {}

    def first(self, place: int) -> int:
        """Return the earliest place of a cluster."""
        path = []
        while (above := self._above.get(place, place)) != place:
            path.append(place)
            place = above
        for one in path:
            self._above[one] = place
        return place

    def join(self, one: int, other: int) -> None:
        """Put the clusters of two places together."""
        first, later = sorted((self.first(one), self.first(other)))
        self._above[later] = first
        self._above.setdefault(first, first)

    def all(self) -> list[list[int]]:
        """Return the clusters of more than one place, and the places of each, in order."""
        members = defaultdict(list)
        for place in sorted(self._above):
            members[self.first(place)].append(place)
        return [places for _, places in sorted(members.items()) if len(places) > 1]
