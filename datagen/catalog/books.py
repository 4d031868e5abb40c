"""The company's books: its accounts by groups, what a site costs, and how a budget is made of that."""

from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from datagen.catalog.spec import Name, NotNegative, Ref, Share, Spec, Unique

AccountType = Literal["ASSET", "LIABILITY", "EQUITY", "REVENUE", "EXPENSE"]
Season = Annotated[tuple[Annotated[float, Field(gt=0, le=10)], ...], Field(min_length=12, max_length=12)]
Amount = Annotated[float, Field(ge=0, le=1e8)]
"""Of money, in whatever currency."""
Code = Annotated[str, Field(pattern="^[A-Za-z0-9_.-]{1,32}$")]


class SiteCost(Spec):
    """What a site costs, in `feeds.currency`: in every month from its first fish on, and for each tonne of fish."""

    per_month: Amount = 0.0
    per_tonne: Amount = 0.0


class Group(Spec):
    """Accounts that are looked at together. Those with a `cost_group` are imported each month, site by site.

    `source` is where the record has the very amount: `meals`, what was paid for the feed that was given; `eggs`, for
    the eggs that were delivered. Then `station` and `area` are for the budget alone.
    """

    code: Code
    name: Name
    type: AccountType
    cost_group: Annotated[str | None, Field(pattern="^[A-Z_]{1,64}$")] = None
    source: Literal["meals", "eggs"] | None = None
    station: SiteCost = SiteCost()
    area: SiteCost = SiteCost()

    @model_validator(mode="after")
    def _costs_are_imported(self) -> "Group":
        if (self.cost_group is not None) != (self.type == "EXPENSE" and self._costs):
            raise ValueError("Give a cost_group to an EXPENSE with a source, or with costs of stations or areas")
        return self

    @property
    def _costs(self) -> bool:
        said = (self.station, self.area)
        return self.source is not None or any(each.per_month or each.per_tonne for each in said)


class Account(Spec):
    """`budget_share` is the account's part of what its group is to spend."""

    code: Code
    name: Name
    group: Annotated[str, Ref("books.groups.code")]
    budget_share: Share = 0.0


class Planned(Spec):
    """Fish that a site is budgeted with: so many tonnes when they are grown, so many months after they came."""

    tonnes: NotNegative = 0.0
    grown_months: Annotated[int, Field(ge=1, le=60)] = 1


class PlannedFish(Spec):
    station: Planned = Planned()
    area: Planned = Planned()


class Books(Spec):
    """A valuation adds a month's costs to the fish: `value_account` is debited and `change_account` credited.

    `months` are the year's seasons of what a tonne of fish costs, January first.
    """

    groups: Annotated[tuple[Group, ...], Unique("code")] = ()
    accounts: Annotated[tuple[Account, ...], Unique("code")] = ()
    value_account: Annotated[str | None, Ref("books.accounts.code")] = None
    change_account: Annotated[str | None, Ref("books.accounts.code")] = None
    planned: PlannedFish = PlannedFish()
    months: Season = (1.0,) * 12

    @field_validator("groups")
    @classmethod
    def cost_groups_are_one_each(cls, groups: tuple[Group, ...]) -> tuple[Group, ...]:
        named = [group.cost_group for group in groups if group.cost_group is not None]
        for name in named:
            if named.count(name) > 1:
                raise ValueError(f"Two groups have the cost_group {name}; rename one")
        return groups

    @model_validator(mode="after")
    def _whole(self) -> "Books":
        if self.groups and (self.value_account is None or self.change_account is None):
            raise ValueError("Name a value_account and a change_account, or leave the groups out")
        for group in self.costs:
            total = sum(account.budget_share for account in self.accounts if account.group == group.code)
            if abs(total - 1) > 1e-9:
                raise ValueError(f"The budget_share of the accounts of {group.code} sum to {total:g}; make it 1")
        return self

    @property
    def costs(self) -> tuple[Group, ...]:
        """The groups that are imported."""
        return tuple(group for group in self.groups if group.cost_group is not None)
