"""Fish health in the catalog: what is checked and scored, the lice and how they live, vaccines, delousing, diseases."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from datagen.biology.lice import POPULATIONS
from datagen.biology.mortality import CAUSES
from datagen.catalog.spec import Fraction, Name, NotNegative, OfGeography, Positive, Ref, Share, Spec, Unique

Spread = Annotated[float, Field(ge=0, le=5)]
Population = Annotated[str, Field(pattern=f"^({'|'.join(POPULATIONS)})$")]


class Named(Spec):
    name: Name
    description: str


class Burdens(Spec):
    """What weighs on a sign: what the container went through, its lice and water, the season, and a fish lagging."""

    deaths: NotNegative = 0.0
    handling: NotNegative = 0.0
    lice: NotNegative = 0.0
    oxygen: NotNegative = 0.0
    appetite: NotNegative = 0.0
    winter: NotNegative = 0.0
    summer: NotNegative = 0.0
    runt: NotNegative = 0.0


class HealthParameter(Named):
    """A sign scored on a fish; `scores` say in clinical words what 0, 1, 2 and 3 look like.

    Where a database has it by one of the names in `also`, that row is used.
    """

    also: tuple[Name, ...] = ()

    scores: Annotated[tuple[str, ...], Field(min_length=4, max_length=4)]
    burdens: Burdens


class MortalityReason(Named):
    """What fish die of, as health staff record it; `cause` is the one of the daily count that it stands for.

    `parent` is the reason that it is a kind of, where AquaMind knows a tree of them; a parent has none itself.
    """

    cause: Annotated[str, Field(pattern=f"^({'|'.join(CAUSES)})$")] | None = None
    parent: Annotated[str | None, Ref("health.mortality_reasons.name")] = None


MOST_CHECKED_FISH = 1000
"""Of a container at a time; invented."""


class HealthChecks(Spec):
    """When and on how many fish; and at how much of each burden it weighs 1."""

    first_stage: Annotated[str, Ref("biology.stages.key")]
    every_days: Annotated[int, Field(ge=1)]
    day_of_stage: Annotated[int, Field(ge=0)]
    fish: Annotated[int, Field(ge=2, le=MOST_CHECKED_FISH)]
    one_container_in: Annotated[int, Field(ge=1)]
    score_limits: Annotated[tuple[float, ...], Field(min_length=3, max_length=3)]
    shared_variance: Share
    deaths_days: Annotated[int, Field(ge=1)]
    deaths_share: Positive
    handling_lasts_days: Positive
    lice_per_fish: Positive
    oxygen_enough_pct: Positive
    oxygen_short_pct: Positive


class Disease(Spec):
    """What a laboratory may find behind an outbreak, in which stages and up to which water temperature."""

    name: Name
    stages: Annotated[tuple[str, ...], Ref("biology.stages.key"), Field(min_length=1)]
    agent: Name
    samples: Annotated[tuple[str, ...], Ref("health.sample_types.name"), Field(min_length=1)]
    finding: str
    action: str
    pcr: bool
    warmest_c: float = 30.0


class Journal(Spec):
    """The health journal: the routine round, and from which weekly deaths on something is an issue."""

    every_days: Annotated[int, Field(ge=1)]
    alarm_times_everyday: Positive
    calm_times_everyday: Positive
    medium_week_share: Fraction
    high_week_share: Fraction
    rest_days: Annotated[int, Field(ge=7)]
    lab_days: Annotated[float, Field(ge=1)]
    lab_days_spread: Spread
    lab_containers: Annotated[int, Field(ge=1)]
    unexplained_samples: Annotated[tuple[str, ...], Ref("health.sample_types.name"), Field(min_length=1)]
    diseases: Annotated[tuple[Disease, ...], Unique(), Field(min_length=1)]


class RoutineSample(Spec):
    """What is sampled on days of a stage whatever the fish look like, and how often something is found."""

    stage: Annotated[str, Ref("biology.stages.key")]
    days_of_stage: Annotated[tuple[Annotated[int, Field(ge=0)], ...], Field(min_length=1)]
    containers: Annotated[int, Field(ge=1)]
    sample_type: Annotated[str, Ref("health.sample_types.name")]
    looked_for: Name
    found_share: Fraction
    found: str


class Health(Spec):
    score_labels: Annotated[tuple[Name, ...], Field(min_length=4, max_length=4)]
    parameters: Annotated[tuple[HealthParameter, ...], Unique(), Field(min_length=1)]
    checks: HealthChecks
    sample_types: Annotated[tuple[Named, ...], Unique()]
    mortality_reasons: Annotated[tuple[MortalityReason, ...], Unique()]
    journal: Journal
    routine_samples: tuple[RoutineSample, ...] = ()

    @model_validator(mode="after")
    def _every_cause_has_a_reason(self) -> "Health":
        named = [reason.cause for reason in self.mortality_reasons if reason.cause]
        if wrong := [cause for cause in CAUSES if named.count(cause) != 1]:
            raise ValueError(f"Name one of mortality_reasons for each cause; {wrong[0]} has {named.count(wrong[0])}")
        return self

    @model_validator(mode="after")
    def _reasons_are_a_tree_of_two_levels(self) -> "Health":
        parents = {reason.name: reason.parent for reason in self.mortality_reasons}
        if wrong := [name for name, parent in parents.items() if parent and parents.get(parent)]:
            cure = f"its parent {parents[wrong[0]]} has one itself; name one without"
            raise ValueError(f"In mortality_reasons {wrong[0]} is a kind of a kind: {cure}")
        return self


class LiceType(Spec):
    """What a count tells apart; `of` is the share of each population that is recorded as this type."""

    species: Name
    gender: Literal["male", "female", "unknown"]
    development_stage: Annotated[str, Field(min_length=1, max_length=50)]
    description: str
    of: dict[Population, Share]

    @property
    def adult(self) -> bool:
        """Whether it is recorded as adult: some of it is."""
        return bool({"adult", "caligus_adult"} & self.of.keys())


class Settling(Spec):
    """Lice settling from outside [lice/fish/day]: by season, and by how an area differs from month to month."""

    daily: Annotated[float, Field(gt=0, le=100)]
    season: Spread
    peak_day: Annotated[int, Field(ge=1, le=366)]
    area_spread: Spread
    area_memory: Fraction
    shared_share: Share


class LicePressure(OfGeography):
    """What settles of the two species of lice."""

    salmonis: Settling
    caligus: Settling


class LiceBiology(Spec):
    """How lice live; populations by the names of `datagen.biology.lice`."""

    settling: Annotated[tuple[LicePressure, ...], Unique("geography")]
    ring_spread: Spread
    hatching: NotNegative
    development_share: dict[Population, Positive]
    daily_loss: dict[Population, Fraction]


class DetectionMethod(Spec):
    name: Literal["automated", "manual", "visual", "camera"]
    confidence: Share
    share: Positive


class Counting(Spec):
    """The weekly count of every ring; a method's confidence is also the share of lice that it sees."""

    every_days: Annotated[int, Field(ge=1)]
    first_sea_day: Annotated[int, Field(ge=1)]
    fish: Annotated[int, Field(ge=1, le=1000)]
    clumping_k: Positive
    methods: Annotated[tuple[DetectionMethod, ...], Unique(), Field(min_length=1)]


