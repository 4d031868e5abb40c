"""How fish die where a plan is lived: every day, in weeks that are alike, and of what befalls areas and batches."""

from typing import Annotated

from pydantic import Field, model_validator

from datagen.catalog.spec import Cause, DayOfYear, Days, Fraction, NotNegative, Ref, Share, Sigma, Spec, Unique


class Weeks(Spec):
    """A lognormal factor of deaths, drawn for every week: its sigma, and its memory of the week before."""

    sigma: Sigma
    memory: Fraction


class Hardship(Spec):
    """Everyday deaths of some stages: a base, the season, weeks shared by a geography, a unit, a batch's container.

    Weeks of a geography differ by sigma x (1 - `swing` x cosine of the year), least around `calmest_day`.
    `per_kg` is what each kilogram above `from_kg` adds to the logarithm of the hazard; `newcomers` what the first days
    in the stage multiply it by, fading over `newcomer_days`.
    """

    daily: dict[str, Fraction]
    season: Sigma
    worst_day: DayOfYear
    geography: Weeks
    swing: Share = 0.0
    calmest_day: DayOfYear = 1
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
