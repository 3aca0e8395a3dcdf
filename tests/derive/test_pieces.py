"""Many are looked at again in pieces, each once, and others have their turn in between."""

from __future__ import annotations

from app.derive.pieces import PIECE, Pieces
from app.derive.timer import SLICE_SECONDS, Timer
from tests.fakes.clock import ManualClock


class Stepping(ManualClock):
    """Every look at it takes a slice."""

    def monotonic(self) -> float:
        self.advance(2 * SLICE_SECONDS)
        return super().monotonic()


def test_few_are_looked_at_at_once() -> None:
    timer, seen = Timer(ManualClock()), list[int]()
    Pieces(timer, "some", seen.extend).add(range(PIECE))
    assert seen == list(range(PIECE))
    assert len(timer) == 0


def test_of_many_a_piece_is_and_the_rest_at_the_next_look_of_the_timer() -> None:
    timer, seen = Timer(ManualClock()), list[int]()
    pieces = Pieces(timer, "some", seen.extend)
    pieces.add(range(3 * PIECE + 1))
    assert (len(seen), len(pieces)) == (PIECE, 2 * PIECE + 1)
    timer.advance()
    assert seen == list(range(3 * PIECE + 1))
    assert (len(pieces), len(timer)) == (0, 0)


def test_the_loop_is_let_go_of_between_two_pieces() -> None:
    timer, seen = Timer(Stepping()), list[int]()
    Pieces(timer, "some", seen.extend).add(range(3 * PIECE))
    assert timer.advance(within=SLICE_SECONDS)
    assert len(seen) == 2 * PIECE
    assert timer.advance(within=SLICE_SECONDS)
    assert len(seen) == 3 * PIECE
    assert not timer.advance(within=SLICE_SECONDS)


def test_what_waits_already_is_looked_at_once() -> None:
    timer, seen = Timer(ManualClock()), list[int]()
    pieces = Pieces(timer, "some", seen.extend)
    pieces.add(range(2 * PIECE))
    pieces.add(range(PIECE - 1, 2 * PIECE + 1))
    assert len(seen) == PIECE
    timer.advance()
    assert sorted(seen) == sorted([*range(2 * PIECE + 1), PIECE - 1])


def test_what_a_look_adds_is_looked_at_after_it() -> None:
    timer, seen = Timer(ManualClock()), list[int]()

    def look(piece: tuple[int, ...]) -> None:
        seen.extend(piece)
        [number] = piece
        if number < PIECE + 5:
            pieces.add([number + 1])
            assert seen[-1] == number

    pieces = Pieces(timer, "some", look)
    pieces.add([0])
    assert seen == list(range(PIECE))
    timer.advance()
    assert seen == list(range(PIECE + 6))


def test_two_of_them_do_not_stand_in_each_others_way() -> None:
    timer, seen = Timer(ManualClock()), list[int]()
    for first in (0, 1000):
        Pieces(timer, first, seen.extend).add(range(first, first + 2 * PIECE))
    timer.advance()
    assert sorted(seen) == [*range(2 * PIECE), *range(1000, 1000 + 2 * PIECE)]
