"""A geography's own parent fish, from which some of its batches come; the eggs of all others are bought."""

from typing import Annotated, Literal

from pydantic import Field, field_validator

from datagen.catalog.spec import Name, Positive, Ref, Share, Spec, Unique

Days = Annotated[int, Field(ge=1, le=1000)]


class TraitPriority(Spec):
    """How much a trait weighs where parents are chosen."""

    trait: Literal["growth_rate", "disease_resistance", "size", "fertility"]
    weight: Share


class Parents(Spec):
    """The broodstock of a geography: where it is kept (`station`, by code), and what share of batches is its own.

    Parents are chosen `selected_days` before they are stripped, and moved to `spawning_hall` (a letter) `spawning_days`
    before. A share of them is kept for a second season.
    """

    geography: Annotated[str, Ref("company.geographies.name")]
    station: str
    spawning_hall: Annotated[str, Field(pattern="^[A-Z]$")]
    strain: Name
    share: Share
    eggs_per_female: Annotated[int, Field(ge=1000, le=30_000)]
    females_per_male: Annotated[int, Field(ge=1, le=20)]
    female_kg: Positive
    male_kg: Positive
    selected_days: Days
    spawning_days: Days
    kept_share: Share
    kept_days: Days
    priorities: Annotated[tuple[TraitPriority, ...], Field(min_length=1), Unique("trait")]

    @field_validator("priorities")
    @classmethod
    def weights_make_a_whole(cls, priorities: tuple[TraitPriority, ...]) -> tuple[TraitPriority, ...]:
        total = sum(priority.weight for priority in priorities)
        if abs(total - 1) > 1e-9:
            raise ValueError(f"The weights of the traits sum to {total:g}; make it 1")
        return priorities


class Broodstock(Spec):
    """`eyed_days` pass between stripping and the delivery of eyed eggs, own or bought."""

    eyed_days: Annotated[int, Field(ge=20, le=120)] = 57
    parents: Annotated[tuple[Parents, ...], Unique("geography")] = ()
