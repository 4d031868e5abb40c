"""Orders of eggs: one for a batch, or one that is called off and another after it, from the day they are placed on."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from apps.batch.models import BatchCreationWorkflow
from datagen.arrays import Dates
from datagen.case import Case
from datagen.catalog.broodstock import Parents
from datagen.catalog.ways.work import Orders
from datagen.events.context import BatchRecord, Changing, LongestLife, OfBatch, Was
from datagen.planning.plan import BatchPlan
from datagen.storage.arrow import record_batch
from datagen.streams import stream

NOTICE_DAYS = 30
"""Where the way of living has no orders; invented."""

MOST_CHANGES = 2
"""Of an order: its delivery begins, and is complete."""

NEVER = np.full(1, "NaT", "datetime64[us]")


@dataclass(frozen=True)
class Order:
    """One order, by days of the record; none of those days lies after the as-of day but the delivery's."""

    number: str
    supplier: int
    placed_day: int
    begun_day: int
    called_off_day: int | None
    reason: str


def most_orders(life: LongestLife) -> int:
    return 1 if life.way.orders is None else 2


def own_parents(case: Case, batch: BatchPlan) -> Parents | None:
    """The broodstock that a batch of the plan comes from; None of one whose eggs are bought."""
    place = case.farm.geography_name[batch.geography]
    parents = next((each for each in case.catalog.broodstock.parents if each.geography == place), None)
    if parents is None or stream(case.plan.seed, batch.number, "parents").random() >= parents.share:
        return None
    return parents


def supplier_index(record: OfBatch) -> int:
    """Which of the catalog's suppliers sold the eggs, where they are bought; of a mix, those of the younger batch."""
    origin = record.case.batches[record.index].number
    rng = stream(record.case.plan.seed, origin, "egg supplier")
    return int(rng.integers(len(record.catalog.suppliers.suppliers)))


def bought_number(record: OfBatch) -> str:
    """What a supplier calls the eggs of a batch."""
    return f"EGG-{record.batch.number}"


def price_per_thousand(record: OfBatch, supplier: int) -> float:
    """What a thousand bought eggs cost: a supplier's price of the year in which they are delivered."""
    suppliers = record.catalog.suppliers
    usual = suppliers.suppliers[supplier].cost_per_thousand or record.catalog.biology.eggs.cost_per_thousand
    year = stream(record.case.plan.seed, "egg price", supplier, record.batch.start.year).standard_normal()
    return round(float(usual * np.exp(suppliers.yearly_price_sd * year)), 2)


def orders(record: OfBatch) -> list[Order]:
    """Those placed by the as-of day, the one that is delivered last."""
    number, supplier, start = f"CRT-{record.batch.number}", supplier_index(record), record.start_day
    spec = record.case.way.orders
    if spec is None:
        return [Order(number, supplier, start - NOTICE_DAYS, start, None, "")]
    placed, begun = start - spec.notice_days, start - spec.begun_days
    called_off = _called_off(record, spec)
    if called_off is None or called_off[0] > record.last_day:
        return [Order(number, supplier if called_off is None else called_off[1], placed, begun, None, "")]
    day, other, reason = called_off
    return [
        Order(number, other, placed, begun, day, reason),
        Order(f"{number}-2", supplier, day, begun, None, ""),
    ]


def delivered(record: OfBatch) -> Order:
    """The order by which a batch has its eggs, or will have them as far as is known on the as-of day."""
    return orders(record)[-1]


def changes(record: OfBatch) -> int:
    """How often the orders have changed since they were placed."""
    return sum(
        len(moments) - int(np.isnat(moments).sum()) for order in orders(record) for moments in _later(record, order)
    )


def planned(record: OfBatch) -> tuple[Was, ...]:
    """What a batch was before it began, where there are batches ahead."""
    if record.case.way.orders is None or record.batch.mixed is not None:
        return ()
    ahead = {
        "lifecycle_stage_id": int(record.farm.stage_id[0]),
        "status": "PLANNED",
        "expected_end_date": record.date(record.harvested_day)[None],
        "actual_end_date": None,
        "pinned_projection_run_id": None,
        "updated_at": created_at(record),
    }
    return (Was(created_at(record), ahead),)


def workflows(record: OfBatch) -> Iterator[Changing]:
    """A creation workflow for each order."""
    first_id = record.first_id["batch_creationworkflow"]
    for place, order in enumerate(orders(record)):
        yield _workflow(record, order, first_id + place)


def notes(record: OfBatch) -> str:
    return f"To be harvested from {record.batch.harvest_target_g / 1000:.1f} kg on"


def created_at(record: OfBatch) -> Dates:
    """When a batch is entered: with its first order, where there are batches ahead."""
    if record.case.way.orders is None or record.batch.mixed is not None:
        return record.at(record.begin_day, 7)[None]
    return record.at(orders(record)[0].placed_day, 9)[None]


