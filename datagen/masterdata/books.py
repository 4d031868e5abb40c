"""The master data of the company's books: accounts by groups, and the rules by which costs come about."""

from collections.abc import Iterable
from typing import Any

from apps.finance.models import Account, AccountGroup, AllocationRule
from datagen.catalog import Catalog
from datagen.catalog.books import Group
from datagen.masterdata.rows import Created, create, ids_by_name


def init_books(catalog: Catalog) -> Created:
    """Groups, accounts, and a rule for each group whose costs are imported, and for the one that they are added to."""
    books = catalog.books
    created = create(
        AccountGroup,
        (
            {
                "code": group.code,
                "name": group.name,
                "account_type": group.type,
                "cost_group": group.cost_group,
                "display_order": place,
            }
            for place, group in enumerate(books.groups, start=1)
        ),
        "code",
    )
    group_ids, types = ids_by_name(AccountGroup, "code"), {group.code: group.type for group in books.groups}
    created |= create(
        Account,
        (
            {
                "code": account.code,
                "name": account.name,
                "account_type": types[account.group],
                "group_id": group_ids[account.group],
            }
            for account in books.accounts
        ),
        "code",
    )
    return created | create(AllocationRule, _rules(catalog, group_ids))


def _rules(catalog: Catalog, group_ids: dict[str, int]) -> Iterable[dict[str, Any]]:
    """Amounts are the catalog's, so that books can be made of a database alone."""
    books, groups = catalog.books, {account.code: account.group for account in catalog.books.accounts}
    # No record is older.
    first = {"effective_from": catalog.environment.sensor_installation_date}
    for group in books.costs:
        yield {
            "name": f"{group.name} by standing biomass",
            "account_group_id": group_ids[group.code],
            "rule_definition": definition(catalog, group),
            **first,
        }
    if books.value_account is not None:
        yield {
            "name": "Costs of the month to biological assets",
            "account_group_id": group_ids[groups[books.value_account]],
            "rule_definition": {"debit": books.value_account, "credit": books.change_account},
            **first,
        }


def definition(catalog: Catalog, group: Group) -> dict[str, Any]:
    """What a rule of a group says: where its costs are from, and what it is to cost."""
    books = catalog.books
    return {
        "basis": "standing_biomass",
        "currency": catalog.feeds.currency,
        "source": group.source or "standard",
        "station": group.station.model_dump(),
        "area": group.area.model_dump(),
        "budget": {
            "tonnes": {"station": books.planned.station.tonnes, "area": books.planned.area.tonnes},
            "grown_months": {"station": books.planned.station.grown_months, "area": books.planned.area.grown_months},
            "months": list(books.months),
            "accounts": {
                each.code: each.budget_share
                for each in books.accounts
                if each.group == group.code and each.budget_share > 0
            },
        },
    }
