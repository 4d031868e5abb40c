"""The base of everything read from a catalog: unknown keys, silent conversions and later changes are refused."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Name = Annotated[str, Field(min_length=1, max_length=100)]
Share = Annotated[float, Field(ge=0, le=1)]
Positive = Annotated[float, Field(gt=0)]
PerStage = tuple[float, float, float, float, float, float]


class Spec(BaseModel):
    """Frozen values of the catalog; numbers carry their unit in the field's name (weight_g, temp_c, biomass_kg)."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, str_strip_whitespace=True)
