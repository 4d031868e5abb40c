"""What the company owns and who works there: geographies, stations, areas, containers, sensors, people, products."""

import re
from datetime import date
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from datagen.catalog.spec import Latitude, Longitude, Name, Positive, Ref, Share, Spec, Unique

SensorType = Literal["TEMPERATURE", "OXYGEN", "PH", "SALINITY", "CO2", "OTHER"]
Role = Literal["ADMIN", "MGR", "OPR", "VET", "QA", "FIN", "VIEW"]
Reading = Annotated[float, Field(gt=-1e6, lt=1e6)]
GeographyName = Annotated[str, Ref("company.geographies.name")]


class Geography(Spec):
    """A region with its own weather, stores and people; `code` begins batch numbers and container names.

    `profile_code` is what AquaMind calls it in the profiles of users: it knows FO and SC, and ALL for every other.
    """

    name: Name
    code: str
    profile_code: Literal["FO", "SC", "ALL"] = "ALL"
    description: str = ""

    @field_validator("code")
    @classmethod
    def short_and_plain(cls, code: str) -> str:
        if not re.fullmatch("[A-Z][A-Z0-9]{1,9}", code):
            raise ValueError("Write 2 to 10 capital letters or digits, a letter first, such as FAR")
        return code


class Company(Spec):
    name: Name
    geographies: Annotated[tuple[Geography, ...], Field(min_length=1), Unique("name"), Unique("code")]


class Site(Spec):
    """A place on the map; what is not in production has neither sensors nor feed stores."""

    code: Annotated[str, Field(pattern="^[A-Z]+[0-9]*$", max_length=10)]
    name: Annotated[str, Field(min_length=1, max_length=80)]
    geography: GeographyName
    latitude: Latitude
    longitude: Longitude
    in_production: bool = True


class Station(Site):
    layout: Annotated[str, Ref("containers.station_layouts.name")]


class AreaGroup(Spec):
    """Areas that are spoken of together; `parent` is the group, by code, of which it is a part."""

    code: Annotated[str, Field(pattern="^[A-Z][A-Z0-9-]*$", max_length=32)]
    name: Name
    geography: GeographyName
    parent: str | None = None


class Area(Site):
    """`group` is the code of one of its geography's groups, of which no other is a part."""

    group: str | None = None
    layout: Annotated[str, Ref("containers.area_layouts.name")]
    climate: Annotated[str, Ref("water.climates")]


class Sites(Spec):
    stations: Annotated[tuple[Station, ...], Unique("name"), Unique("geography", "code")]
    areas: Annotated[tuple[Area, ...], Unique("name"), Unique("geography", "code")]
    area_groups: Annotated[tuple[AreaGroup, ...], Unique("geography", "code"), Unique("geography", "name")] = ()


class ContainerType(Spec):
    name: Name
    category: Literal["TANK", "PEN", "TRAY", "OTHER"]
    volume_m3: Annotated[float, Field(gt=0, lt=1e8)]
    max_biomass_kg: Annotated[float, Field(gt=0, lt=1e8)]
    sensors: Annotated[str, Ref("environment.sensor_sets.name")]
    description: str = ""


class HallLayout(Spec):
    """`stage` is the life stage that lives in the hall, none where no production batch ever goes.

    `racks` hold its containers, in order and in equal parts, where AquaMind knows containers in containers.
    """

    letter: Annotated[str, Field(pattern="^[A-Z]$")]
    stage: Annotated[str | None, Ref("biology.stages.key")] = None
    container_type: Annotated[str, Ref("containers.types.name")]
    containers: Annotated[int, Field(gt=0, le=999)]
    floor_area_m2: Positive
    silo_capacity_kg: Annotated[float, Field(gt=0, lt=1e8)]
    racks: Annotated[int, Field(ge=0, le=99)] = 0


class TransportTank(Spec):
    """The kind of tank that carriers have: containers, but of no hall and no area."""

    name: Name
    category: Literal["TANK", "OTHER"] = "TANK"
    volume_m3: Annotated[float, Field(gt=0, lt=1e8)]
    max_biomass_kg: Annotated[float, Field(gt=0, lt=1e8)]
    description: str = ""


class Carrier(Spec):
    """A truck, with its plate, or a vessel, with its IMO number."""

    name: Annotated[str, Field(min_length=1, max_length=80)]
    geography: GeographyName
    type: Literal["TRUCK", "VESSEL"]
    tank: Annotated[str, Ref("carriers.tanks.name")]
    tanks: Annotated[int, Field(ge=1, le=99)]
    license_plate: Annotated[str, Field(max_length=32)] = ""
    imo_number: Annotated[str, Field(max_length=20)] = ""
    captain_contact: Annotated[str, Field(max_length=255)] = ""


class Carriers(Spec):
    """What fish are moved in between stations and the sea, where AquaMind knows it."""

    tanks: Annotated[tuple[TransportTank, ...], Unique()] = ()
    carriers: Annotated[tuple[Carrier, ...], Unique()] = ()