class Lice(Spec):
    types: Annotated[tuple[LiceType, ...], Unique("species", "gender", "development_stage"), Field(min_length=1)]
    biology: LiceBiology
    counting: Counting

    @model_validator(mode="after")
    def _every_louse_is_of_one_type(self) -> "Lice":
        for population in POPULATIONS:
            total = sum(kind.of.get(population, 0.0) for kind in self.types)
            if abs(total - 1.0) > 1e-9:
                raise ValueError(f"The types' shares of {population} sum to {total:g}; make it 1")
            if population not in self.biology.daily_loss:
                raise ValueError(f"daily_loss lacks {population}; add it")
        return self


class Vaccine(Spec):
    name: Name
    manufacturer: Name
    dosage: Name
    description: str
    weighed_share: Share = 0.0


class Delousing(Spec):
    """A way to delouse: what it removes of mobile and of attached lice, and how that differs from ring to ring."""

    name: Name
    treatment_type: Literal["medication", "physical"]
    dosage: Annotated[str, Field(max_length=100)]
    description: str
    share: Positive
    mobile: Share
    sessile: Share
    spread: Fraction


class Treatments(Spec):
    vaccines: Annotated[tuple[Vaccine, ...], Unique()]
    delousing: Annotated[tuple[Delousing, ...], Unique(), Field(min_length=1)]
    successful_from: Share
    partial_from: Share
    vaccination_good_below_deaths: Share
    vaccination_judged_after_days: Annotated[int, Field(ge=1)]
