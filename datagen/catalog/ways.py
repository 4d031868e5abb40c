"""The two ways in which a company lives, planned and lived: each is blocks that stand for a departure from the book."""

from hashlib import blake2b
from typing import Annotated, Literal

import numpy as np
from pydantic import Field, model_validator

from datagen.arrays import Floats
from datagen.biology.water import year_wave
from datagen.catalog.biology import Handling, LiceOperation
from datagen.catalog.spec import Fraction, NotNegative, Positive, Ref, Share, Spec, Unique

WayName = Literal["planned", "lived"]
Imperfections = Literal["none", "usual", "many"]
Cause = Literal["DISEASE", "HANDLING", "PREDATION", "ENVIRONMENTAL", "UNKNOWN", "OTHER"]
Sigma = Annotated[float, Field(ge=0, le=3)]
DayOfYear = Annotated[int, Field(ge=1, le=366)]
Days = Annotated[int, Field(ge=1, le=1000)]
Days0 = Annotated[int, Field(ge=0, le=365)]


class Weeks(Spec):
    """A lognormal factor of deaths, drawn for every week: its sigma, and its memory of the week before."""

    sigma: Sigma
    memory: Fraction


class Hardship(Spec):
    """Everyday deaths of some stages: a base, the season, weeks shared by a geography, a unit, a batch's container.

    `per_kg` is what each kilogram above `from_kg` adds to the logarithm of the hazard; `newcomers` what the first days
    in the stage multiply it by, fading over `newcomer_days`.
    """

    daily: dict[str, Fraction]
    season: Sigma
    worst_day: DayOfYear
    geography: Weeks
    unit: Weeks
    container: Weeks
    batch_spread: Sigma
    container_spread: Sigma
    per_kg: Sigma = 0.0
    from_kg: NotNegative = 0.0
    newcomers: NotNegative = 0.0
    newcomer_days: Days = 30


class Event(Spec):
    """What befalls an area now and then: a bloom, jellyfish, seals; a part of the chances is shared with its waters."""

    name: str
    cause: Cause
    per_year: Annotated[float, Field(ge=0, le=20)]
    from_day: DayOfYear
    until_day: DayOfYear
    duration_days: Days
    total_median: Fraction
    total_spread: Sigma
    largest_total: Fraction

    @model_validator(mode="after")
    def _in_order(self) -> "Event":
        if self.from_day > self.until_day:
            raise ValueError("from_day must not be after until_day; two events may span the turn of the year")
        return self


class Epidemic(Spec):
    """A disease that a batch meets at sea once at most, and that goes from ring to ring."""

    name: Annotated[str, Ref("health.journal.diseases.name")]
    incidence: Share
    median_sea_day: Days
    sea_day_spread: Sigma
    duration_days: Days
    total_median: Fraction
    total_spread: Sigma
    largest_total: Fraction


class Level(Spec):
    """How much more or less everyday deaths and events a geography has at sea than the others."""

    geography: Annotated[str, Ref("company.geographies.name")]
    times: Annotated[float, Field(gt=0, le=10)]


class LivedMortality(Spec):
    """Deaths with a season, a memory and neighbours, in place of those of mortality.yaml at these stages.

    Waters are cells of `waters_degrees` of latitude and twice that of longitude; `shared_share` of the chances of
    events are of the waters, and meet each of its areas with even chance. A disease reaches a ring `ring_delay_days`
    after the first one in the mean.
    """

    hardships: Annotated[tuple[Hardship, ...], Field(min_length=1)]
    levels: Annotated[tuple[Level, ...], Unique("geography")] = ()
    events: Annotated[tuple[Event, ...], Unique("name")]
    waters_degrees: Annotated[float, Field(gt=0, le=10)]
    shared_share: Share
    ring_delay_days: Annotated[int, Field(ge=0, le=200)]
    epidemics: Annotated[tuple[Epidemic, ...], Unique("name")]

    @model_validator(mode="after")
    def _each_stage_once(self) -> "LivedMortality":
        stages = [stage for hardship in self.hardships for stage in hardship.daily]
        if len(stages) != len(set(stages)):
            raise ValueError("A stage stands in two hardships; keep one")
        return self

    def level(self, geography: str) -> float:
        """What everyday deaths and chances of events at sea are multiplied by in a geography."""
        return next((each.times for each in self.levels if each.geography == geography), 1.0)

    def hardship(self, stage: str) -> Hardship | None:
        """That of a stage, none where mortality.yaml alone holds."""
        return next((each for each in self.hardships if stage in each.daily), None)


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


class SensorFault(Spec):
    """How far off the faulty sensors of a parameter are, in its unit: what a spike and a week of drift add."""

    parameter: Annotated[str, Ref("environment.parameters.name")]
    spike: NotNegative
    drift_per_week: Annotated[float, Field(ge=-1000, le=1000)] = 0.0


class Rounds(Spec):
    """Shares of days on which nobody collects the dead of an area; they are booked on the next round.

    So are the fish by which a count was rounded down: `to_ten` and `to_fifty` are the shares of large counts that are.
    """

    missed_weekdays: Share
    missed_weekends: Share
    to_ten: Annotated[float, Field(ge=0, le=0.3)] = 0.0
    to_fifty: Annotated[float, Field(ge=0, le=0.3)] = 0.0