class StationLayout(Spec):
    name: Name
    station_type: Literal["FRESHWATER", "BROODSTOCK"]
    description: str = ""
    halls: Annotated[tuple[HallLayout, ...], Field(min_length=1), Unique("letter")]


class AreaLayout(Spec):
    """Rings are shared out among the barges in order, as evenly as they go (20 among 3: 7, 7, 6)."""

    name: Name
    stage: Annotated[str, Ref("biology.stages.key")]
    container_type: Annotated[str, Ref("containers.types.name")]
    containers: Annotated[int, Field(gt=0, le=999)]
    barges: Annotated[int, Field(gt=0, le=9)]
    barge_capacity_kg: Annotated[float, Field(gt=0, lt=1e8)]


class Containers(Spec):
    types: Annotated[tuple[ContainerType, ...], Unique()]
    station_layouts: Annotated[tuple[StationLayout, ...], Unique()]
    area_layouts: Annotated[tuple[AreaLayout, ...], Unique()]


class Parameter(Spec):
    """What a sensor measures; min and max are what a reading can be, optimal_* what is good for the fish."""

    name: Name
    unit: Annotated[str, Field(max_length=20)]
    sensor_type: SensorType
    manufacturer: Name
    minimum: Reading
    maximum: Reading
    optimal_min: Reading
    optimal_max: Reading
    description: str = ""

    @model_validator(mode="after")
    def _in_order(self) -> "Parameter":
        if not self.minimum < self.maximum:
            raise ValueError("minimum must be below maximum")
        if not self.optimal_min < self.optimal_max:
            raise ValueError("optimal_min must be below optimal_max")
        return self


class SensorSet(Spec):
    """The sensors that hang in every container of a type."""

    name: Name
    parameters: Annotated[tuple[str, ...], Ref("environment.parameters.name")]

    @field_validator("parameters")
    @classmethod
    def each_parameter_once(cls, parameters: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(parameters)) < len(parameters):
            raise ValueError("A container has one sensor per parameter; remove the repeated name")
        return parameters


class Environment(Spec):
    sensor_installation_date: date
    parameters: Annotated[tuple[Parameter, ...], Unique()]
    sensor_sets: Annotated[tuple[SensorSet, ...], Unique()]


class Feed(Spec):
    """`price_per_kg` is the base around which purchases are drawn, in the catalog's `feeds.currency`."""

    name: Name
    brand: Name
    supplier: Annotated[str, Ref("feeds.suppliers.name")]
    size_category: Literal["MICRO", "SMALL", "MEDIUM", "LARGE"]
    pellet_size_mm: Positive
    protein_percent: Annotated[float, Field(ge=0, le=100)]
    fat_percent: Annotated[float, Field(ge=0, le=100)]
    carbohydrate_percent: Annotated[float, Field(ge=0, le=100)]
    price_per_kg: Positive
    shelf_life_days: Annotated[int, Field(gt=0)]
    description: str = ""


class Supplier(Spec):
    name: Name


class Feeds(Spec):
    currency: Annotated[str, Field(pattern="^[A-Z]{3}$")]
    suppliers: Annotated[tuple[Supplier, ...], Field(min_length=1), Unique()]
    feeds: Annotated[tuple[Feed, ...], Field(min_length=1), Unique()]


class Grade(Spec):
    code: Annotated[str, Field(min_length=1, max_length=50)]
    name: Name
    description: str = ""
    share: Share


class Grades(Spec):
    grades: Annotated[tuple[Grade, ...], Field(min_length=1), Unique("code")]

    @field_validator("grades")
    @classmethod
    def shares_make_a_whole(cls, grades: tuple[Grade, ...]) -> tuple[Grade, ...]:
        total = sum(grade.share for grade in grades)
        if abs(total - 1) > 1e-9:
            raise ValueError(f"The shares of the grades sum to {total:g}; make it 1")
        return grades


class Person(Spec):
    """Someone who records or executes; without a geography, for the whole company.

    An operator sees only the stations (of a freshwater subsidiary) and areas (farming) of these codes, and these
    containers; where neither is named, all of the geography's.
    """

    username: Annotated[str, Field(pattern=r"^[\w.@+-]{1,150}$")]
    first_name: Annotated[str, Field(min_length=1, max_length=60)]
    last_name: Annotated[str, Field(min_length=1, max_length=60)]
    role: Role
    geography: Annotated[str | None, Ref("company.geographies.name")] = None
    subsidiary: Literal["BS", "FW", "FM", "LG", "ALL"]
    job_title: Name
    department: Name
    language: Literal["en", "fo", "da"] = "en"
    sites: tuple[str, ...] = ()
    containers: tuple[str, ...] = ()


class People(Spec):
    email_domain: Name
    users: Annotated[tuple[Person, ...], Field(min_length=1), Unique("username")]
