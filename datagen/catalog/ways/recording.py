"""What the record makes of what was, where a plan is lived: sensors, rounds, entries and counts that err."""

from hashlib import blake2b
from typing import Annotated, Literal

from pydantic import Field, model_validator

from datagen.catalog.spec import Cause, Days, Fraction, NotNegative, Positive, Ref, Share, Sigma, Spec, Unique


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


class Notes(Spec):
    """What people write beside other rows, and on which share: on the first of a day's meals, on a count of lice.

    `poor_meals` are those of fish that had less than `hungry_below` of their appetite.
    """

    beside: Literal["poor_meals", "meals_at_sea", "meals_on_land", "growth_samples", "lice_counts"]
    noted_share: Annotated[float, Field(ge=0, le=0.2)]
    remarks: Annotated[tuple[Annotated[str, Field(min_length=1, max_length=500)], ...], Field(min_length=1)]


class Late(Spec):
    """Shares of days whose deaths, meals or weighings of a hall or area are entered later: on a weekday, before the
    month's end is in the books.

    As many `days` later as a lognormal number says, at most `most_days`, and on to Monday.
    """

    weekdays: Share
    weekends: Share
    days: Positive
    spread: Sigma
    most_days: Annotated[int, Field(ge=1, le=60)]


class Corrections(Spec):
    """Which share of deaths and weighings is mistyped and put right on its day, `hours` (lognormal) later, and why.

    A `later_share` of these is noticed and put right 1 to `later_days` days after. Who is on duty puts it right. Of
    counts of lice an `unnoticed_share` is mistyped, and stays so.
    """

    share: Annotated[float, Field(ge=0, le=0.1)]
    later_share: Share = 0.0
    later_days: Annotated[int, Field(ge=1, le=14)] = 1
    unnoticed_share: Annotated[float, Field(ge=0, le=0.1)]
    hours: Positive
    spread: Sigma
    reasons: Annotated[tuple[Annotated[str, Field(min_length=1, max_length=100)], ...], Field(min_length=1)]


class Entries(Spec):
    """When counts of the dead are entered and what is remarked: `hours` (lognormal) after the round, by the evening.

    A `noted_share` of them has one of the remarks of its cause. `late` are entries of a later day, `corrections` those
    that were wrong at first, `notes` what is written beside other rows.
    """

    hours: Positive
    spread: Sigma
    noted_share: Annotated[float, Field(ge=0, le=0.2)]
    remarks: Annotated[tuple[Remarks, ...], Unique("cause")]
    late: Late | None = None
    corrections: Corrections | None = None
    hungry_below: Share = 0.0
    notes: Annotated[tuple[Notes, ...], Unique("beside")] = ()


class Shifts(Spec):
    """Who enters meals, deaths, weighings and counts of lice: on weekdays operators of the place, each a week.

    At weekends one is on duty for all places of the geography, by turns. Everybody is away for `leave_days` in a row
    between two days of each year, and ill in an `ill_share` of weeks; then another stands in.
    """

    leave_days: Annotated[int, Field(ge=0, le=60)]
    leave_from_day: Annotated[int, Field(ge=1, le=300)]
    leave_until_day: Annotated[int, Field(ge=1, le=365)]
    ill_share: Share

    @model_validator(mode="after")
    def _has_room(self) -> "Shifts":
        if self.leave_from_day + self.leave_days > self.leave_until_day:
            raise ValueError("leave_days must fit between leave_from_day and leave_until_day")
        return self


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
    shifts: Shifts | None = None

    @model_validator(mode="after")
    def _in_order(self) -> "Recording":
        if self.stuck_hours_min > self.stuck_hours_max:
            raise ValueError("stuck_hours_min must not be above stuck_hours_max")
        return self

    def of(self, parameter: str) -> SensorFault:
        """That of a parameter; neither spikes nor drift where nothing is said."""
        said = next((each for each in self.sensors if each.parameter == parameter), None)
        return SensorFault(parameter=parameter, spike=0.0) if said is None else said


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
