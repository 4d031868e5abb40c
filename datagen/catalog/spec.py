"""The base of everything read from a catalog: unknown keys, silent conversions and later changes are refused."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field

Loc = tuple[str | int, ...]


@dataclass(frozen=True)
class Fault:
    """Something wrong at a place of a file; in a catalog, `loc` begins with the subject, the name of its file."""

    loc: Loc
    value: object
    cure: str


class Spec(BaseModel):
    """Frozen values of the catalog; numbers carry their unit in the field's name (weight_g, temp_c, biomass_kg)."""

    # Built when first read: those that only others hold are part of what these build.
    model_config = ConfigDict(
        extra="forbid", frozen=True, allow_inf_nan=False, str_strip_whitespace=True, defer_build=True
    )


@dataclass(frozen=True)
class Ref:
    """Marks a field whose name (or names) must exist elsewhere in the catalog: `Ref("company.geographies.name")`.

    The target is a path of attributes from the catalog's root that goes through every item of a list; a path that ends
    at a mapping means its keys.
    """

    target: str


class OfGeography(Spec):
    """What is said of one geography or, without one, of all of which nothing is said alone."""

    geography: Annotated[str | None, Ref("company.geographies.name")] = None


Said = TypeVar("Said", bound=OfGeography)


def of_geography(said: Sequence[Said], geography: str) -> Said:
    """What holds in a geography (a catalog that lacks it is refused)."""
    return next(each for named in (geography, None) for each in said if each.geography == named)


class Unique:
    """Marks a list of specs of which no two may agree in all of `attributes`."""

    def __init__(self, *attributes: str) -> None:
        self.attributes = attributes or ("name",)


LEAST_EGGS, MOST_EGGS = 1_000, 10_000_000
"""Eggs of one batch; three times the largest delivery known, so that a slip of a digit is noticed."""

Name = Annotated[str, Field(min_length=1, max_length=100)]
Positive = Annotated[float, Field(ge=1e-6, le=1e6)]
NotNegative = Annotated[float, Field(ge=0, le=1e6)]
Fraction = Annotated[float, Field(ge=0, lt=1)]
"""No measure of a fish farm is outside: what is, is a slip, and would overflow later."""
Share = Annotated[float, Field(ge=0, le=1)]
Latitude = Annotated[float, Field(ge=-90, le=90)]
Longitude = Annotated[float, Field(ge=-180, le=180)]
Cause = Literal["DISEASE", "HANDLING", "PREDATION", "ENVIRONMENTAL", "UNKNOWN", "OTHER"]
Sigma = Annotated[float, Field(ge=0, le=3)]
DayOfYear = Annotated[int, Field(ge=1, le=366)]
Days = Annotated[int, Field(ge=1, le=1000)]
Days0 = Annotated[int, Field(ge=0, le=365)]
