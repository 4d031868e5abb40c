"""The living part of the catalog: how salmon grow, eat and die, in what water, and what is done to them."""

from typing import Annotated

from pydantic import Field, model_validator

from datagen.catalog.spec import Name, Positive, Ref, Share, Spec, Unique

Fraction = Annotated[float, Field(ge=0, lt=1)]
NotNegative = Annotated[float, Field(ge=0)]
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
    weight_min_g: Positive
    weight_max_g: Positive
    length_min_cm: Positive
    length_max_cm: Positive
    tgc: Annotated[float, Field(ge=0, lt=10)]
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
        return self


class Growth(Spec):
    """How batches and containers differ from the book, and how steady appetite is."""

    potential: Positive
    batch_sd: Fraction
    container_sd: Fraction
    appetite_daily_sd: Fraction
    appetite_recovery_per_day: Annotated[float, Field(gt=0, le=1)]
    fcr_batch_sd: Fraction


class Eggs(Spec):
    """A delivery of eyed eggs."""

    count_min: Annotated[int, Field(gt=0)]
    count_max: Annotated[int, Field(gt=0)]
    weight_g: Positive
    weight_batch_sd: Fraction
    dead_on_arrival: Fraction
    cost_per_thousand: Positive
    temp_c: Celsius


class Sampling(Spec):
    """The weekly weighing of single fish."""

    first_stage: Annotated[str, Ref("biology.stages.key")]
    every_days: Annotated[int, Field(ge=1)]
    weekday_of_stage: Annotated[int, Field(ge=0)]
    fish: Annotated[int, Field(ge=2, le=1000)]


class Harvest(Spec):
    """When a batch is slaughtered, and what becomes of the fish."""

    target_min_g: Positive
    target_max_g: Positive
    fasting_days: Annotated[int, Field(ge=0, le=30)]
    rings_per_day: Annotated[int, Field(ge=1)]
    gutted_share: Share
    fillet_share: Share
    grade_share_sd: Fraction


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
    """A vaccination of every container on a day of the batch's life."""

    day: Annotated[int, Field(ge=1)]
    vaccine: Annotated[str, Ref("treatments.vaccines.name")]
    withholding_days: Annotated[int, Field(ge=0)]


class LiceTreatment(Handling):
    """A delousing of every ring, on a day of the sea phase."""

    sea_day: Annotated[int, Field(ge=1)]
    jitter_days: Annotated[int, Field(ge=0)]
    fasting_days: Annotated[int, Field(ge=0)]
    rings_per_day: Annotated[int, Field(ge=1)]
    duration_days: Annotated[int, Field(ge=1)]
    withholding_days: Annotated[int, Field(ge=0)]


class Biology(Spec):
    """The fish, from eyed egg to harvest."""

    species: Name
    scientific_name: Name
    stages: Annotated[tuple[Stage, ...], Unique("key"), Unique("name"), Field(min_length=6, max_length=6)]
    eggs: Eggs
    growth: Growth
    sampling: Sampling
    transfers: Annotated[tuple[Transfer, ...], Unique("into")]
    vaccinations: Annotated[tuple[Vaccination, ...], Unique("day")]
    lice_treatments: Annotated[tuple[LiceTreatment, ...], Unique("sea_day")]
    harvest: Harvest


class SeaClimate(Spec):
    """The water of a kind of sea site: a sinusoid of the year plus slow and fast weather."""

    mean_c: Celsius
    amplitude_c: NotNegative
    warmest_day: Annotated[int, Field(ge=1, le=366)]
    diurnal_c: NotNegative
    salinity_psu: Annotated[float, Field(gt=0, le=40)]
    salinity_sd: NotNegative
    oxygen_winter_pct: Positive
    oxygen_summer_pct: Positive


class Tempering(Spec):
    """The fresh water of a stage, tempered from the source that follows the year."""

    stage: Annotated[str, Ref("biology.stages.key")]
    mean_c: Celsius
    amplitude_c: NotNegative


class Freshwater(Spec):
    """The water of the halls."""

    warmest_day: Annotated[int, Field(ge=1, le=366)]
    diurnal_c: NotNegative
    weather_sd_c: NotNegative
    oxygen_pct: Positive
    tempering: Annotated[tuple[Tempering, ...], Unique("stage")]


class Weather(Spec):
    """Memory and spread of what differs from the mean year."""

    slow_sd_c: NotNegative
    slow_memory: Fraction
    fast_sd_c: NotNegative
    fast_memory: Fraction
    shared_share: Share
    container_sd_c: NotNegative
    storm_probability_winter: Share
    storm_probability_summer: Share


class Sensor(Spec):
    """How a sensor departs from the water: white noise and a drift with memory; and the water's chemistry it shows."""

    parameter: Annotated[str, Ref("environment.parameters.name")]
    noise: NotNegative
    drift: NotNegative
    level: float = 0.0
    per_load: float = 0.0
    spread: NotNegative = 0.0


class Water(Spec):
    """Temperature, salinity, oxygen and what the sensors make of them."""

    climates: dict[str, SeaClimate]
    freshwater: Freshwater
    weather: Weather
    oxygen_load_pct: NotNegative
    drift_memory: Fraction
    sensors: Annotated[tuple[Sensor, ...], Unique("parameter")]
    sea_ph: Annotated[float, Field(ge=7, le=9)]
    tidal_oxygen_pct: NotNegative


class StageHazard(Spec):
    """The everyday deaths of a stage, per day, and how they are recorded."""

    stage: Annotated[str, Ref("biology.stages.key")]
    daily: Fraction
    batch_spread: Annotated[float, Field(ge=0, le=3)]
    causes: dict[
        Annotated[str, Field(pattern="^(DISEASE|HANDLING|PREDATION|ENVIRONMENTAL|UNKNOWN|OTHER)$")], NotNegative
    ]


class Outbreak(Spec):
    """A disease at sea: how often a batch meets it, how much it takes, over how long."""

    probability: Share
    total_median: Fraction
    total_spread: Annotated[float, Field(ge=0, le=3)]
    duration_days: Annotated[int, Field(ge=5)]
    earliest_sea_day: Annotated[int, Field(ge=0)]
    latest_sea_day: Annotated[int, Field(ge=1)]


class Bloom(Spec):
    """Algae or jellyfish over a whole area in late summer."""

    probability_per_year: Share
    total_median: Fraction
    total_spread: Annotated[float, Field(ge=0, le=3)]
    duration_days: Annotated[int, Field(ge=1)]
    first_day_of_year: Annotated[int, Field(ge=1, le=366)]
    last_day_of_year: Annotated[int, Field(ge=1, le=366)]
    largest_total: Fraction


class Mortality(Spec):
    """Why and how fast fish die."""

    stages: Annotated[tuple[StageHazard, ...], Unique("stage")]
    container_spread: Annotated[float, Field(ge=0, le=3)]
    daily_spread: Annotated[float, Field(ge=0, le=3)]
    daily_memory: Fraction
    winter_factor: Positive
    outbreak: Outbreak
    bloom: Bloom
