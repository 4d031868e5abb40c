"""The master data of broodstock: who sells eggs."""

from apps.broodstock.models import EggSupplier
from datagen.catalog import Catalog
from datagen.masterdata.rows import Created, create


def init_broodstock(catalog: Catalog) -> Created:
    """The egg suppliers."""
    return create(
        EggSupplier,
        (
            {
                "name": supplier.name,
                "contact_details": supplier.contact_details,
                "certifications": supplier.certifications,
            }
            for supplier in catalog.suppliers.suppliers
        ),
    )
