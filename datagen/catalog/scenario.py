"""What planners rest on: growth and mortality models of scenarios, and where the eggs are bought."""

from typing import Annotated

from pydantic import Field

from datagen.catalog.biology import Celsius
from datagen.catalog.spec import Fraction, Name, OfGeography, Positive, Ref, Spec, Unique

QUARTERS = ("January-March", "April-June", "July-September", "October-December")
"""The release periods of growth models: one a calendar quarter."""


def model_names(geography: str) -> tuple[str, ...]:
    """A geography's growth models from egg: of the mean year, and of each quarter."""
    return (f"{geography} from egg", *(f"{geography} from egg, {quarter}" for quarter in QUARTERS))


def sea_model_name(geography: str) -> str:
    return f"{geography} from sea"


def profile_names(geography: str) -> tuple[str, str]:
    """A geography's temperature profiles: a life that begins in fresh water, and one that begins at sea."""
    return f"{geography} Freshwater", f"{geography} Sea"


class Growth(OfGeography):
    """What planners reckon with: growth in stages of which they know no other, and when fish go to sea."""

    tgc: Annotated[float, Field(gt=0, lt=10)]
    sea_release_day_of_year: Annotated[int, Field(ge=1, le=365)]
    sea_release_period: Name


class StageLimits(Spec):
    """The water in which a stage is plausible, and the heaviest fish kept in fresh water."""

    stage: Annotated[str, Ref("biology.stages.key")]
    temp_min_c: Celsius
    temp_max_c: Celsius
    max_freshwater_weight_g: Positive | None = None


class Scenarios(Spec):
    """The baseline scenario of every batch, and its models."""

    label: Annotated[str, Field(min_length=1, max_length=60)]
    duration_days: Annotated[int, Field(ge=1, le=5000)]
    profile_days: Annotated[int, Field(ge=1, le=5000)]
    growth: Annotated[tuple[Growth, ...], Unique("geography")]
    fcr_model: Name
    mortality_model: Name
    mortality_percent_per_day: Annotated[float, Field(ge=0, lt=100)]
    constraints: Name
    limits: Annotated[tuple[StageLimits, ...], Unique("stage")]


class EggSupplier(Spec):
    """A company that sells eyed eggs of a strain; without a price of its own at that of biology.yaml."""

    name: Name
    strain: Name
    cost_per_thousand: Positive | None = None
    contact_details: str = ""
    certifications: str = ""


class Suppliers(Spec):
    """`yearly_price_sd`: sigma of the lognormal by which each one's price of a year departs from its usual one."""

    yearly_price_sd: Fraction = 0.0
    suppliers: Annotated[tuple[EggSupplier, ...], Field(min_length=1), Unique()]
