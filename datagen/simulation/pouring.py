"""How fish are shared out among the containers of their next stage: in order, or by their size."""

import numpy as np

from datagen.arrays import Floats, Ints
from datagen.biology import size


def pour(fish: Ints, into: int, least: float = 0.0, part: float = 0.0, shares: Floats | None = None) -> Ints:
    """Whole fish from each source to each destination [sources, destinations]; one to one where their numbers agree.

    Otherwise sources are poured out in order and destinations filled evenly in order, so that fish are conserved
    and there are at most sources + destinations - 1 moves. Of what fills a destination none is less than the share
    `least`: then it is filled a little more, or less. One more destination gets a `part` of what each of them does.
    Where there are `shares`, multiples of an even part, destinations are filled by these.

    >>> pour(np.array([505, 495]), into=4, least=0.05).tolist()
    [[250, 255, 0, 0], [0, 0, 245, 250]]
    >>> pour(np.array([500, 500]), into=2, shares=np.array([1.1, 0.9])).tolist()
    [[500, 0], [50, 450]]
    """
    if len(fish) == into and not part and shares is None:
        return np.diag(fish)
    ends = np.concatenate(([0], np.cumsum(fish)))
    filled = np.arange(into + 1) * int(ends[-1]) // into
    if shares is not None:
        filled[1:-1] = np.cumsum(shares)[:-1] / into * ends[-1]
    if part:
        filled = np.append((filled / (1.0 + part / into)).astype(np.int64), ends[-1])
    nearest = ends[np.abs(ends[:, None] - filled).argmin(axis=0)]
    filled = np.where(np.abs(nearest - filled) < least * ends[-1] / into, nearest, filled)
    overlap = np.minimum(ends[1:, None], filled[None, 1:]) - np.maximum(ends[:-1, None], filled[None, :-1])
    moved: Ints = np.maximum(overlap, 0)
    return moved


def large_containers(into: int) -> int:
    """How many of so many containers, the first, get the large fish of a hall that is graded."""
    return (into + 1) // 2


def sort_out(fish: Ints, into: int) -> Ints:
    """Whole fish from each source to each destination, as `pour`, but the large ones to the first, the small to others.

    >>> sort_out(np.array([500, 500]), into=4).tolist()
    [[250, 0, 250, 0], [0, 250, 0, 250]]
    """
    of_large = large_containers(into)
    large = fish * of_large // into
    moved: Ints = np.concatenate([pour(large, of_large), pour(fish - large, into - of_large)], axis=1)
    return moved


def sorted_g(moved: Ints, weight_g: Floats, cv: float) -> Floats:
    """Mean weight of each lift of fish that were sorted out [sources, destinations], of a source's mean weight.

    What the large ones weigh more, the small ones weigh less: together they are what they were.
    """
    of_large, into = large_containers(moved.shape[1]), moved.shape[1]
    large, small = moved[:, :of_large].sum(axis=1), moved[:, of_large:].sum(axis=1)
    heavier = size.largest(of_large / into, cv)[0]
    large_g = np.where((large > 0) & (small > 0), heavier, 1.0) * weight_g
    small_g = np.where(small > 0, ((large + small) * weight_g - large * large_g) / np.maximum(small, 1), weight_g)
    return np.where(np.arange(into) < of_large, large_g[:, None], small_g[:, None])
