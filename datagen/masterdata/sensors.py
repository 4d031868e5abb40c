"""When each sensor was last calibrated: once a year, each on its own day, up to the last day of the record."""

import hashlib
from datetime import date, timedelta

from datagen.masterdata import trail
from datagen.storage import ledger
from datagen.storage.ledger import Connection

CALIBRATED = """
    UPDATE infrastructure_sensor SET last_calibration_date = day
    FROM (SELECT id AS sensor, greatest(installation_date,
                     %(as_of)s::date - mod(('x' || substr(md5(name), 1, 7))::bit(28)::int, 365)) AS day
          FROM infrastructure_sensor) AS calibration
    WHERE id = sensor AND xmin = ANY(%(own)s::xid[]) AND last_calibration_date IS DISTINCT FROM day
"""


def calibrate(connection: Connection, as_of: date) -> None:
    """Date this tool's sensors within the year before a day; what somebody has changed stays."""
    own = ledger.transactions(connection, "datagen.master_data") or []
    with connection.transaction():
        if connection.execute(CALIBRATED, {"as_of": as_of, "own": own}).rowcount:
            trail.enter(connection, ["infrastructure_sensor"])
            ledger.sign_master_data(connection)


def calibrated(name: str, installed: date, as_of: date) -> date:
    """The same day for a sensor that is in no database."""
    before = int(hashlib.md5(name.encode(), usedforsecurity=False).hexdigest()[:7], 16) % 365
    return max(installed, as_of - timedelta(days=before))
