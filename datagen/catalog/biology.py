"""The living part of the catalog: how salmon grow, eat and die, in what water, and what is done to them."""

from typing import Annotated

import numpy as np
from pydantic import Field, model_validator

from datagen.arrays import Dates, Floats
from datagen.biology.mortality import CAUSES
from datagen.biology.water import monthly_course, warmest_day, year_wave
from datagen.catalog.spec import (
    LEAST_EGGS,
    MOST_EGGS,
    Fraction,
    Name,
    NotNegative,
    OfGeography,
    Positive,
    Ref,
    Share,
    Spec,
    Unique,
)

Swing = Annotated[float, Field(ge=0, le=10)]
Saturation = Annotated[float, Field(gt=0, le=200)]
Days = Annotated[int, Field(ge=0, le=3650)]
FishWeight = Annotated[float, Field(gt=0, le=30_000)]
Celsius = Annotated[float, Field(ge=-2, le=30)]


class FeedStep(Spec):
    """A feed and the weight from which on it is given."""

    feed: Annotated[str, Ref("feeds.feeds.name")]
    from_weight_g: NotNegative = 0.0


class Stage(Spec):
    """A lifecycle stage as it is lived: how long, how fast the fish grow, what they eat."""

    key: Annotated[str, Field(pattern=r"^[a-z][a-z_]*$")]
    name: Name
    description: str
    duration_days: Annotated[int, Field(ge=1, le=2000)]
    weight_min_g: FishWeight
    weight_max_g: FishWeight
    length_min_cm: Positive
    length_max_cm: Positive
    tgc: Annotated[float, Field(ge=0, le=5)]
    fcr: Annotated[float, Field(ge=0, lt=5)]
    feeds: tuple[FeedStep, ...] = ()
    meals_per_day: Annotated[int, Field(ge=0, le=48)]
    weight_cv: Fraction
    condition_k: Positive
    condition_k_sd: Positive

    @model_validator(mode="after")
    def _fed_stages_have_feed(self) -> "Stage":
        if (self.meals_per_day == 0) != (not self.feeds):
            raise ValueError("meals_per_day and feeds go together: give both, or 0 meals and no feeds")
        if self.weight_min_g >= self.weight_max_g:
            raise ValueError("weight_min_g must be below weight_max_g")
        if self.length_min_cm >= self.length_max_cm:
            raise ValueError("length_min_cm must be below length_max_cm")
        from_g = [step.from_weight_g for step in self.feeds]
        if from_g and (from_g[0] != 0 or from_g != sorted(set(from_g))):
            raise ValueError("feeds begin at from_weight_g 0 and go on to heavier fish")
        return self


class Growth(Spec):
    """How batches and containers differ from the book, and how steady appetite is."""

    potential: Annotated[float, Field(gt=0, le=1.5)]
    batch_sd: Fraction
    container_sd: Fraction
    appetite_daily_sd: Fraction
    appetite_recovery_per_day: Annotated[float, Field(gt=0, le=1)]
    fcr_batch_sd: Fraction


class Eggs(Spec):
    """A delivery of eyed eggs."""

    count_min: Annotated[int, Field(ge=LEAST_EGGS, le=MOST_EGGS)]
    count_max: Annotated[int, Field(ge=LEAST_EGGS, le=MOST_EGGS)]
    weight_g: Annotated[float, Field(ge=0.01, le=1)]
    weight_batch_sd: Fraction
    dead_on_arrival: Fraction
    cost_per_thousand: Positive
    temp_c: Celsius

    @model_validator(mode="after")
    def _in_order(self) -> "Eggs":
        if self.count_min > self.count_max:
            raise ValueError("count_min must not be above count_max")
        return self


class Sampling(Spec):
    """The weekly weighing of single fish."""

    first_stage: Annotated[str, Ref("biology.stages.key")]
    every_days: Annotated[int, Field(ge=1, le=3650)]
    weekday_of_stage: Days
    fish: Annotated[int, Field(ge=2, le=1000)]


class Harvest(Spec):
    """When a batch is slaughtered, and what becomes of the fish."""

    target_min_g: Annotated[float, Field(ge=1000, le=10_000)]
    target_max_g: Annotated[float, Field(ge=1000, le=10_000)]
    fasting_days: Annotated[int, Field(ge=0, le=30)]
    rings_per_day: Annotated[int, Field(ge=1)]
    gutted_share: Share
    fillet_share: Share
    grade_share_sd: Fraction

    @model_validator(mode="after")
    def _in_order(self) -> "Harvest":
        if self.target_min_g > self.target_max_g:
            raise ValueError("target_min_g must not be above target_max_g")
        return self


