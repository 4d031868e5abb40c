"""The master data of the books: companies, sites, and the prices between companies."""

from collections.abc import Iterable
from typing import Any

from apps.batch.models import LifeCycleStage
from apps.finance.models import DimCompany, DimSite, IntercompanyPolicy
from apps.harvest.models import ProductGrade
from apps.infrastructure.models import Area, FreshwaterStation, Geography
from datagen.catalog import Catalog
from datagen.catalog.finance import SUBSIDIARIES, Prices
from datagen.masterdata.rows import Created, create, ids_by_name, there


def init_finance(catalog: Catalog) -> Created:
    """Companies by geography and subsidiary, a site for every station and area, and the policies between companies."""
    prices = {each.geography: each for each in catalog.finance.prices}
    geography_ids = ids_by_name(Geography)
    created = create(
        DimCompany,
        (
            {
                "geography_id": geography_ids[geography.name],
                "subsidiary": subsidiary,
                # As AquaMind's own synchronisation calls it, which would rename any other.
                "display_name": f"{subsidiary}-{geography.name}",
                "currency": prices[geography.name].currency,
                "nav_company_code": f"{geography.code}-{subsidiary}",
            }
            for geography in catalog.company.geographies
            for subsidiary in SUBSIDIARIES
        ),
        "geography_id",
        "subsidiary",
    )
    companies = _company_ids(
        {geography.name: geography_ids[geography.name] for geography in catalog.company.geographies}
    )
    created |= create(DimSite, _sites(catalog, companies), "source_model", "source_pk")
    policies = _policies(catalog, companies, prices)
    keys = ("from_company_id", "to_company_id", "pricing_basis", "lifecycle_stage_id", "product_grade_id")
    return created | create(IntercompanyPolicy, policies, *keys)


def _company_ids(geography_ids: dict[str, int]) -> dict[tuple[str, str], int]:
    """Companies by name of the geography and subsidiary."""
    ids = {(company.geography_id, company.subsidiary): company.pk for company in there(DimCompany)}
    return {(name, code): ids[place, code] for name, place in geography_ids.items() for code in SUBSIDIARIES}


def _sites(catalog: Catalog, companies: dict[tuple[str, str], int]) -> Iterable[dict[str, Any]]:
    """Stations belong to the freshwater company, areas to the farming company."""
    kinds = (
        ("station", "FW", catalog.sites.stations, ids_by_name(FreshwaterStation)),
        ("area", "FM", catalog.sites.areas, ids_by_name(Area)),
    )
    for source_model, subsidiary, sites, ids in kinds:
        for site in sites:
            yield {
                "company_id": companies[site.geography, subsidiary],
                "source_model": source_model,
                "source_pk": ids[site.name],
                "site_name": site.name,
            }


def _policies(
    catalog: Catalog, companies: dict[tuple[str, str], int], prices: dict[str, Prices]
) -> Iterable[dict[str, Any]]:
    grade_ids = ids_by_name(ProductGrade, "code")
    stage_id = ids_by_name(LifeCycleStage)[catalog.biology.stages[-2].name]
    for geography, price in prices.items():
        fresh, farming, logistics = (companies[geography, code] for code in SUBSIDIARIES)
        yield {
            "from_company_id": fresh,
            "to_company_id": farming,
            "pricing_basis": "lifecycle",
            "lifecycle_stage_id": stage_id,
            "product_grade_id": None,
            "method": "standard",
            "price_per_kg": price.smolt_per_kg,
        }
        for each in price.grades:
            yield {
                "from_company_id": farming,
                "to_company_id": logistics,
                "pricing_basis": "grade",
                "lifecycle_stage_id": None,
                "product_grade_id": grade_ids[each.grade],
                "method": "cost_plus",
                "markup_percent": catalog.finance.markup_percent,
                "price_per_kg": each.price_per_kg,
            }
