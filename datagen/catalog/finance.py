"""Subsidiaries of the company in each geography, and the prices at which they hand fish to each other."""

from typing import Annotated

from pydantic import Field

from datagen.catalog.spec import Ref, Spec, Unique

SUBSIDIARIES = ("FW", "FM", "LG")
"""In the order in which they own a fish."""

PricePerKg = Annotated[float, Field(gt=0, lt=1e6)]


class GradePrice(Spec):
    grade: Annotated[str, Ref("grades.grades.code")]
    price_per_kg: PricePerKg


class Prices(Spec):
    """What a geography's subsidiaries pay each other, in its currency."""

    geography: Annotated[str, Ref("company.geographies.name")]
    currency: Annotated[str, Field(pattern="^[A-Z]{3}$")]
    smolt_per_kg: PricePerKg
    grades: Annotated[tuple[GradePrice, ...], Unique("grade")]


class Finance(Spec):
    """The freshwater company owns all stages but the last; prices of grades include the mark-up."""

    markup_percent: Annotated[float, Field(ge=0, lt=1000)]
    prices: Annotated[tuple[Prices, ...], Unique("geography")]
