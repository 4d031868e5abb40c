"""The company's own master data: sites, containers, sensors, species, parameters, feeds, grades."""

import hashlib
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from apps.batch.models import LifeCycleStage, Species
from apps.environmental.models import EnvironmentalParameter
from apps.harvest.models import ProductGrade
from apps.infrastructure.models import (
    Area,
    AreaGroup,
    Container,
    ContainerType,
    FeedContainer,
    FreshwaterStation,
    Geography,
    Hall,
    Sensor,
    TransportCarrier,
)
from apps.inventory.models import Feed
from aquamind.errors import UserError
from datagen.arrays import Ints
from datagen.catalog import Catalog
from datagen.farm import Farm, areas, halls
from datagen.masterdata.rows import Created, create, ids_by_name, lacking, merged, there


def init_infrastructure(catalog: Catalog, farm: Farm) -> Created:
    """Geographies, stations, halls, areas, containers, sensors, feed stores: 14,000 rows in about 2 seconds."""
    return {
        **_init_sites(catalog),
        **_init_area_groups(catalog),
        **_init_carriers(catalog),
        **_init_containers(catalog, farm),
        **_init_sensors(catalog, farm),
    }


def init_species(catalog: Catalog) -> Created:
    """The species with the water it thrives in, and its lifecycle stages."""
    biology = catalog.biology
    best = {parameter.name: parameter for parameter in catalog.environment.parameters}
    temperature, oxygen, ph = (best.get(name) for name in ("Temperature", "Dissolved Oxygen", "pH"))
    species = {
        "name": biology.species,
        "scientific_name": biology.scientific_name,
        "optimal_temperature_min": temperature and temperature.optimal_min,
        "optimal_temperature_max": temperature and temperature.optimal_max,
        "optimal_oxygen_min": oxygen and oxygen.optimal_min,
        "optimal_ph_min": ph and ph.optimal_min,
        "optimal_ph_max": ph and ph.optimal_max,
    }
    created = create(Species, [species])
    species_id = ids_by_name(Species)[biology.species]
    stages = [
        {
            "species_id": species_id,
            "name": stage.name,
            "order": order,
            "description": stage.description,
            "expected_weight_min_g": stage.weight_min_g,
            "expected_weight_max_g": stage.weight_max_g,
            "expected_length_min_cm": stage.length_min_cm,
            "expected_length_max_cm": stage.length_max_cm,
            "typical_duration_days": stage.duration_days,
        }
        for order, stage in enumerate(biology.stages, start=1)
    ]
    called = {row.order: row.name for row in there(LifeCycleStage) if row.species_id == species_id}
    for stage in stages:
        if called.get(stage["order"], stage["name"]) != stage["name"]:
            cure = f"The database calls stage {stage['order']} {called[stage['order']]!r}; rename one of the two"
            raise UserError("biology.stages.name", stage["name"], cure)
    return created | create(LifeCycleStage, stages)


def init_environment(catalog: Catalog) -> Created:
    """What sensors measure, with its limits."""
    return create(
        EnvironmentalParameter,
        (
            {
                "name": parameter.name,
                "unit": parameter.unit,
                "description": parameter.description,
                "min_value": parameter.minimum,
                "max_value": parameter.maximum,
                "optimal_min": parameter.optimal_min,
                "optimal_max": parameter.optimal_max,
            }
            for parameter in catalog.environment.parameters
        ),
    )


def init_feeds(catalog: Catalog) -> Created:
    """The feed products."""
    return create(
        Feed,
        (
            {
                "name": feed.name,
                "brand": feed.brand,
                "size_category": feed.size_category,
                "pellet_size_mm": feed.pellet_size_mm,
                "protein_percentage": feed.protein_percent,
                "fat_percentage": feed.fat_percent,
                "carbohydrate_percentage": feed.carbohydrate_percent,
                "description": feed.description,
            }
            for feed in catalog.feeds.feeds
        ),
    )


def init_grades(catalog: Catalog) -> Created:
    """The grades that harvested fish are sorted into."""
    rows = (
        {"code": grade.code, "name": grade.name, "description": grade.description} for grade in catalog.grades.grades
    )
    return create(ProductGrade, rows, "code")


def _init_sites(catalog: Catalog) -> Created:
    geographies = ({"name": each.name, "description": each.description} for each in catalog.company.geographies)
    created = create(Geography, geographies)
    geography_ids = ids_by_name(Geography)
    layouts = {layout.name: layout for layout in catalog.containers.station_layouts}
    stations = (
        {
            "name": station.name,
            "geography_id": geography_ids[station.geography],
            "station_type": layouts[station.layout].station_type,
            "description": layouts[station.layout].description,
            "latitude": station.latitude,
            "longitude": station.longitude,
            "active": station.in_production,
        }
        for station in catalog.sites.stations
    )
    created |= create(FreshwaterStation, stations)
    station_ids = ids_by_name(FreshwaterStation)
    stages = {stage.key: stage.name for stage in catalog.biology.stages}
    hall_rows = (
        {
            "name": f"Hall {hall.letter}",
            "freshwater_station_id": station_ids[station.name],
            "description": f"{stages[hall.stage]} hall" if hall.stage else "",
            "area_sqm": hall.floor_area_m2,
            "active": station.in_production,
        }
        for station, hall in halls(catalog)
    )
    created |= create(Hall, hall_rows, "freshwater_station_id", "name")
    ring_kg = {kind.name: kind.max_biomass_kg for kind in catalog.containers.types}
    area_rows = (
        {
            "name": area.name,
            "geography_id": geography_ids[area.geography],
            "latitude": area.latitude,
            "longitude": area.longitude,
            # What its rings may hold together: no page knows another number.
            "max_biomass": layout.containers * ring_kg[layout.container_type],
            "active": area.in_production,
        }
        for area, layout in areas(catalog)
    )
    return created | create(Area, area_rows)


