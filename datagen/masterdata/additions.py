"""What AquaMind's revision of 2026-03-25 added to tables of master data: trees, racks, carriers.

Our models have the guide's columns, so these are written beside them, where the database has them.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from django.db import connection

from apps.health.models import MortalityReason
from apps.infrastructure.models import Area, Container, ContainerType, Geography, TransportCarrier
from datagen.catalog import Catalog
from datagen.farm import Farm, halls
from datagen.masterdata.company import area_group_ids, places
from datagen.masterdata.rows import Created, Difference, Done, called, create, ids_by_name, insert, merged
from datagen.storage import ledger

Columns = Mapping[str, Any]
"""Values of columns that our models do not have."""


def init_additions(catalog: Catalog, farm: Farm) -> Created:
    """Whatever of it the database has columns for."""
    return merged(_reasons(catalog), _area_groups(catalog), _racks(catalog, farm), _carriers(catalog))


def _reasons(catalog: Catalog) -> Created:
    if not _has(MortalityReason, "parent_id"):
        return {}
    ids = ids_by_name(MortalityReason)
    of = {reason.name: ids[called(MortalityReason, reason.name)] for reason in catalog.health.mortality_reasons}
    tree = {of[each.name]: of[each.parent] if each.parent else None for each in catalog.health.mortality_reasons}
    return _set(MortalityReason, "parent_id", tree)


def _area_groups(catalog: Catalog) -> Created:
    """The group of each area."""
    if not _has(Area, "area_group_id"):
        return {}
    groups, geography_ids, area_ids = area_group_ids(), ids_by_name(Geography), ids_by_name(Area)
    of = {
        area_ids[area.name]: groups[geography_ids[area.geography], area.group] if area.group else None
        for area in catalog.sites.areas
    }
    return _set(Area, "area_group_id", of)


def _carriers(catalog: Catalog) -> Created:
    """The tanks of carriers, which stand in no hall and no area."""
    if not _has(Container, "carrier_id"):
        return {}
    tanks = {tank.name: tank for tank in catalog.carriers.tanks}
    kinds = (
        {
            "name": tank.name,
            "category": tank.category,
            "max_volume_m3": tank.volume_m3,
            "description": tank.description,
        }
        for tank in catalog.carriers.tanks
    )
    created = create(ContainerType, kinds)
    type_ids, carrier_ids = ids_by_name(ContainerType), ids_by_name(TransportCarrier)
    rows: list[dict[str, Any]] = []
    carried: dict[str, int] = {}
    for carrier in catalog.carriers.carriers:
        tank = tanks[carrier.tank]
        size = {"volume_m3": tank.volume_m3, "max_biomass_kg": tank.max_biomass_kg}
        for number in range(1, carrier.tanks + 1):
            name = f"{carrier.name} {number}"
            carried[name] = carrier_ids[carrier.name]
            rows.append({"name": name, "container_type_id": type_ids[carrier.tank], **size, "active": True})
    made = _create(Container, rows, [{"carrier_id": carrier} for carrier in carried.values()])
    ids = ids_by_name(Container)
    return merged(created, made, _set(Container, "carrier_id", {ids[name]: of for name, of in carried.items()}))


def _racks(catalog: Catalog, farm: Farm) -> Created:
    """A rack holds no fish itself, and no biomass."""
    if not _has(Container, "parent_container_id"):
        return {}
    standing, type_ids = places(farm), ids_by_name(ContainerType)
    racks: list[dict[str, Any]] = []
    parts: dict[str, str] = {}
    for unit, (_, hall) in enumerate(halls(catalog)):
        first = farm.unit_first_container[unit]
        trays = np.array_split(np.arange(first, first + hall.containers), hall.racks) if hall.racks else []
        for number, held in enumerate(trays, start=1):
            name = f"{farm.geography_code[farm.unit_geography[unit]]}-{farm.unit_code[unit]}-Rack-{number}"
            parts |= {farm.container_name[tray]: name for tray in held}
            kind = {"container_type_id": type_ids[hall.container_type], "volume_m3": 0, "max_biomass_kg": 0}
            racks.append({"name": name, **standing[unit], **kind, "active": True})
    created = _create(Container, racks, [{"hierarchy_role": "STRUCTURAL"}] * len(racks))
    ids = ids_by_name(Container)
    rack_of = {ids[tray]: ids[rack] for tray, rack in parts.items()}
    return merged(created, _set(Container, "parent_container_id", rack_of))


def _has(model: Any, column: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM pg_attribute WHERE attrelid = to_regclass('public.' || %s) AND attname = %s"
            " AND NOT attisdropped)",
            [model._meta.db_table, column],
        )
        return bool(cursor.fetchone()[0])


def _create(model: Any, rows: list[dict[str, Any]], beside: Iterable[Columns]) -> Created:
    """Rows by name, of which new ones have these values beside; compared, and brought up to the catalog, as others."""
    there = ids_by_name(model)
    new = [(model(**row), columns) for row, columns in zip(rows, beside, strict=True) if row["name"] not in there]
    insert(model, [row for row, _ in new], [columns for _, columns in new])
    return merged({model._meta.db_table: Done(created=len(new))}, create(model, rows))


def _set(model: Any, column: str, wanted: Mapping[int, int | None]) -> Created:
    """Let a column refer to other rows. No event rests on it: this tool's own rows follow the catalog at any time."""
    table = model._meta.db_table
    signed = ledger.transactions(connection.connection, "datagen.master_data") or []
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT id, name, {column}, xmin = ANY(%s::xid[]), xmin = pg_current_xact_id()::xid FROM {table}"
            " WHERE id = ANY(%s)",
            [signed, list(wanted)],
        )
        differing = [row for row in cursor.fetchall() if row[2] != wanted[row[0]]]
        follow = [(wanted[key], key) for key, _, _, own, new in differing if own or new]
        cursor.executemany(f"UPDATE {table} SET {column} = %s WHERE id = %s", follow)
    left = tuple(
        Difference(table, name, column, str(here), str(wanted[key]), False)
        for key, name, here, own, new in differing
        if not (own or new)
    )
    return {table: Done(updated=sum(own and not new for *_, own, new in differing), different=left)}
