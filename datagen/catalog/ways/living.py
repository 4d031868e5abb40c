"""How fish live where a plan is lived: bodies, appetite and growth, and the water of halls and rings."""

from typing import Annotated, Literal

import numpy as np
from pydantic import Field, model_validator

from datagen.arrays import Floats
from datagen.biology.water import year_wave
from datagen.catalog.spec import DayOfYear, Days, Fraction, Positive, Share, Sigma, Spec, Unique
from datagen.catalog.ways.deaths import Weeks


class SeaCondition(Spec):
    """Condition at sea: from that of `newcomers` it comes, in about `relax_days`, to the usual one.

    That is `at_500_g`, `per_ln_weight` more for each logarithm of the weight, and most by `season` on `best_day`.
    """

    newcomers: Positive
    relax_days: Days
    at_500_g: Positive
    per_ln_weight: Sigma
    season: Sigma
    best_day: DayOfYear

    def k(self, weight_g: Floats, day_of_year: Floats, sea_days: Floats) -> Floats:
        """Mean condition factor of fish that have been at sea for so many days."""
        usual = self.at_500_g + self.per_ln_weight * np.log(weight_g / 500.0)
        usual = usual + self.season * year_wave(day_of_year, self.best_day)
        k: Floats = usual + (self.newcomers - usual) * np.exp(-sea_days / self.relax_days)
        return k


class SingleFish(Spec):
    """How single fish differ, and how fat they are, in place of what each stage has of it in biology.yaml.

    Their weights are `skew`ed and spread apart: by `spread_growth` less than in biology.yaml when a stage begins, and
    more when it ends. The heavy are fatter: `weight_and_condition` is the correlation. Condition goes from the middle
    of each stage on land to that of the next, and at last to that of newcomers at sea.
    """

    skew: Annotated[float, Field(gt=0, le=1)]
    spread_growth: Annotated[float, Field(ge=0, le=0.3)]
    weight_and_condition: Annotated[float, Field(ge=0, lt=1)]
    sea_condition: SeaCondition


class SeaGrowth(Spec):
    """Growth at sea by the length of the day: `level` times that of biology.yaml, up and down by `season`."""

    level: Annotated[float, Field(ge=0.5, le=1.5)]
    season: Annotated[float, Field(ge=0, le=0.5)]
    best_day: DayOfYear

    def times(self, day_of_year: Floats) -> Floats:
        """What growth is multiplied by on these days of the year."""
        times: Floats = self.level * (1.0 + self.season * year_wave(day_of_year, self.best_day))
        return times


class Containers(Spec):
    """How containers of a batch differ in growth, in place of `growth.container_sd` of biology.yaml.

    A plan gives them room for `room_sds` standard deviations; of those that become fuller, feed is held back.
    """

    growth: Annotated[float, Field(ge=0, le=0.1)]
    room_sds: Annotated[float, Field(ge=1, le=5)]


class SeaAppetite(Spec):
    """Appetite at sea: that of newcomers, the first spring of fish that came in autumn, and spells that an area shares.

    Newcomers begin with a part of it, and have all after `newcomer_days`. Who came from `autumn_from` on of a year eats
    less by `spring_dip` around `spring_day`, over weeks as `spring_spread_days` says. Spells are of standard deviation
    `spells`, and remember `memory` of the day before.
    """

    newcomers: Share
    newcomer_days: Days
    autumn_from: DayOfYear
    spring_dip: Share
    spring_day: DayOfYear
    spring_spread_days: Days
    spells: Annotated[float, Field(ge=0, le=0.3)]
    memory: Fraction

    def spring(self, came: Floats) -> Floats:
        """Days from a coming, by its day of the year, to the first spring; without end for those of no autumn."""
        spring: Floats = np.where(came >= self.autumn_from, 365.25 + self.spring_day - came, np.inf)
        return spring

    def usual(self, sea_days: Floats, spring: Floats) -> Floats:
        """What appetite is multiplied by after so many days at sea, whose first spring is after so many; 1 before."""
        new = self.newcomers + (1.0 - self.newcomers) * np.minimum(sea_days / self.newcomer_days, 1.0)
        dip = self.spring_dip * np.exp(-0.5 * ((sea_days - spring) / self.spring_spread_days) ** 2)
        usual: Floats = np.where(sea_days >= 0, new * (1.0 - dip), 1.0)
        return usual


