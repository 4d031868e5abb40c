"""How a batch begins that is a mix of two: who was there, who was brought, and the part that each of them has in it."""

from collections.abc import Iterator

import numpy as np

from apps.batch.models import (
    BatchComposition,
    BatchMixEvent,
    BatchMixEventComponent,
    BatchTransferWorkflow,
    TransferAction,
)
from apps.environmental.models import StageTransitionEnvironmental
from datagen.arrays import Floats, Ints
from datagen.biology.feeding import whole_parts
from datagen.biology.water import oxygen_saturation_mg_l
from datagen.events.context import BatchRecord, Changing, LongestLife, MixedRecord, Rows, Was
from datagen.events.transfers import NOTHING_YET, minutes, moved_kg, weighed
from datagen.storage.arrow import FixedPoint, record_batch

CHANGES = 2
"""Of a workflow: it begins, and is complete."""

PLANNED_DAYS = 14
"""How long before it is planned; invented."""


def most_rows(life: LongestLife) -> dict[str, int]:
    """Of a batch that begins otherwise nothing."""
    return _rows(2, 1 + life.most_tanks, 2) if life.mixed else {}


def expected(record: BatchRecord) -> dict[str, int]:
    if not isinstance(record, MixedRecord):
        return {}
    moves = record.history.mixings
    batches = len(np.unique(moves.batch))
    return _rows(batches, len(moves.day), batches)


def _rows(workflows: int, moves: int, batches: int) -> dict[str, int]:
    return {
        "batch_batchtransferworkflow": workflows,
        "batch_historicalbatchtransferworkflow": CHANGES * workflows,
        "batch_transferaction": moves,
        "environmental_stagetransitionenvironmental": workflows,
        "batch_batchmixevent": 1,
        "batch_batchmixeventcomponent": moves,
        "batch_batchcomposition": batches,
    }


def expand(record: BatchRecord) -> Iterator[Rows | Changing]:
    """The younger batch's fish come by a transfer of the mix, the older one's are entered anew where they are."""
    if not isinstance(record, MixedRecord):
        return
    for place, batch in enumerate(np.unique(record.history.mixings.batch)[::-1].tolist()):
        yield _workflow(record, place, batch)
        yield _actions(record, place, batch)
        yield _water(record, place)
    yield _event(record)
    yield from _parts(record)


def _batch_ids(record: MixedRecord, batches: Ints) -> Ints:
    return np.array([record.source_ids[each]["batch_batch"] for each in batches.tolist()])


def _sources(record: MixedRecord) -> Ints:
    """Assignment of each move's source."""
    moves = record.history.mixings
    first = [record.source_ids[each]["batch_batchcontainerassignment"] for each in moves.batch.tolist()]
    return np.array(first) + moves.source


def _workflow(record: MixedRecord, place: int, batch: int) -> Changing:
    moves, day = record.history.mixings, record.begin_day
    of, brought, date = moves.batch == batch, batch == record.index, record.date(day)[None]
    managers = record.staff("MGR")
    who = int(managers[(record.index + record.sea) % len(managers)])
    moved, died, kg = int(moves.moved[of].sum()), int(moves.died[of].sum()), float(moved_kg(moves)[of].sum())
    # A number is that of the batch, which its days count from: of the older one's, its own.
    own = record.batch if brought else record.case.batches[batch]
    planned, begun, ended = record.at(day - PLANNED_DAYS, 9)[None], record.at(day, 7)[None], record.at(day, 17)[None]
    rows = record_batch(
        BatchTransferWorkflow,
        1,
        id=record.first_id["batch_batchtransferworkflow"] + place,
        batch_id=record.batch_id if brought else record.source_ids[batch]["batch_batch"],
        workflow_number=f"TRF-{own.number}-D{day - (own.start - record.plan_first_day).days:03d}",
        workflow_type="LIFECYCLE_TRANSITION" if brought else "CONTAINER_REDISTRIBUTION",
        status="COMPLETED",
        planned_start_date=date,
        planned_completion_date=date,
        actual_start_date=date,
        actual_completion_date=date,
        source_lifecycle_stage_id=int(record.farm.stage_id[record.sea - brought]),
        dest_lifecycle_stage_id=int(record.farm.stage_id[record.sea]),
        total_source_count=moved + died,
        total_transferred_count=moved,
        total_mortality_count=died,
        total_biomass_kg=kg,
        total_actions_planned=int(of.sum()),
        actions_completed=int(of.sum()),
        completion_percentage=100.0,
        is_intercompany=brought,
        source_subsidiary="FW" if brought else None,
        dest_subsidiary="FM" if brought else None,
        finance_transaction_id=record.first_id["finance_intercompanytransaction"] if brought else None,
        initiated_by_id=who,
        completed_by_id=who,
        notes=f"Into {record.batch.number}",
        created_at=planned,
        updated_at=ended,
    )
    as_planned = {**NOTHING_YET, "status": "PLANNED", "updated_at": planned}
    as_begun = {**NOTHING_YET, "status": "IN_PROGRESS", "actual_start_date": date, "updated_at": begun}
    return BatchTransferWorkflow, rows, (Was(planned, as_planned), Was(begun, as_begun), Was(ended))