class Remarks(Spec):
    """What people write beside counts of the dead whose record names a cause."""

    cause: Cause
    remarks: Annotated[tuple[Annotated[str, Field(min_length=1, max_length=500)], ...], Field(min_length=1)]


class Entries(Spec):
    """When counts of the dead are entered and what is remarked: `hours` (lognormal) after the round, by the evening.

    A `noted_share` of them has one of the remarks of its cause.
    """

    hours: Positive
    spread: Sigma
    noted_share: Annotated[float, Field(ge=0, le=0.2)]
    remarks: Annotated[tuple[Remarks, ...], Unique("cause")]


class Counting(Spec):
    """How the book of a ring's fish is off: by how they were counted into it, and by those that vanish unseen.

    `error` is the scale of that of a ring's count, in parts of its fish: Student's t with 3 degrees of freedom, and
    never above `largest`. `vanishing_daily` is the part of the fish that are gone each day.
    """

    error: Fraction
    largest: Share
    vanishing_daily: Annotated[float, Field(ge=0, le=0.01)]


class Recording(Spec):
    """How the record departs from what was: sensors fail, people miscount. Rates are those of each sensor or site.

    Outages are lognormal around `outage_hours`. A sensor that has begun to drift does so until it is cleaned, in rounds
    of `cleaned_every_days`. `many_times` is how much more often all is with `--imperfections many`.
    """

    lost_share: Annotated[float, Field(ge=0, le=0.1)]
    outages_per_year: Annotated[float, Field(ge=0, le=50)]
    shared_outages_per_year: Annotated[float, Field(ge=0, le=50)]
    outage_hours: Positive
    outage_spread: Sigma
    stuck_per_year: Annotated[float, Field(ge=0, le=50)]
    stuck_hours_min: Positive
    stuck_hours_max: Positive
    spike_share: Annotated[float, Field(ge=0, le=0.1)]
    drifts_per_year: Annotated[float, Field(ge=0, le=50)]
    cleaned_every_days: Days
    many_times: Annotated[float, Field(ge=1, le=5)]
    sensors: Annotated[tuple[SensorFault, ...], Unique("parameter")]
    rounds: Rounds | None = None
    counting: Counting | None = None
    entries: Entries | None = None

    @model_validator(mode="after")
    def _in_order(self) -> "Recording":
        if self.stuck_hours_min > self.stuck_hours_max:
            raise ValueError("stuck_hours_min must not be above stuck_hours_max")
        return self

    def of(self, parameter: str) -> SensorFault:
        """That of a parameter; neither spikes nor drift where nothing is said."""
        said = (each for each in self.sensors if each.parameter == parameter)
        return next(said, SensorFault(parameter=parameter, spike=0.0))


class SensorService(Spec):
    """Sensors are taken down to be cleaned, calibrated or repaired, and another of the same kind hangs there meanwhile.

    `spare_share` of the places have a second sensor, and the two take turns, `swapped_every_days` in the mean.
    """

    spare_share: Share
    swapped_every_days: Days

    def has_spare(self, sensor: str) -> bool:
        """Whether there is a second one beside this sensor: the same in every plan of the company."""
        luck = int.from_bytes(blake2b(f"{sensor} spare".encode(), digest_size=4).digest()) / 2**32
        return luck < self.spare_share


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


class Portions(Spec):
    """Slaughter of a batch over weeks, in place of all in some days: a plant takes `tonnes_per_day` at most.

    A ring with more is emptied in `most_portions` at most, `again_days` apart or more. The boat comes every
    `every_days_min` to `every_days_max` days, to one ring; more often where the rings must be empty sooner.
    """

    tonnes_per_day: Annotated[float, Field(ge=1, le=10_000)]
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
    """Over how many days a batch goes to sea, ring after ring; fewer where its rings are empty only shortly before."""

    days_min: Annotated[int, Field(ge=1, le=30)]
    days_max: Annotated[int, Field(ge=1, le=30)]

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


class Mixing(Spec):
    """Batches of which some fish are put into a ring of the batch before, which go on as a batch of both.

    A `share` of those that begin at most `days_apart` after the one before them in their geography.
    """

    share: Share
    days_apart: Days


class Way(Spec):
    """A way to live; a block that is left out is off, and then costs nothing and draws nothing."""

    mortality: LivedMortality | None = None
    orders: Orders | None = None
    recording: Recording | None = None
    quality: Quality | None = None
    single_fish: SingleFish | None = None
    containers: Containers | None = None
    sea_growth: SeaGrowth | None = None
    sea_appetite: SeaAppetite | None = None
    conversion: Conversion | None = None
    delousing: Delousing | None = None
    slaughter: Portions | None = None
    transfer_plans: TransferPlans | None = None
    sea_transfer: SeaTransfer | None = None
    grading: Grading | None = None
    thinning: Thinning | None = None
    sensor_service: SensorService | None = None
    halls: Halls | None = None
    currents: Currents | None = None
    mixing: Mixing | None = None


class Ways(Spec):
    """The guide's own calendar, complete and exact, and a farm as it is lived."""

    planned: Way = Way()
    lived: Way = Way()
