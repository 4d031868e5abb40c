"""Puts the catalog's master data into the database; rows that are there already, by name, are left as they are."""

from django.db import transaction

from datagen.catalog import Catalog
from datagen.farm import Farm
from datagen.masterdata.activities import init_activities
from datagen.masterdata.broodstock import init_broodstock
from datagen.masterdata.company import (
    init_environment,
    init_feeds,
    init_grades,
    init_infrastructure,
    init_species,
    init_users,
)
from datagen.masterdata.finance import init_finance
from datagen.masterdata.health import init_health, init_lice, init_treatments
from datagen.masterdata.rows import Created
from datagen.masterdata.scenario import init_scenario


def init(catalog: Catalog, farm: Farm) -> Created:
    """Create whatever of the catalog is missing, all or nothing; rows created by table."""
    with transaction.atomic():  # type: ignore[no-untyped-call]
        return {
            **init_infrastructure(catalog, farm),
            **init_species(catalog),
            **init_environment(catalog),
            **init_feeds(catalog),
            **init_grades(catalog),
            **init_users(catalog),
            **init_health(catalog),
            **init_lice(catalog),
            **init_treatments(catalog),
            **init_broodstock(catalog),
            **init_scenario(catalog),
            **init_finance(catalog),
            **init_activities(catalog),
        }