def _water_met(record: MixedRecord) -> tuple[float, float, float]:
    """Temperature [C], salinity [psu] and oxygen [mg/l] of the ring on the day."""
    days, row = record.history.days, int(record.history.assignments.row[0])
    temp_c, salinity_psu = float(days.temp_c[row]), float(days.salinity_psu[row])
    saturated = oxygen_saturation_mg_l(np.array([temp_c]), np.array([salinity_psu]))
    return temp_c, salinity_psu, float(days.oxygen_pct[row] / 100.0 * saturated[0])


def _actions(record: MixedRecord, place: int, batch: int) -> Rows:
    moves = record.history.mixings
    which = np.flatnonzero(moves.batch == batch)
    count, brought, operators = len(which), batch == record.index, record.staff("OPR")
    stage = record.sea - brought
    cv, k = record.stages.weight_cv[stage], record.stages.condition_k[stage]
    luck = record.stream("mixing, weighing", int(brought)).standard_normal((count, 2))
    temp_c, _, oxygen_mg_l = _water_met(record)
    at = record.at(moves.day[which], 9.0 + np.minimum(np.arange(count), 20) * 0.25)
    return TransferAction, record_batch(
        TransferAction,
        count,
        id=record.first_id["batch_transferaction"] + which,
        workflow_id=record.first_id["batch_batchtransferworkflow"] + place,
        action_number=np.arange(count) + 1,
        status="COMPLETED",
        source_assignment_id=_sources(record)[which],
        dest_assignment_id=record.assignment_id[moves.dest[which]],
        source_population_before=moves.before[which],
        transferred_count=moves.moved[which],
        mortality_during_transfer=moves.died[which],
        transferred_biomass_kg=moved_kg(moves)[which],
        planned_date=record.date(moves.day[which]),
        actual_execution_date=record.date(moves.day[which]),
        transfer_method="PUMP" if brought else None,
        water_temp_c=temp_c,
        oxygen_level=oxygen_mg_l,
        execution_duration_minutes=minutes(moves.moved[which], luck[:, 1]),
        **weighed(moves.weight_g[which], np.full(count, cv), np.full(count, k), luck[:, 0]),
        selection_method="AVERAGE",
        notes="Put together with fish that are there" if brought else "Stay where they are, with fish that are brought",
        executed_by_id=operators[(record.index + np.arange(count)) % len(operators)],
        created_at=at,
        updated_at=at,
    )


def _water(record: MixedRecord, place: int) -> Rows:
    temp_c, salinity_psu, oxygen = _water_met(record)
    noted = record.at(record.begin_day, 18)[None]
    return StageTransitionEnvironmental, record_batch(
        StageTransitionEnvironmental,
        1,
        id=record.first_id["environmental_stagetransitionenvironmental"] + place,
        batch_transfer_workflow_id=record.first_id["batch_batchtransferworkflow"] + place,
        temperature=temp_c,
        oxygen=oxygen,
        salinity=salinity_psu,
        ph=record.catalog.water.sea_ph,
        created_at=noted,
        updated_at=noted,
    )


def _event(record: MixedRecord) -> Rows:
    moves, made = record.history.mixings, record.at(record.begin_day, 12)[None]
    brought = np.flatnonzero(moves.batch == record.index)
    return BatchMixEvent, record_batch(
        BatchMixEvent,
        1,
        id=record.first_id["batch_batchmixevent"],
        mixed_batch_id=record.batch_id,
        container_id=int(record.container_id[0]),
        workflow_action_id=record.first_id["batch_transferaction"] + int(brought[0]) if len(brought) else None,
        mixed_at=made,
        notes="Two groups put together at their mean weight",
        created_at=made,
        updated_at=made,
    )


def _parts(record: MixedRecord) -> Iterator[Rows]:
    """By fish; hundredths of a percent are shared out so that they are 100 % together."""
    moves, made = record.history.mixings, record.at(record.begin_day, 12)
    share = whole_parts(np.array([10_000]), moves.moved[None, :].astype(float))[0]
    kg: Floats = moved_kg(moves)
    count = len(share)
    yield (
        BatchMixEventComponent,
        record_batch(
            BatchMixEventComponent,
            count,
            id=record.ids(BatchMixEventComponent, count),
            mix_event_id=record.first_id["batch_batchmixevent"],
            source_assignment_id=_sources(record),
            source_batch_id=_batch_ids(record, moves.batch),
            population_count=moves.moved,
            biomass_kg=kg,
            percentage=FixedPoint(share),
            is_transferred_in=moves.batch == record.index,
            created_at=made,
        ),
    )
    batches, of = np.unique(moves.batch, return_inverse=True)

    def summed(values: Ints) -> Ints:
        total: Ints = np.bincount(of, values).astype(np.int64)
        return total

    yield (
        BatchComposition,
        record_batch(
            BatchComposition,
            len(batches),
            id=record.ids(BatchComposition, len(batches)),
            mixed_batch_id=record.batch_id,
            source_batch_id=_batch_ids(record, batches),
            population_count=summed(moves.moved),
            biomass_kg=FixedPoint(summed(np.rint(100.0 * kg).astype(np.int64))),
            percentage=FixedPoint(summed(share)),
            created_at=made,
        ),
    )