def _init_area_groups(catalog: Catalog) -> Created:
    """The wholes, then their parts."""
    done: list[Created] = []
    for parts in (False, True):
        ids, geography_ids = area_group_ids(), ids_by_name(Geography)
        rows = [
            {
                "name": group.name,
                "code": group.code,
                "geography_id": geography_ids[group.geography],
                "parent_id": ids.get((geography_ids[group.geography], group.parent)),
            }
            for group in catalog.sites.area_groups
            if (group.parent is not None) == parts
        ]
        done.append(create(AreaGroup, rows, "geography_id", "code"))
    return merged(*done)


def area_group_ids() -> dict[tuple[int, str | None], int]:
    """By geography and code; none where the database's revision has no groups."""
    if lacking(AreaGroup):
        return {}
    return {(group.geography_id, group.code): group.pk for group in there(AreaGroup)}


def _init_carriers(catalog: Catalog) -> Created:
    geography_ids, tanks = ids_by_name(Geography), {tank.name: tank for tank in catalog.carriers.tanks}
    rows = (
        {
            "name": carrier.name,
            "geography_id": geography_ids[carrier.geography],
            "carrier_type": carrier.type,
            "capacity_m3": carrier.tanks * tanks[carrier.tank].volume_m3,
            "license_plate": carrier.license_plate,
            "imo_number": carrier.imo_number,
            "captain_contact": carrier.captain_contact,
        }
        for carrier in catalog.carriers.carriers
    )
    return create(TransportCarrier, rows)


def _init_containers(catalog: Catalog, farm: Farm) -> Created:
    types = catalog.containers.types
    created = create(
        ContainerType,
        (
            {
                "name": kind.name,
                "category": kind.category,
                "max_volume_m3": kind.volume_m3,
                "description": kind.description,
            }
            for kind in types
        ),
    )
    type_ids, standing = ids_by_name(ContainerType), places(farm)
    containers = (
        {
            "name": name,
            **standing[farm.container_unit[index]],
            "container_type_id": type_ids[types[farm.container_type[index]].name],
            "volume_m3": farm.container_volume_m3[index],
            "max_biomass_kg": farm.container_max_biomass_kg[index],
            # The guide's check before a run counts all 2,017; what is out of production shows in station, hall or area.
            "active": True,
        }
        for index, name in enumerate(farm.container_name)
    )
    created |= create(Container, containers)
    stores = (
        {
            "name": name,
            **standing[farm.store_unit[index]],
            "container_type": farm.store_kind[index],
            "capacity_kg": farm.store_capacity_kg[index],
        }
        for index, name in enumerate(farm.store_name)
    )
    return created | create(FeedContainer, stores)


def places(farm: Farm) -> list[dict[str, Any]]:
    """For each unit the foreign keys of what stands there: a hall or an area."""
    stations = {key: name for name, key in ids_by_name(FreshwaterStation).items()}
    hall_ids = {f"{stations[hall.freshwater_station_id]} {hall.name}": hall.pk for hall in there(Hall)}
    area_ids = ids_by_name(Area)
    return [
        {"area_id": area_ids[name]} if is_area else {"hall_id": hall_ids[name]}
        for name, is_area in zip(farm.unit_name, farm.unit_is_area, strict=True)
    ]


def _init_sensors(catalog: Catalog, farm: Farm) -> Created:
    return create(Sensor, _sensors(catalog, farm, farm.sensor_name, np.arange(len(farm.sensor_name))))


def init_spares(catalog: Catalog, farm: Farm) -> Created:
    """The second sensors of places, which hang there in turns where a plan is lived."""
    return create(Sensor, _sensors(catalog, farm, farm.spare_name, np.flatnonzero(farm.sensor_spare >= 0)))


def _sensors(catalog: Catalog, farm: Farm, names: Iterable[str], places: Ints) -> Iterator[dict[str, Any]]:
    """Sensors of these names, each of one of the farm's places of sensors."""
    environment = catalog.environment
    container_ids = ids_by_name(Container)
    for name, place in zip(names, places, strict=True):
        measured = environment.parameters[farm.sensor_parameter[place]]
        yield {
            "name": name,
            "container_id": container_ids[farm.container_name[farm.sensor_container[place]]],
            "sensor_type": measured.sensor_type,
            "manufacturer": measured.manufacturer,
            "serial_number": hashlib.blake2b(name.encode(), digest_size=6).hexdigest().upper(),
            "installation_date": environment.sensor_installation_date,
            "last_calibration_date": environment.sensor_installation_date,
        }
