"""A lane: calls of one length on a line of times, each allowed on one unbroken stretch of it.

Pure. Times are positions 0, 1, 2 …, each with a number of places. Calls that can be seated together form a matroid: a
call that finds no place, even after others made room, never finds one later; so offering calls by falling weight seats
the greatest possible weight. Making room is a chain of moves. Because every call's stretch is unbroken, all positions a
chain can reach form a stretch too, and a stretch that was searched in vain is full for good and never searched again.
"""

from collections import deque
from collections.abc import Iterator

Chain = list[tuple[int, int]]  # positions to fill, from the last one back, each with the call that moves there


class Skip:
    """Positions of a line that are struck out one by one; finds the nearest one left on either side."""

    def __init__(self, size: int):
        self._right = list(range(size + 1))
        self._left = list(range(size + 1))  # shifted by one: index 0 is "none"

    def strike(self, position: int) -> None:
        self._right[position] = position + 1
        self._left[position + 1] = position

    def at_or_after(self, position: int) -> int:
        """The size of the line when none is left."""
        return _root(self._right, position)

    def at_or_before(self, position: int) -> int:
        """-1 when none is left."""
        return _root(self._left, position + 1) - 1


class Lane:
    """Places per position, and who sits where. Calls are numbers; those of a higher rank are moved last."""

    def __init__(self, places: list[int]):
        self.places = list(places)
        self.position: dict[int, int] = {}
        self.rank: dict[int, int] = {}
        self._top_rank = 0
        self._stretch: dict[int, tuple[int, int]] = {}
        self._seated: list[list[int]] = [[] for _ in places]
        self._reaches: list[dict[int, tuple[int, int, int, int]]] = [{} for _ in places]
        self._free, self._live = Skip(len(places)), Skip(len(places))
        for position, count in enumerate(places):
            if count <= 0:
                self._free.strike(position)

    def free(self, first: int, last: int) -> Iterator[int]:
        """Positions of a stretch that still have a place, earliest first."""
        position = self._free.at_or_after(first)
        while position <= last:
            yield position
            position = self._free.at_or_after(position + 1)

    def seat(self, call: int, first: int, last: int, position: int, rank: int = 0) -> None:
        """Give a call a free place it may have."""
        self._stretch[call], self.rank[call] = (first, last), rank
        self._top_rank = max(self._top_rank, rank)
        self._sit(call, position)
        self.places[position] -= 1
        if not self.places[position]:
            self._free.strike(position)

    def insert(self, call: int, first: int, last: int) -> bool:
        """Seat a call, moving calls of the lowest rank that suffices; False when no chain of moves makes room."""
        if (position := self._free.at_or_after(first)) <= last:
            self.seat(call, first, last, position)
            return True
        first_live, last_live = self._live.at_or_after(first), self._live.at_or_before(last)
        for rank in range(self._top_rank + 1) if first_live <= last_live else ():
            chain, low, high = self._search(first_live, last_live, rank)
            if chain:
                self._make_room(call, first, last, chain)
                return True
        if first_live <= last_live:
            self._bury(low, high)
        return False

    def reach(self, first: int, last: int) -> tuple[int, int]:
        """The stretch of positions where one more place would let a refused call of this stretch in."""
        low, high = first, last
        todo = list(range(first, last + 1))
        while todo:
            position = todo.pop()
            far_low, _, far_high, _ = self._reach(position, self._top_rank)
            todo += [*range(far_low, low), *range(high + 1, far_high + 1)]
            low, high = min(low, far_low), max(high, far_high)
        return low, high

    def _search(self, first: int, last: int, rank: int) -> tuple[Chain, int, int]:
        """The shortest chain from a stretch without free places to a free one, and the stretch that was searched."""
        low, high, came = first, last, {}
        queue = deque(self._living(first, last))
        while queue:
            position = queue.popleft()
            far_low, low_call, far_high, high_call = self._reach(position, rank)
            if far_high > high:
                if (target := self._free.at_or_after(high + 1)) <= far_high:
                    return self._chain(target, (position, high_call), came), low, high
                for reached in self._living(high + 1, far_high):
                    came[reached] = (position, high_call)
                    queue.append(reached)
                high = far_high
            if far_low < low:
                if (target := self._free.at_or_before(low - 1)) >= far_low:
                    return self._chain(target, (position, low_call), came), low, high
                for reached in self._living(far_low, low - 1):
                    came[reached] = (position, low_call)
                    queue.append(reached)
                low = far_low
        return [], low, high

    @staticmethod
    def _chain(target: int, step: tuple[int, int], came: dict[int, tuple[int, int]]) -> Chain:
        chain = []
        while step:
            position, call = step
            chain.append((target, call))
            target, step = position, came.get(position)
        chain.append((target, -1))
        return chain

    def _make_room(self, newcomer: int, first: int, last: int, chain: Chain) -> None:
        target = chain[0][0]
        for position, call in chain[:-1]:
            self._leave(call)
            self._sit(call, position)
        self._stretch[newcomer], self.rank[newcomer] = (first, last), 0
        self._sit(newcomer, chain[-1][0])
        self.places[target] -= 1
        if not self.places[target]:
            self._free.strike(target)

    def _sit(self, call: int, position: int) -> None:
        self.position[call] = position
        self._seated[position].append(call)
        self._reaches[position].clear()

    def _leave(self, call: int) -> None:
        position = self.position[call]
        self._seated[position].remove(call)
        self._reaches[position].clear()

    def _reach(self, position: int, rank: int) -> tuple[int, int, int, int]:
        """How far the calls seated here could move, left and right, and which call that is."""
        known = self._reaches[position].get(rank)
        if known is None:
            stretches = [(*self._stretch[call], call) for call in self._seated[position] if self.rank[call] <= rank]
            low = min(((first, call) for first, _, call in stretches), default=(position, -1))
            high = max(((last, call) for _, last, call in stretches), default=(position, -1))
            known = self._reaches[position][rank] = (*low, *high)
        return known

    def _living(self, first: int, last: int) -> Iterator[int]:
        position = self._live.at_or_after(first)
        while position <= last:
            yield position
            position = self._live.at_or_after(position + 1)

    def _bury(self, first: int, last: int) -> None:
        for position in list(self._living(first, last)):
            self._live.strike(position)


def _root(links: list[int], position: int) -> int:
    """Follow the links to their end, halving the way for the next time."""
    while links[position] != position:
        links[position] = links[links[position]]
        position = links[position]
    return position