class Handling(Spec):
    """What an operation does to the fish: deaths (share of the container, spread over days) and appetite."""

    deaths_share: Fraction
    deaths_spread: Annotated[float, Field(ge=0, le=3)]
    deaths_decay_per_day: Fraction
    appetite: Share


class Transfer(Handling):
    """A move between containers; `lost_share` dies in the move itself."""

    into: Annotated[str, Ref("biology.stages.key")]
    lost_share: Fraction


class Vaccination(Handling):
    """A vaccination of every container, on a day of a stage."""

    stage: Annotated[str, Ref("biology.stages.key")]
    day_of_stage: Days
    vaccine: Annotated[str, Ref("treatments.vaccines.name")]
    withholding_days: Days


class LiceOperation(Handling):
    """A delousing of every ring, ring by ring."""

    fasting_days: Days
    rings_per_day: Annotated[int, Field(ge=1)]
    duration_days: Annotated[int, Field(ge=1, le=365)]
    withholding_days: Days

    def last_day(self, first: int, rings: int) -> int:
        """On which the last ring is deloused."""
        return first + (rings - 1) // self.rings_per_day


class LiceTreatment(LiceOperation):
    """A delousing on a day of the sea phase."""

    sea_day: Annotated[int, Field(ge=1, le=2000)]
    jitter_days: Days

    @model_validator(mode="after")
    def _within_the_sea_phase(self) -> "LiceTreatment":
        if self.sea_day <= self.jitter_days + self.fasting_days:
            raise ValueError("sea_day must leave jitter_days and fasting_days at sea before it")
        return self


class Biology(Spec):
    """The fish, from eyed egg to harvest: the first stage is laid in as eggs, the last lives at sea."""

    species: Name
    scientific_name: Name
    stages: Annotated[tuple[Stage, ...], Unique("key"), Unique("name"), Field(min_length=3, max_length=12)]
    eggs: Eggs
    growth: Growth
    sampling: Sampling
    transfers: Annotated[tuple[Transfer, ...], Unique("into")]
    vaccinations: Annotated[tuple[Vaccination, ...], Unique("stage", "day_of_stage")]
    lice_treatments: Annotated[tuple[LiceTreatment, ...], Unique("sea_day")]
    harvest: Harvest


DayOfYear = Annotated[int, Field(ge=1, le=366)]


class SeaClimate(Spec):
    """The water of a kind of sea site: a sinusoid of the year, or means of its months, plus slow and fast weather."""

    mean_c: Celsius | None = None
    amplitude_c: Swing | None = None
    warmest_day: DayOfYear | None = None
    monthly_c: Annotated[tuple[Celsius, ...], Field(min_length=12, max_length=12)] | None = None
    diurnal_c: Swing
    salinity_psu: Annotated[float, Field(gt=0, le=40)]
    salinity_sd: Swing
    oxygen_winter_pct: Saturation
    oxygen_summer_pct: Saturation

    @model_validator(mode="after")
    def _one_course_of_the_year(self) -> "SeaClimate":
        wave = [self.mean_c, self.amplitude_c, self.warmest_day]
        if (None in wave) if self.monthly_c is None else wave != [None] * 3:
            raise ValueError("Give monthly_c, or mean_c with amplitude_c and warmest_day")
        return self

    def temp_c(self, day_of_year: Floats) -> Floats:
        """Expected temperature, by day of the year."""
        if self.monthly_c is not None:
            return monthly_course(np.array(self.monthly_c), day_of_year)
        assert self.mean_c is not None
        assert self.amplitude_c is not None
        return self.mean_c + self.amplitude_c * year_wave(day_of_year, self.height_of_summer)

    @property
    def height_of_summer(self) -> int:
        """The warmest day of the year."""
        if self.monthly_c is not None:
            return warmest_day(np.array(self.monthly_c))
        assert self.warmest_day is not None
        return self.warmest_day


class Tempering(Spec):
    """The fresh water of a stage, tempered from the source that follows the year."""

    stage: Annotated[str, Ref("biology.stages.key")]
    mean_c: Celsius
    amplitude_c: Swing


class Freshwater(OfGeography):
    """The water of the halls."""

    warmest_day: DayOfYear
    diurnal_c: Swing
    weather_sd_c: Swing
    oxygen_pct: Saturation
    tempering: Annotated[tuple[Tempering, ...], Unique("stage")]

    def temp_c(self, stage: str, day_of_year: Floats) -> Floats:
        """Expected temperature of a stage's water, by day of the year."""
        tempering = next(each for each in self.tempering if each.stage == stage)
        return tempering.mean_c + tempering.amplitude_c * year_wave(day_of_year, self.warmest_day)


