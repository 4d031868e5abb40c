"""What people do where a plan is lived: orders, transfers and what becomes of their plans, delousing, slaughter."""

from typing import Annotated

from pydantic import Field, model_validator

from datagen.catalog.biology import Handling, LiceOperation
from datagen.catalog.spec import DayOfYear, Days, Days0, Fraction, Positive, Ref, Share, Sigma, Spec, Unique


class Orders(Spec):
    """Eggs are ordered `notice_days` before they come, so that batches ahead are known; of those bought some anew.

    From `begun_days` before the delivery on it is in progress. `called_off_share` of the orders of bought eggs are
    called off, for one of the `reasons`, and placed anew with another supplier.
    """

    notice_days: Annotated[int, Field(ge=2, le=1000)]
    begun_days: Annotated[int, Field(ge=1, le=1000)]
    called_off_share: Share
    reasons: Annotated[tuple[Annotated[str, Field(min_length=1, max_length=500)], ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _in_order(self) -> "Orders":
        if self.begun_days >= self.notice_days:
            raise ValueError("begun_days must be below notice_days: no delivery begins before it is ordered")
        return self


class TransferPlans(Spec):
    """When a transfer is drafted, and planned lift by lift; and how often a plan is called off and made anew.

    A plan that is called off was for `earlier_min` to `earlier_max` days before the fish are moved, and ends
    `notice_days` before its day, for one of the `reasons`.
    """

    drafted_days: Days
    planned_days: Days
    called_off_share: Share
    earlier_min: Days
    earlier_max: Days
    notice_days: Days
    reasons: Annotated[tuple[Annotated[str, Field(min_length=1, max_length=500)], ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _in_order(self) -> "TransferPlans":
        if not self.notice_days < self.planned_days <= self.drafted_days:
            raise ValueError("notice_days must be below planned_days, and these not above drafted_days")
        if self.earlier_min > self.earlier_max:
            raise ValueError("earlier_min must not be above earlier_max")
        return self


class Quality(Spec):
    """What slaughter makes of rings that differ, in place of the shares of grades.yaml and one gutted share for all.

    `best_share` of the fish are of the best grade: logit-normal between rings, lower by `season` on `worst_day`. The
    other grades share the rest as they do in grades.yaml.
    """

    best_share: Annotated[float, Field(gt=0, lt=1)]
    best_spread: Sigma
    season: Sigma
    worst_day: DayOfYear
    gutted_spread: Annotated[float, Field(ge=0, le=0.03)]


class DelousingMethod(Spec):
    """What a way to delouse does to the fish: the share that dies of it, and how long they may not be slaughtered."""

    method: Annotated[str, Ref("treatments.delousing.name")]
    deaths_share: Fraction
    withholding_days: Days0


class LiceLimit(Spec):
    """Adult females a fish that are allowed from a day of the year on."""

    from_day: DayOfYear
    females: Positive


class Delousing(Spec):
    """Delousing when a count calls for it, in place of the days of biology.yaml.

    It begins about `delay_days` (lognormal) after a count of `alarm` times the limit, and later if none of the `boats`
    of the geography is free by then; `least_gap_days` after the last, and `most` times at most. Forecasts reckon with
    it on `expected_sea_days`.
    """

    limits: Annotated[tuple[LiceLimit, ...], Unique("from_day"), Field(min_length=1)]
    alarm: Annotated[float, Field(gt=0, le=2)]
    delay_days: Days
    delay_spread: Sigma
    boats: Annotated[int, Field(ge=1, le=100)]
    least_gap_days: Days
    most: Annotated[int, Field(ge=1, le=20)]
    expected_sea_days: tuple[Days, ...]
    fasting_days: Days0
    rings_per_day: Annotated[int, Field(ge=1)]
    duration_days: Annotated[int, Field(ge=1, le=365)]
    deaths_spread: Sigma
    deaths_decay_per_day: Fraction
    appetite: Share
    methods: Annotated[tuple[DelousingMethod, ...], Unique("method"), Field(min_length=1)]

    def called_for(self, females: float, day_of_year: float) -> bool:
        """Whether a count on a day of the year calls for it."""
        limits = sorted(self.limits, key=lambda limit: limit.from_day)
        # Before the first day the year's last limit holds.
        begun = [limit for limit in limits if limit.from_day <= day_of_year] or limits
        return females >= self.alarm * begun[-1].females

    def by(self, method: str) -> LiceOperation:
        """The operation by one of the methods."""
        spec = next(each for each in self.methods if each.method == method)
        return LiceOperation(
            deaths_share=spec.deaths_share,
            deaths_spread=self.deaths_spread,
            deaths_decay_per_day=self.deaths_decay_per_day,
            appetite=self.appetite,
            fasting_days=self.fasting_days,
            rings_per_day=self.rings_per_day,
            duration_days=self.duration_days,
            withholding_days=spec.withholding_days,
        )


class Portions(Spec):
    """Slaughter of a batch over weeks, in place of all in some days: a plant takes `tonnes_per_day` at most.

    A ring with more is emptied in `most_portions` at most, `again_days` apart or more. The boat comes every
    `every_days_min` to `every_days_max` days, to one ring, or later if by then all `plants` of the geography are taken
    by batches that called first, or closed, as they are on the last days of each week but for `days_a_week`. It comes
    more often, and plants work longer, where the rings must be empty sooner.
    """

    tonnes_per_day: Annotated[float, Field(ge=1, le=10_000)]
    plants: Annotated[int, Field(ge=1, le=100)]
    days_a_week: Annotated[int, Field(ge=1, le=7)]
    most_portions: Annotated[int, Field(ge=1, le=10)]
    every_days_min: Annotated[int, Field(ge=1, le=30)]
    every_days_max: Annotated[int, Field(ge=1, le=30)]
    again_days: Annotated[int, Field(ge=1, le=60)]

    @model_validator(mode="after")
    def _in_order(self) -> "Portions":
        if self.every_days_min > self.every_days_max:
            raise ValueError("every_days_min must not be above every_days_max")
        return self


class SeaTransfer(Spec):
    """Over how many days a batch goes to sea, ring after ring; fewer where its rings are empty only shortly before.

    The number of fish a ring is lognormal around an even part, with a spread of `uneven`, as far as rings have room.
    """

    days_min: Annotated[int, Field(ge=1, le=30)]
    days_max: Annotated[int, Field(ge=1, le=30)]
    uneven: Annotated[float, Field(ge=0, le=0.5)] = 0.0

    @model_validator(mode="after")
    def _in_order(self) -> "SeaTransfer":
        if self.days_min > self.days_max:
            raise ValueError("days_min must not be above days_max")
        return self


class Grading(Spec):
    """A `share` of batches is sorted by size on the way to a stage ashore, where the large fish have room for it."""

    share: Share
    into: Annotated[str, Ref("biology.stages.key")]


class Thinning(Handling):
    """Fish moved from ring to ring: a `share` of batches leaves its last ring empty at first, where the rest has room.

    Between `days_min` and `days_max` days after the others it gets fish of the `from_rings` fullest, as many as stay
    in each of them. `lost_share` dies in the move itself.
    """

    share: Share
    days_min: Days
    days_max: Days
    from_rings: Annotated[int, Field(ge=1, le=10)]
    lost_share: Fraction

    @model_validator(mode="after")
    def _in_order(self) -> "Thinning":
        if self.days_min > self.days_max:
            raise ValueError("days_min must not be above days_max")
        return self


class Mixing(Spec):
    """Batches of which some fish are put into a ring of the batch before, which go on as a batch of both.

    A `share` of those that begin at most `days_apart` after the one before them in their geography.
    """

    share: Share
    days_apart: Days
