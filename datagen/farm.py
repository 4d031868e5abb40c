"""The catalog resolved into arrays: containers, the water and the feed stores they share, their sensors, with ids."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Protocol

import numpy as np

from aquamind.errors import UserError
from datagen.arrays import Bools, Floats, Ints
from datagen.biology.mortality import CAUSES
from datagen.catalog import Catalog
from datagen.catalog.company import Area, AreaLayout, HallLayout, Station
from datagen.catalog.finance import SUBSIDIARIES
from datagen.catalog.reader import closest
from datagen.catalog.scenario import model_names
from datagen.catalog.spec import of_geography

Names = tuple[str, ...]

LICE_TYPE_NAME_SQL = "concat_ws(' ', species, gender, development_stage)"
"""A lice type has no name of its own in the database; this is the one it goes by here."""


SPARE = " B"
"""After the name of a sensor, that of the one with which it takes turns."""

HALL_NAME_SQL = (
    "concat_ws(' ', (SELECT name FROM infrastructure_freshwaterstation WHERE id = freshwater_station_id), name)"
)
"""A hall's name is one of its station's; here it goes by both."""


class Connection(Protocol):
    """A database connection, Django's or psycopg's."""

    def cursor(self) -> Any: ...


@dataclass(frozen=True)
class Farm:
    """Struct of arrays; what is not a name, an id or a measure is an index into the arrays of that prefix, -1 for none.

    A unit is a place with one water: the halls first, then the sea areas. Containers are ordered by unit, so a unit's
    are `unit_first_container` and the `unit_container_count` - 1 after it. Ids count from 1 in this order, unless they
    were read from a database. Companies are by geography and subsidiary, policies by geography (and grade).
    """

    geography_name: Names
    geography_code: Names
    geography_id: Ints

    station_name: Names
    station_id: Ints

    unit_name: Names
    unit_code: Names
    unit_geography: Ints
    unit_station: Ints
    unit_is_area: Bools
    unit_stage: Ints
    unit_in_production: Bools
    unit_climate: Names
    unit_warmest_day: Ints
    unit_first_container: Ints
    unit_container_count: Ints
    unit_id: Ints

    container_name: Names
    container_geography: Ints
    container_unit: Ints
    container_in_production: Bools
    container_type: Ints
    container_volume_m3: Floats
    container_max_biomass_kg: Floats
    container_store: Ints
    container_sensors: Ints
    container_id: Ints

    store_name: Names
    store_kind: Names
    store_unit: Ints
    store_capacity_kg: Floats
    store_id: Ints

    sensor_name: Names
    sensor_container: Ints
    sensor_parameter: Ints
    sensor_id: Ints
    sensor_spare: Ints
    spare_name: Names
    spare_id: Ints

    parameter_name: Names
    parameter_id: Ints
    feed_name: Names
    feed_id: Ints
    species_name: str
    species_id: int
    stage_name: Names
    stage_id: Ints
    grade_code: Names
    grade_id: Ints

    health_parameter_name: Names
    health_parameter_names: tuple[Names, ...]
    cause_reason_name: Names
    cause_reason_id: Ints
    health_parameter_id: Ints
    lice_type_name: Names
    lice_type_id: Ints
    vaccine_name: Names
    vaccine_id: Ints
    sample_type_name: Names
    sample_type_id: Ints

    supplier_name: Names
    supplier_id: Ints
    tgc_model_name: Names
    tgc_model_id: Ints
    fcr_model_name: str
    fcr_model_id: int
    mortality_model_name: str
    mortality_model_id: int
    constraints_name: str
    constraints_id: int

    company_id: Ints
    unit_site_id: Ints
    smolt_policy_id: Ints
    grade_policy_id: Ints
    transfer_content_type_id: int
    harvest_content_type_id: int

    user_name: Names
    user_role: Names
    user_geography: Ints
    user_id: Ints

    @cached_property
    def _container_of_name(self) -> dict[str, int]:
        return {name: index for index, name in enumerate(self.container_name)}

    @cached_property
    def unit_column(self) -> Ints:
        """Where each unit is among those of its geography, in their order: its column in tables [days, units]."""
        column = np.zeros(len(self.unit_name), np.int64)
        for geography in range(len(self.geography_name)):
            here = self.unit_geography == geography
            column[here] = np.arange(np.count_nonzero(here))
        return column

    def units_of(self, geography: int) -> int:
        """How many units a geography has."""
        return int(np.count_nonzero(self.unit_geography == geography))

    def containers_of(self, geography: int) -> int:
        """How many containers a geography has."""
        return int(np.count_nonzero(self.container_geography == geography))

    def geographies_in_production(self) -> list[int]:
        """Those in which fish are kept; a catalog has at least one."""
        return sorted(set(self.unit_geography[self.unit_in_production].tolist()))

    def geography_index(self, name: str) -> int:
        if name not in self.geography_name:
            raise UserError("geography", name, f"There is no such geography. {closest(name, self.geography_name)}")
        return self.geography_name.index(name)

    def container_index(self, name: str) -> int:
        if name not in self._container_of_name:
            raise UserError("container", name, f"There is no such container. {closest(name, self.container_name)}")
        return self._container_of_name[name]

    def user_ids(self, role: str, geography: int) -> Ints:
        """Ids of a geography's people of a role (OPR, MGR, VET ...), of the whole company's where it has none."""
        in_role = np.array([user == role for user in self.user_role])
        own = in_role & (self.user_geography == geography)
        ids: Ints = self.user_id[own if own.any() else in_role & (self.user_geography == -1)]
        if not len(ids):
            cure = f"Add a user with it to people.yaml, for {self.geography_name[geography]} or without a geography"
            raise UserError("role", role, cure)
        return ids


def halls(catalog: Catalog) -> Iterator[tuple[Station, HallLayout]]:
    """Every hall of the company in catalog order, with its station."""
    layouts = {layout.name: layout for layout in catalog.containers.station_layouts}
    for station in catalog.sites.stations:
        for hall in layouts[station.layout].halls:
            yield station, hall


def areas(catalog: Catalog) -> Iterator[tuple[Area, AreaLayout]]:
    """Every sea area of the company in catalog order, with its layout."""
    layouts = {layout.name: layout for layout in catalog.containers.area_layouts}
    for area in catalog.sites.areas:
        yield area, layouts[area.layout]


def resolve(catalog: Catalog) -> Farm:
    """The farm in catalog order."""
    geographies = [geography.name for geography in catalog.company.geographies]
    units = _units(catalog, geographies)
    containers = _containers(catalog, units)
    return Farm(
        geography_name=tuple(geographies),
        geography_code=tuple(geography.code for geography in catalog.company.geographies),
        geography_id=_counted(len(geographies)),
        station_name=tuple(station.name for station in catalog.sites.stations),
        station_id=_counted(len(catalog.sites.stations)),
        **units,
        **containers,
        **_stores(catalog, units, containers),
        **_sensors(catalog, containers),
        **_products(catalog),
        **_health(catalog),
        **_scenarios(catalog),
        **_finance(catalog, geographies, units),
        **_users(catalog, geographies),
    )


def with_database_ids(farm: Farm, connection: Connection) -> Farm:
    """The farm with the ids that its rows have in the database, found by name."""

    def ids(table: str, names: Sequence[str], column: str = "name", key: str = "id") -> Ints:
        return _database_ids(connection, table, column, names, key)

    def model_id(table: str, name: str, key: str = "model_id") -> int:
        return int(ids(table, [name], key=key)[0])

    halls_first = int((~farm.unit_is_area).sum())
    hall_ids = ids("infrastructure_hall", farm.unit_name[:halls_first], HALL_NAME_SQL)
    area_ids = ids("infrastructure_area", farm.unit_name[halls_first:])
    farm = replace(
        farm,
        geography_id=ids("infrastructure_geography", farm.geography_name),
        station_id=ids("infrastructure_freshwaterstation", farm.station_name),
        unit_id=np.concatenate([hall_ids, area_ids]),
        container_id=ids("infrastructure_container", farm.container_name),
        store_id=ids("infrastructure_feedcontainer", farm.store_name),
        sensor_id=ids("infrastructure_sensor", farm.sensor_name),
        spare_id=_spare_ids(connection, farm),
        parameter_id=ids("environmental_environmentalparameter", farm.parameter_name),
        feed_id=ids("inventory_feed", farm.feed_name),
        species_id=int(ids("batch_species", [farm.species_name])[0]),
        stage_id=ids("batch_lifecyclestage", farm.stage_name),
        grade_id=ids("harvest_productgrade", farm.grade_code, "code"),
        health_parameter_id=ids(
            "health_healthparameter", _called(connection, "health_healthparameter", farm.health_parameter_names)
        ),
        cause_reason_id=ids(
            "health_mortalityreason",
            _called(connection, "health_mortalityreason", ((name,) for name in farm.cause_reason_name)),
        ),
        lice_type_id=ids("health_licetype", farm.lice_type_name, LICE_TYPE_NAME_SQL),
        vaccine_id=ids("health_vaccinationtype", farm.vaccine_name),
        sample_type_id=ids("health_sampletype", farm.sample_type_name),
        supplier_id=ids("broodstock_eggsupplier", farm.supplier_name),
        tgc_model_id=ids("scenario_tgcmodel", farm.tgc_model_name, key="model_id"),
        fcr_model_id=model_id("scenario_fcrmodel", farm.fcr_model_name),
        mortality_model_id=model_id("scenario_mortalitymodel", farm.mortality_model_name),
        constraints_id=model_id("scenario_biological_constraints", farm.constraints_name, "id"),
        user_id=ids("auth_user", farm.user_name, "username"),
    )
    return replace(farm, **_finance_ids(farm, ids))


def _finance_ids(farm: Farm, ids: Callable[..., Ints]) -> dict[str, Any]:
    """Rows of the books have no names: they go by what they belong to."""
    companies = [f"{geography} {code}" for geography in farm.geography_id for code in SUBSIDIARIES]
    company_id = ids("finance_dimcompany", companies, "concat_ws(' ', geography_id, subsidiary)", "company_id")
    company_id = company_id.reshape(farm.company_id.shape)
    sites = [
        f"area {unit}" if is_area else f"station {farm.station_id[station]}"
        for unit, is_area, station in zip(farm.unit_id, farm.unit_is_area, farm.unit_station, strict=True)
    ]
    policy = "concat_ws(' ', from_company_id, to_company_id, pricing_basis, product_grade_id)"
    smolt = [f"{fw} {fm} lifecycle" for fw, fm, _ in company_id]
    harvest = [f"{fm} {lg} grade {grade}" for _, fm, lg in company_id for grade in farm.grade_id]
    grade_policy_id = ids("finance_intercompanypolicy", harvest, policy, "policy_id")
    sources = ["batch batchtransferworkflow", "harvest harvestevent"]
    content_types = ids("django_content_type", sources, "concat_ws(' ', app_label, model)")
    return {
        "company_id": company_id,
        "unit_site_id": ids("finance_dimsite", sites, "concat_ws(' ', source_model, source_pk)", "site_id"),
        "smolt_policy_id": ids("finance_intercompanypolicy", smolt, policy, "policy_id"),
        "grade_policy_id": grade_policy_id.reshape(farm.grade_policy_id.shape),
        "transfer_content_type_id": int(content_types[0]),
        "harvest_content_type_id": int(content_types[1]),
    }


def _called(connection: Connection, table: str, names: Iterable[Names]) -> list[str]:
    """What the database calls the row by each of these names, in this order and whatever the case; else the first."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT name FROM {table}")
        there = {name.casefold(): name for (name,) in cursor.fetchall()}
    return [next((there[each.casefold()] for each in known if each.casefold() in there), known[0]) for known in names]


