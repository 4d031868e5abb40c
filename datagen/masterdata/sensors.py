"""What becomes of sensors as the record goes on: which of two hangs in its place, and when each was last calibrated."""

import hashlib
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any, NamedTuple

import numpy as np
from django.db import connection as django_connection
from django.db import transaction

from datagen.case import Case
from datagen.masterdata import trail
from datagen.masterdata.company import init_spares
from datagen.storage import ledger
from datagen.storage.ledger import Connection

CALIBRATED = """
    UPDATE infrastructure_sensor SET last_calibration_date = day, active = hangs
    FROM (SELECT id AS sensor, coalesce(in_turn.hangs, active) AS hangs,
              greatest(installation_date, %(as_of)s::date - mod(('x' || substr(md5(name), 1, 7))::bit(28)::int, 365),
                  hung_on) AS day
          FROM infrastructure_sensor
          LEFT JOIN unnest(%(ids)s::bigint[], %(hangs)s::bool[], %(hung_on)s::date[])
              AS in_turn (sensor, hangs, hung_on) ON sensor = id) AS calibration
    WHERE id = sensor AND xmin = ANY(%(own)s::xid[])
        AND (last_calibration_date, active) IS DISTINCT FROM (day, hangs)
"""


class InTurn(NamedTuple):
    """A sensor that takes turns with another: whether it hangs on the record's last day, and since when."""

    number: int
    spare: bool
    hangs: bool
    hung_on: date | None


def add_spares(connection: Connection, case: Case) -> None:
    """Register the second sensors of places, if the plan has them hang there."""
    if case.way.sensor_service is None:
        return
    with transaction.atomic():
        created = init_spares(case.catalog, case.farm)
        trail.enter(django_connection.connection, created)
        ledger.sign_master_data(django_connection.connection)


def calibrate(connection: Connection, as_of: date, case: Case | None = None) -> None:
    """Date this tool's sensors within the year before a day, or when they were hung up.

    What somebody has changed stays. Those that take turns are in use or not, as the case has them on its last day.
    """
    own = ledger.transactions(connection, "datagen.master_data") or []
    turns = [] if case is None else list(in_turn(case))
    farm = None if case is None else case.farm
    ids = [int((farm.spare_id if each.spare else farm.sensor_id)[each.number]) for each in turns] if farm else []
    given: dict[str, Any] = {
        "as_of": as_of,
        "own": own,
        "ids": ids,
        "hangs": [each.hangs for each in turns],
        "hung_on": [each.hung_on for each in turns],
    }
    with connection.transaction():
        if connection.execute(CALIBRATED, given).rowcount:
            trail.enter(connection, ["infrastructure_sensor"])
            ledger.sign_master_data(connection)


def in_turn(case: Case) -> Iterator[InTurn]:
    """The sensors of all places that have two, as they are on the last day of a lived plan."""
    if case.way.sensor_service is None:
        return
    farm, days = case.farm, case.plan.days
    place, day = np.divmod(case.swaps, days)
    swapped = np.bincount(place, minlength=farm.container_sensors.size)
    # Of a place the last of its days; on the record's first day a sensor is there, and none is hung up.
    last = np.zeros(farm.container_sensors.size, np.int64)
    np.maximum.at(last, place, day)
    two = (farm.container_sensors >= 0) & (farm.sensor_spare[farm.container_sensors] >= 0)
    for each in np.flatnonzero(two & farm.container_in_production[:, None]).tolist():
        sensor, turned = int(farm.container_sensors.flat[each]), bool(swapped[each] % 2)
        hung_on = case.plan.first_day + timedelta(days=int(last[each])) if last[each] else None
        yield InTurn(sensor, False, not turned, None if turned else hung_on)
        yield InTurn(int(farm.sensor_spare[sensor]), True, turned, hung_on if turned else None)


def in_service(case: Case, sensors: list[Any]) -> None:
    """The same for sensors that are in no database, in the order of the farm and after them its spares."""
    for sensor in sensors:
        before = int(hashlib.md5(sensor.name.encode(), usedforsecurity=False).hexdigest()[:7], 16) % 365
        sensor.last_calibration_date = max(sensor.installation_date, case.plan.as_of - timedelta(days=before))
    for each in in_turn(case):
        sensor = sensors[len(case.farm.sensor_name) * each.spare + each.number]
        sensor.active = each.hangs
        if each.hung_on is not None:
            sensor.last_calibration_date = max(sensor.last_calibration_date, each.hung_on)
