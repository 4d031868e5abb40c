"""What planners rest on: growth and mortality models of scenarios, and where the eggs are bought."""

from typing import Annotated

from pydantic import Field

from datagen.catalog.biology import Celsius
from datagen.catalog.spec import Name, Positive, Ref, Spec, Unique

QUARTERS = ("January-March", "April-June", "July-September", "October-December")
"""The release periods of growth models: one a calendar quarter."""


class GeographyGrowth(Spec):
    """The growth coefficient that planners reckon with in a geography, for stages of which they know no other."""

    geography: Annotated[str, Ref("company.geographies.name")]
    tgc: Annotated[float, Field(gt=0, lt=10)]

    @property
    def model_names(self) -> tuple[str, ...]:
        """Growth models from egg: of the mean year, and of each quarter."""
        return (f"{self.geography} from egg", *(f"{self.geography} from egg, {quarter}" for quarter in QUARTERS))

    @property
    def sea_model_name(self) -> str:
        return f"{self.geography} from sea"

    @property
    def profile_names(self) -> tuple[str, str]:
        """Temperature profiles: a life that begins in fresh water, and one that begins at sea."""
        return f"{self.geography} Freshwater", f"{self.geography} Sea"


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
    sea_release_day_of_year: Annotated[int, Field(ge=1, le=365)]
    sea_release_period: Name
    growth: Annotated[tuple[GeographyGrowth, ...], Unique("geography")]
    fcr_model: Name
    mortality_model: Name
    mortality_percent_per_day: Annotated[float, Field(ge=0, lt=100)]
    constraints: Name
    limits: Annotated[tuple[StageLimits, ...], Unique("stage")]


class EggSupplier(Spec):
    """A company that sells eyed eggs of a strain."""

    name: Name
    strain: Name
    contact_details: str = ""
    certifications: str = ""


class Suppliers(Spec):
    suppliers: Annotated[tuple[EggSupplier, ...], Field(min_length=1), Unique()]