def _database_ids(connection: Connection, table: str, column: str, names: Sequence[str], key: str = "id") -> Ints:
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {column}, min({key}), count(*) FROM {table} WHERE {column} = ANY(%s) GROUP BY {column}",
            [list(names)],
        )
        rows = {name: (row_id, times) for name, row_id, times in cursor.fetchall()}
    for name in names:
        if name not in rows:
            raise UserError(f"{table}.{column}", name, "The database has no such row: run `aquamind init`")
        if rows[name][1] > 1:
            raise UserError(f"{table}.{column}", name, f"{rows[name][1]} rows share this name; rename all but one")
    return _ints(rows[name][0] for name in names)


def _spare_ids(connection: Connection, farm: Farm) -> Ints:
    """Spares are there where a plan was lived; where none was nobody asks for them."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT FROM infrastructure_sensor WHERE name = ANY(%s) LIMIT 1", [list(farm.spare_name)])
        if cursor.fetchone() is None:
            return np.full(len(farm.spare_name), -1)
    return _database_ids(connection, "infrastructure_sensor", "name", farm.spare_name)


def _counted(count: int) -> Ints:
    return np.arange(1, count + 1)


def _ints(values: Any) -> Ints:
    return np.array(list(values), np.int64)


def _units(catalog: Catalog, geographies: list[str]) -> dict[str, Any]:
    stages = [stage.key for stage in catalog.biology.stages]
    stations = [station.name for station in catalog.sites.stations]
    in_halls = list(halls(catalog))
    in_areas = list(areas(catalog))
    both: list[tuple[Station | Area, HallLayout | AreaLayout]] = [*in_halls, *in_areas]
    counts = _ints(layout.containers for _, layout in both)
    hall_names = [f"{station.name} Hall {hall.letter}" for station, hall in in_halls]
    hall_stations = [stations.index(station.name) for station, _ in in_halls]
    return {
        "unit_code": (
            *(f"{station.code}-{hall.letter}" for station, hall in in_halls),
            *(area.code for area, _ in in_areas),
        ),
        "unit_name": (*hall_names, *(area.name for area, _ in in_areas)),
        "unit_geography": _ints(geographies.index(site.geography) for site, _ in both),
        "unit_station": _ints([*hall_stations, *[-1] * len(in_areas)]),
        "unit_is_area": np.arange(len(both)) >= len(in_halls),
        "unit_stage": _ints(stages.index(layout.stage) if layout.stage else -1 for _, layout in both),
        "unit_in_production": np.array([site.in_production and layout.stage is not None for site, layout in both]),
        "unit_climate": (*[""] * len(in_halls), *(area.climate for area, _ in in_areas)),
        "unit_warmest_day": _ints(
            [of_geography(catalog.water.freshwater, station.geography).warmest_day for station, _ in in_halls]
            + [catalog.water.climates[area.climate].height_of_summer for area, _ in in_areas]
        ),
        "unit_first_container": np.cumsum(counts) - counts,
        "unit_container_count": counts,
        "unit_id": np.concatenate([_counted(len(in_halls)), _counted(len(in_areas))]),
    }


def _containers(catalog: Catalog, units: dict[str, Any]) -> dict[str, Any]:
    codes = {geography.name: geography.code for geography in catalog.company.geographies}
    names: list[str] = []
    kinds: list[str] = []
    for station, hall in halls(catalog):
        prefix = f"{codes[station.geography]}-{station.code}-{hall.letter}"
        names += [f"{prefix}-{number:02d}" for number in range(1, hall.containers + 1)]
        kinds += [hall.container_type] * hall.containers
    for area, layout in areas(catalog):
        prefix = f"{codes[area.geography]}-{area.code}"
        names += [f"{prefix}-R{number:02d}" for number in range(1, layout.containers + 1)]
        kinds += [layout.container_type] * layout.containers
    type_names = [kind.name for kind in catalog.containers.types]
    kind = _ints(type_names.index(name) for name in kinds)
    unit = np.repeat(np.arange(len(units["unit_name"])), units["unit_container_count"])
    return {
        "container_name": tuple(names),
        "container_geography": units["unit_geography"][unit],
        "container_unit": unit,
        "container_in_production": units["unit_in_production"][unit],
        "container_type": kind,
        "container_volume_m3": np.array([each.volume_m3 for each in catalog.containers.types])[kind],
        "container_max_biomass_kg": np.array([each.max_biomass_kg for each in catalog.containers.types])[kind],
        "container_id": _counted(len(names)),
    }


def _stores(catalog: Catalog, units: dict[str, Any], containers: dict[str, Any]) -> dict[str, Any]:
    """A silo a hall and the barges of each area, where there is production; barges share the rings in order."""
    layouts: list[HallLayout | AreaLayout] = [layout for _, layout in halls(catalog)]
    layouts += [layout for _, layout in areas(catalog)]
    names: list[str] = []
    kinds: list[str] = []
    store_units: list[int] = []
    capacities: list[float] = []
    served_by = np.full(len(containers["container_name"]), -1)
    for unit in np.flatnonzero(units["unit_in_production"]):
        layout, name = layouts[unit], units["unit_name"][unit]
        first = units["unit_first_container"][unit]
        served = np.arange(first, first + layout.containers)
        if isinstance(layout, HallLayout):
            served_by[served] = len(names)
            names.append(f"{name} Silo")
            kinds.append("SILO")
            capacities.append(layout.silo_capacity_kg)
        else:
            for barge, rings in enumerate(np.array_split(served, layout.barges)):
                served_by[rings] = len(names) + barge
            names += [f"{name} Barge {barge}" for barge in range(1, layout.barges + 1)]
            kinds += ["BARGE"] * layout.barges
            capacities += [layout.barge_capacity_kg] * layout.barges
        store_units += [int(unit)] * (len(names) - len(store_units))
    return {
        "store_name": tuple(names),
        "store_kind": tuple(kinds),
        "store_unit": _ints(store_units),
        "store_capacity_kg": np.array(capacities),
        "store_id": _counted(len(names)),
        "container_store": served_by,
    }


def _sensors(catalog: Catalog, containers: dict[str, Any]) -> dict[str, Any]:
    parameters = [parameter.name for parameter in catalog.environment.parameters]
    sets = {each.name: sorted(map(parameters.index, each.parameters)) for each in catalog.environment.sensor_sets}
    hung = [sets[kind.sensors] for kind in catalog.containers.types]
    names: list[str] = []
    where: list[int] = []
    what: list[int] = []
    sensors = np.full((len(containers["container_name"]), len(parameters)), -1)
    for container in np.flatnonzero(containers["container_in_production"]):
        for parameter in hung[containers["container_type"][container]]:
            sensors[container, parameter] = len(names)
            names.append(f"{containers['container_name'][container]} {parameters[parameter]}")
            where.append(int(container))
            what.append(parameter)
    lived = catalog.ways.lived.sensor_service
    has_spare = np.array([lived is not None and lived.has_spare(name) for name in names])
    spares = tuple(f"{name}{SPARE}" for name, has in zip(names, has_spare, strict=True) if has)
    return {
        "sensor_spare": np.where(has_spare, np.cumsum(has_spare) - 1, -1),
        "spare_name": spares,
        "spare_id": len(names) + _counted(len(spares)),
        "container_sensors": sensors,
        "sensor_name": tuple(names),
        "sensor_container": _ints(where),
        "sensor_parameter": _ints(what),
        "sensor_id": _counted(len(names)),
        "parameter_name": tuple(parameters),
        "parameter_id": _counted(len(parameters)),
    }


def _products(catalog: Catalog) -> dict[str, Any]:
    return {
        "feed_name": tuple(feed.name for feed in catalog.feeds.feeds),
        "feed_id": _counted(len(catalog.feeds.feeds)),
        "species_name": catalog.biology.species,
        "species_id": 1,
        "stage_name": tuple(stage.name for stage in catalog.biology.stages),
        "stage_id": _counted(len(catalog.biology.stages)),
        "grade_code": tuple(grade.code for grade in catalog.grades.grades),
        "grade_id": _counted(len(catalog.grades.grades)),
    }


def _health(catalog: Catalog) -> dict[str, Any]:
    names = {
        "health_parameter": [parameter.name for parameter in catalog.health.parameters],
        "lice_type": [f"{kind.species} {kind.gender} {kind.development_stage}" for kind in catalog.lice.types],
        "vaccine": [vaccine.name for vaccine in catalog.treatments.vaccines],
        "sample_type": [kind.name for kind in catalog.health.sample_types],
    }
    resolved: dict[str, Any] = {f"{what}_name": tuple(known) for what, known in names.items()}
    reasons = {reason.cause: place for place, reason in enumerate(catalog.health.mortality_reasons)}
    of_cause = [reasons[cause] for cause in CAUSES]
    resolved["cause_reason_name"] = tuple(catalog.health.mortality_reasons[place].name for place in of_cause)
    resolved["cause_reason_id"] = _ints(of_cause) + 1
    resolved["health_parameter_names"] = tuple((each.name, *each.also) for each in catalog.health.parameters)
    return resolved | {f"{what}_id": _counted(len(known)) for what, known in names.items()}


def _scenarios(catalog: Catalog) -> dict[str, Any]:
    suppliers = [supplier.name for supplier in catalog.suppliers.suppliers]
    by_geography = [model_names(geography) for geography in catalog.producing()]
    models = [name for names in by_geography for name in names]
    # After those of each geography comes its model from the release on, which no batch's scenario has.
    from_release = np.repeat(np.arange(len(by_geography)), [len(names) for names in by_geography])
    return {
        "supplier_name": tuple(suppliers),
        "supplier_id": _counted(len(suppliers)),
        "tgc_model_name": tuple(models),
        "tgc_model_id": _counted(len(models)) + from_release,
        "fcr_model_name": catalog.scenarios.fcr_model,
        "fcr_model_id": 1,
        "mortality_model_name": catalog.scenarios.mortality_model,
        "mortality_model_id": 1,
        "constraints_name": catalog.scenarios.constraints,
        "constraints_id": 1,
    }


def _finance(catalog: Catalog, geographies: list[str], units: dict[str, Any]) -> dict[str, Any]:
    """Policies are counted as they are made: for each geography the smolt, then each grade."""
    places, grades, stations = len(geographies), len(catalog.grades.grades), len(catalog.sites.stations)
    policies = _counted(places * (1 + grades)).reshape(places, 1 + grades)
    areas_before = np.cumsum(units["unit_is_area"])
    return {
        "company_id": _counted(places * len(SUBSIDIARIES)).reshape(places, len(SUBSIDIARIES)),
        "unit_site_id": np.where(units["unit_is_area"], stations + areas_before, units["unit_station"] + 1),
        "smolt_policy_id": policies[:, 0],
        "grade_policy_id": policies[:, 1:],
        "transfer_content_type_id": 1,
        "harvest_content_type_id": 2,
    }


def _users(catalog: Catalog, geographies: list[str]) -> dict[str, Any]:
    users = catalog.people.users
    return {
        "user_name": tuple(user.username for user in users),
        "user_role": tuple(user.role for user in users),
        "user_geography": _ints(geographies.index(user.geography) if user.geography else -1 for user in users),
        "user_id": _counted(len(users)),
    }