def workflow_id(record: OfBatch) -> int:
    """That of the order by which the batch has its eggs."""
    return record.first_id["batch_creationworkflow"] + len(orders(record)) - 1


def _called_off(record: OfBatch, spec: Orders) -> tuple[int, int, str] | None:
    """The day on which the first order is called off, with whom it was placed, and why; None of one that stands."""
    rng, suppliers = record.stream("order called off"), len(record.catalog.suppliers.suppliers)
    if own_parents(record.case, record.batch) or rng.random() >= spec.called_off_share:
        return None
    # Before its delivery has begun.
    after_days = 1 + int(rng.integers(spec.notice_days - spec.begun_days))
    other = supplier_index(record) + int(rng.integers(1, max(suppliers, 2)))
    reason = spec.reasons[int(rng.integers(len(spec.reasons)))]
    return record.start_day - spec.notice_days + after_days, other % suppliers, reason


def _workflow(record: OfBatch, order: Order, key: int) -> Changing:
    managers = record.staff("MGR")
    manager, begun, start = int(managers[record.index % len(managers)]), record.date(order.begun_day), record.start_day
    placed = record.at(order.placed_day, 9)[None]
    rows = record_batch(
        BatchCreationWorkflow,
        1,
        id=key,
        batch_id=record.batch_id,
        workflow_number=order.number,
        **_source(record, order),
        total_eggs_planned=record.batch.eggs,
        planned_start_date=begun[None],
        planned_completion_date=record.date(start)[None],
        created_by_id=manager,
        created_at=placed,
        **_state(record, order, manager),
    )
    nothing_yet = {
        "egg_production_id": None,
        "total_eggs_received": 0,
        "total_mortality_on_arrival": 0,
        "actual_completion_date": None,
        "total_actions": 0,
        "actions_completed": 0,
        "progress_percentage": 0.0,
        "cancelled_by_id": None,
        "cancelled_at": None,
        "cancellation_reason": "",
    }
    arriving, ended = _later(record, order)
    as_placed = {**nothing_yet, "status": "PLANNED", "actual_start_date": None, "updated_at": placed}
    as_begun = {**nothing_yet, "status": "IN_PROGRESS", "actual_start_date": begun[None], "updated_at": arriving}
    if np.isnat(arriving).all():
        as_begun = {}
    return BatchCreationWorkflow, rows, (Was(placed, as_placed), Was(arriving, as_begun), Was(ended))


def _later(record: OfBatch, order: Order) -> tuple[Dates, Dates]:
    """When the delivery of an order began, and when it was complete or called off, so far."""
    if order.called_off_day is not None:
        return NEVER, record.at(order.called_off_day, 8)[None]
    arriving = record.at(order.begun_day, 9)[None] if order.begun_day <= record.last_day else NEVER
    return arriving, record.at(record.start_day, 15)[None] if isinstance(record, BatchRecord) else NEVER


def _state(record: OfBatch, order: Order, manager: int) -> dict[str, Any]:
    """How far an order is on the as-of day."""
    if order.called_off_day is not None:
        moment = record.at(order.called_off_day, 8)[None]
        cancelled = {"cancelled_by_id": manager, "cancelled_at": moment, "cancellation_reason": order.reason}
        return {"status": "CANCELLED", "updated_at": moment, **cancelled}
    begun = record.date(order.begun_day)[None]
    if isinstance(record, BatchRecord):
        received = record.history.deliveries
        return {
            "status": "COMPLETED",
            "total_eggs_received": int(received.eggs.sum()),
            "total_mortality_on_arrival": int(received.dead.sum()),
            "actual_start_date": begun,
            "actual_completion_date": record.date(record.start_day)[None],
            "total_actions": len(received.eggs),
            "actions_completed": len(received.eggs),
            "progress_percentage": 100.0,
            "updated_at": record.at(record.start_day, 15)[None],
        }
    if order.begun_day <= record.last_day:
        return {"status": "IN_PROGRESS", "actual_start_date": begun, "updated_at": record.at(order.begun_day, 9)[None]}
    return {"status": "PLANNED", "updated_at": record.at(order.placed_day, 9)[None]}


def _source(record: OfBatch, order: Order) -> dict[str, Any]:
    """Who sells the eggs; of our own, once they are there, the first female's: there is room for one."""
    if own_parents(record.case, record.batch):
        laid = isinstance(record, BatchRecord)
        own = {"egg_production_id": record.first_id["broodstock_eggproduction"]} if laid else {}
        return {"egg_source_type": "INTERNAL", **own}
    return {
        "egg_source_type": "EXTERNAL",
        "external_supplier_id": int(record.farm.supplier_id[order.supplier]),
        "external_supplier_batch_number": bought_number(record),
        "external_cost_per_thousand": price_per_thousand(record, order.supplier),
    }