class Conversion(Spec):
    """Feed that a gain takes, in place of the stages' in biology.yaml: more in large fish, and some is not eaten."""

    smallest: Positive
    per_kg: Annotated[float, Field(ge=0, le=0.5)]
    waste: Annotated[float, Field(ge=0, le=0.3)]

    def given(self, weight_g: Floats) -> Floats:
        """Feed given a gain [kg / kg] in fish of these weights."""
        given: Floats = (self.smallest + self.per_kg / 1000.0 * weight_g) * (1.0 + self.waste)
        return given


class HallFailure(Spec):
    """What fails in a hall now and then, for hours or days (lognormal), oftener by `season` around `worst_day`.

    `lost` is the part of what it does for the water that is gone meanwhile, `fed` that of their feed that fish get.
    """

    kind: Literal["biofilter", "pump"]
    per_year: Annotated[float, Field(ge=0, le=20)]
    season: Share
    worst_day: DayOfYear
    hours: Positive
    spread: Sigma
    longest_hours: Positive
    lost: Annotated[float, Field(ge=0, le=0.99)]
    fed: Share


class Halls(Spec):
    """One water a hall, with the waste of what all its tanks were fed that day, in place of sensors' `per_load`.

    `*_per_feed` are kilograms that a kilogram of feed takes or leaves; `*_per_day` how many times over a day the hall
    renews oxygen, strips carbon dioxide, oxidises ammonia and nitrite, and exchanges its water. Halls differ by
    `spread` (lognormal) in all but the last, and each by `weeks`. After a biofilter has failed, what it does to ammonia
    and nitrite comes back by so much of what is wanting a day.
    """

    oxygen_per_feed: Share
    carbon_dioxide_per_feed: Share
    ammonia_per_feed: Share
    oxygen_per_day: Positive
    carbon_dioxide_per_day: Positive
    ammonia_per_day: Positive
    nitrite_per_day: Positive
    water_per_day: Positive
    spread: Sigma
    weeks: Weeks
    alkalinity_mg_l: Positive
    ammonia_recovery_per_day: Share
    nitrite_recovery_per_day: Share
    emergency_oxygen_mg_l: Positive
    failures: Annotated[tuple[HallFailure, ...], Unique("kind")] = ()

    def failure(self, kind: str) -> HallFailure | None:
        """How something fails, none where it never does."""
        return next((each for each in self.failures if each.kind == kind), None)


Saturation = Annotated[float, Field(ge=0, le=120)]
"""Of water with oxygen [%]."""


class Currents(Spec):
    """Oxygen at sea: dips at both slack waters, places in the current, spells that are short of it, and what fish feel.

    Each ring has its own dips, from `dip_min_pct` to `dip_max_pct` points of saturation deep, some time before or after
    the others of its area. Areas are short of oxygen in spells (lognormal around `shortage_pct`), most around
    `shortest_day` and never half a year from it. `enough_pct` is what leaves fish their appetite and `least_pct` what
    leaves them none, at 7 and at 19 C.
    """

    dip_min_pct: Annotated[float, Field(ge=0, le=20)]
    dip_max_pct: Annotated[float, Field(ge=0, le=20)]
    late_sd_hours: Annotated[float, Field(ge=0, le=6)]
    place_sd_pct: Annotated[float, Field(ge=0, le=10)]
    shortage_pct: Annotated[float, Field(ge=0, le=20)]
    shortage_spread: Sigma
    shortage_most_pct: Annotated[float, Field(ge=0, le=60)]
    shortage_memory: Fraction
    shortest_day: DayOfYear
    enough_pct: tuple[Saturation, Saturation]
    least_pct: tuple[Saturation, Saturation]

    @model_validator(mode="after")
    def _in_order(self) -> "Currents":
        if self.dip_min_pct > self.dip_max_pct:
            raise ValueError("dip_min_pct must not be above dip_max_pct")
        if any(least >= enough for least, enough in zip(self.least_pct, self.enough_pct, strict=True)):
            raise ValueError("least_pct must be below enough_pct at both temperatures")
        return self
