"""What a health check sees on single fish: scores from how their container is doing and how they do themselves."""

import numpy as np

from datagen.arrays import Floats, Ints


def recent(values: Floats | Ints, first: Ints, row: Ints, window: int) -> tuple[Floats, Ints]:
    """Sum of `values` over the last `window` rows up to `row`, not before `first`; and the row where that begins."""
    begin = np.maximum(row - window + 1, first)
    total = np.concatenate(([0], np.cumsum(values)))
    return (total[row + 1] - total[begin]).astype(float), begin


def after_handling(day: Ints, of: Ints, handled_day: Ints, handled: Ints, lasting_days: float) -> Floats:
    """Sum of what past handlings of the same stays still do: 1 on the day, fading over `lasting_days`.

    `of` are the stays looked at on `day`; `handled` those that were handled on `handled_day`.
    """
    since = day[:, None] - handled_day[None, :]
    felt = (since >= 0) & (of[:, None] == handled[None, :])
    fading = np.where(felt, np.exp(-np.maximum(since, 0) / lasting_days), 0.0)
    # One after the other: later ones, in a longer record, would have a plain sum round otherwise.
    summed: Floats = np.cumsum(np.column_stack([np.zeros(len(day)), fading]), axis=1)[:, -1]
    return summed


def scores(burden: Floats, runt: Floats, runt_weight: Floats, normal: Floats, shared: float, limits: Floats) -> Ints:
    """Scores [events, fish, parameters], 0 the best, `len(limits)` the worst.

    Parameters
    ----------
    burden : what weighs on each parameter in each event's container [events, parameters]
    runt : how far each fish lags behind its container, in standard deviations, 0 for those that do not [events, fish]
    runt_weight : what that weighs on each parameter
    normal : standard normal draws [events, fish, 1 + parameters]; the first is the fish's own
    shared : share of the variance that a fish's own draw has in all of its parameters
    limits : burden above which a sign reaches score 1, 2, ...
    """
    own, each = normal[..., :1], normal[..., 1:]
    sign = burden[:, None, :] + runt[..., None] * runt_weight + np.sqrt(shared) * own + np.sqrt(1.0 - shared) * each
    seen: Ints = np.zeros(sign.shape, np.int16)
    for limit in limits:
        seen += sign > limit
    return seen