class Weather(Spec):
    """Memory and spread of what differs from the mean year."""

    slow_sd_c: Annotated[float, Field(ge=0, le=3)]
    slow_memory: Fraction
    fast_sd_c: Annotated[float, Field(ge=0, le=3)]
    fast_memory: Fraction
    shared_share: Share
    container_sd_c: Annotated[float, Field(ge=0, le=3)]


class Storms(OfGeography):
    """How likely a day is one on which nobody feeds at sea, in some months and in the others."""

    months: tuple[Annotated[int, Field(ge=1, le=12)], ...]
    probability_in_season: Share
    probability_else: Share

    def probability(self, dates: Dates) -> Floats:
        """Chance of a storm, by day."""
        month = dates.astype("datetime64[M]").astype(int) % 12 + 1
        return np.where(np.isin(month, self.months), self.probability_in_season, self.probability_else)


SIMULATED = ("Temperature", "Salinity", "Dissolved Oxygen")
"""What sensors show of the simulated water, by AquaMind's names."""


class Sensor(Spec):
    """How a sensor departs from the water: white noise and a drift with memory; and the water's chemistry it shows."""

    parameter: Annotated[str, Ref("environment.parameters.name")]
    noise: NotNegative
    drift: NotNegative
    level: float = 0.0
    per_load: float = 0.0
    spread: NotNegative = 0.0

    @model_validator(mode="after")
    def _shows_something(self) -> "Sensor":
        if self.parameter not in SIMULATED and not self.level:
            raise ValueError(f"Give its level, or a name that the simulation knows: {', '.join(SIMULATED)}")
        return self


class Water(Spec):
    """Temperature, salinity, oxygen and what the sensors make of them."""

    climates: dict[str, SeaClimate]
    freshwater: Annotated[tuple[Freshwater, ...], Unique("geography")]
    weather: Weather
    storms: Annotated[tuple[Storms, ...], Unique("geography")]
    oxygen_load_pct: Annotated[float, Field(ge=0, le=50)]
    drift_memory: Fraction
    sensors: Annotated[tuple[Sensor, ...], Unique("parameter")]
    sea_ph: Annotated[float, Field(ge=7, le=9)]
    tidal_oxygen_pct: Annotated[float, Field(ge=0, le=50)]


class StageHazard(Spec):
    """The everyday deaths of a stage, per day, and how they are recorded."""

    stage: Annotated[str, Ref("biology.stages.key")]
    daily: Fraction
    batch_spread: Annotated[float, Field(ge=0, le=3)]
    causes: dict[Annotated[str, Field(pattern=f"^({'|'.join(CAUSES)})$")], NotNegative]

    @model_validator(mode="after")
    def _some_cause(self) -> "StageHazard":
        if not sum(self.causes.values()) > 0:
            raise ValueError("causes need a weight above 0")
        return self


class Outbreak(Spec):
    """A disease at sea: how often a batch meets it, how much it takes, over how long."""

    probability: Share
    total_median: Fraction
    total_spread: Annotated[float, Field(ge=0, le=3)]
    duration_days: Annotated[int, Field(ge=5, le=1000)]
    earliest_sea_day: Days
    latest_sea_day: Days

    @model_validator(mode="after")
    def _in_order(self) -> "Outbreak":
        if self.earliest_sea_day > self.latest_sea_day:
            raise ValueError("earliest_sea_day must not be after latest_sea_day")
        return self


class Bloom(Spec):
    """Algae or jellyfish over a whole area in late summer."""

    probability_per_year: Share
    total_median: Fraction
    total_spread: Annotated[float, Field(ge=0, le=3)]
    duration_days: Annotated[int, Field(ge=1, le=365)]
    first_day_of_year: Annotated[int, Field(ge=1, le=366)]
    last_day_of_year: Annotated[int, Field(ge=1, le=366)]
    largest_total: Fraction

    @model_validator(mode="after")
    def _in_order(self) -> "Bloom":
        if self.first_day_of_year > self.last_day_of_year:
            raise ValueError("first_day_of_year must not be after last_day_of_year")
        return self


class Mortality(Spec):
    """Why and how fast fish die."""

    stages: Annotated[tuple[StageHazard, ...], Unique("stage")]
    container_spread: Annotated[float, Field(ge=0, le=3)]
    daily_spread: Annotated[float, Field(ge=0, le=3)]
    daily_memory: Fraction
    winter_factor: Annotated[float, Field(ge=0.1, le=10)]
    outbreak: Outbreak
    bloom: Bloom
