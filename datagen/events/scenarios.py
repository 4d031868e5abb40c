"""A batch's baseline scenario, made on its first day, and what it projects for every day of the longest life."""

from collections.abc import Iterator

import numpy as np

from apps.scenario.models import ProjectionRun, Scenario, ScenarioModelChange, ScenarioProjection
from datagen.arrays import Floats, Ints
from datagen.biology.projection import Projection, project
from datagen.catalog.scenario import model_names, profile_names
from datagen.catalog.spec import of_geography
from datagen.events.context import BatchRecord, LongestLife, MixedRecord, Rows
from datagen.events.orders import own_parents, supplier_index
from datagen.masterdata.scenario import growth_models, mortality_percent, quarter_of_day
from datagen.storage.arrow import record_batch


def most_rows(life: LongestLife) -> dict[str, int]:
    days = life.catalog.scenarios.duration_days
    return {
        "scenario": 1,
        "scenario_scenariomodelchange": 1 + -(-days // 90),
        "scenario_projection_run": 1,
        "scenario_scenarioprojection": days,
    }


def expected(record: BatchRecord) -> dict[str, int]:
    return {
        "scenario": 1,
        "scenario_scenariomodelchange": len(_changes(models_of_days(record))),
        "scenario_projection_run": 1,
        "scenario_scenarioprojection": record.catalog.scenarios.duration_days,
    }


def expand(record: BatchRecord) -> Iterator[Rows]:
    model = models_of_days(record)
    temp_c, projection = _project(record, model)
    yield _scenario(record)
    yield _model_changes(record, model)
    yield _run(record, projection)
    yield _projections(record, temp_c, projection)


def models_of_days(record: BatchRecord) -> Ints:
    """The growth model of each day: the mean year's until the fish feed, from then on that of the calendar quarter."""
    spec = record.catalog.scenarios
    dates = np.datetime64(record.batch.start) + np.arange(spec.duration_days)
    grows = (record.stages.tgc > 0)[_stages(record)]
    return np.where(grows, 1 + quarter_of_day(dates), 0)


def _changes(model: Ints) -> Ints:
    """Days, from 0, on which another growth model begins to be used."""
    changes: Ints = np.flatnonzero(np.diff(model, prepend=0))
    return changes


def _stages(record: BatchRecord) -> Ints:
    return record.stages.of_day(np.arange(record.catalog.scenarios.duration_days))


def _project(record: BatchRecord, model: Ints) -> tuple[Floats, Projection]:
    """Temperature and projection of each day; a profile that ends goes on with its last value."""
    stage = _stages(record)
    growth = growth_models(record.catalog, record.farm.geography_name[record.batch.geography])
    temp_c = growth.temp_c[np.minimum(np.arange(len(stage)), len(growth.temp_c) - 1)]
    projection = project(
        _egg_weight_g(record),
        float(_eggs(record)),
        temp_c,
        growth.tgc[model, stage],
        record.stages.fcr[stage],
        mortality_percent(record.catalog)[stage],
    )
    return temp_c, projection


def _eggs(record: BatchRecord) -> int:
    """Those of the batch; of a mix as many as would have become its fish."""
    if not isinstance(record, MixedRecord):
        return int(record.history.deliveries.eggs.sum())
    stage = record.stages.of_day(np.arange(record.stage_starts[record.sea]))
    alive = float(np.prod(1.0 - mortality_percent(record.catalog)[stage] / 100.0))
    return round(int(record.history.assignments.fish_in[0]) / alive)


def _egg_weight_g(record: BatchRecord) -> float:
    """Mean weight of an egg on delivery, of which nothing is known where there was none."""
    if isinstance(record, MixedRecord):
        return record.catalog.biology.eggs.weight_g
    return round(float(record.history.assignments.weight_in_g[0]), 4)


def _tgc_model_ids(record: BatchRecord) -> Ints:
    """Ids of the geography's growth models from egg: the mean year's and the quarters'."""
    names = model_names(record.farm.geography_name[record.batch.geography])
    first = record.farm.tgc_model_name.index(names[0])
    return record.farm.tgc_model_id[first : first + len(names)]


def _planner(record: BatchRecord) -> int:
    """Whoever manages or administers the geography or the whole company, in turn: AquaMind lists to each their own."""
    farm, place = record.farm, record.batch.geography
    planners = [
        user
        for user, role, geography in zip(farm.user_id, farm.user_role, farm.user_geography, strict=True)
        if role in ("MGR", "ADMIN") and geography in (place, -1)
    ]
    return int(planners[record.index % len(planners)])


def _name(record: BatchRecord) -> str:
    return f"{record.catalog.scenarios.label} {record.batch.number}"


def _scenario(record: BatchRecord) -> Rows:
    origin = record.case.batches[record.index]
    own, supplier = own_parents(record.case, origin), record.catalog.suppliers.suppliers[supplier_index(record)]
    return Scenario, record_batch(
        Scenario,
        1,
        scenario_id=record.first_id["scenario"],
        batch_id=record.batch_id,
        created_by_id=_planner(record),
        tgc_model_id=int(_tgc_model_ids(record)[0]),
        fcr_model_id=record.farm.fcr_model_id,
        mortality_model_id=record.farm.mortality_model_id,
        biological_constraints_id=record.farm.constraints_id,
        name=_name(record),
        start_date=record.date(record.start_day)[None],
        duration_days=record.catalog.scenarios.duration_days,
        initial_count=_eggs(record),
        initial_weight=_egg_weight_g(record),
        genotype=own.strain if own else supplier.strain,
        supplier=record.catalog.company.name if own else supplier.name,
        created_at=record.at(record.begin_day, 10)[None],
        updated_at=record.at(record.begin_day, 10)[None],
    )


def _model_changes(record: BatchRecord, model: Ints) -> Rows:
    changes = _changes(model)
    made = record.at(record.begin_day, 10)
    return ScenarioModelChange, record_batch(
        ScenarioModelChange,
        len(changes),
        change_id=record.ids(ScenarioModelChange, len(changes)),
        scenario_id=record.first_id["scenario"],
        change_day=changes + 1,
        new_tgc_model_id=_tgc_model_ids(record)[model[changes]],
        created_at=made,
        updated_at=made,
    )


def _run(record: BatchRecord, projection: Projection) -> Rows:
    made = record.at(record.begin_day, 10)[None]
    farm = record.farm
    place = farm.geography_name[record.batch.geography]
    tgc = of_geography(record.catalog.scenarios.growth, place).tgc
    snapshot = {
        "start_date": record.batch.start.isoformat(),
        "duration_days": record.catalog.scenarios.duration_days,
        "initial_count": _eggs(record),
        "initial_weight": _egg_weight_g(record),
        "tgc_model": {"name": model_names(place)[0], "tgc_value": tgc, "profile": profile_names(place)[0]},
        "tgc_stages": dict(zip(record.stages.name, record.stages.tgc.tolist(), strict=True)),
        "fcr_model": farm.fcr_model_name,
        "fcr_stages": dict(zip(record.stages.name, record.stages.fcr.tolist(), strict=True)),
        "mortality_model": farm.mortality_model_name,
        "biological_constraints": farm.constraints_name,
    }
    return ProjectionRun, record_batch(
        ProjectionRun,
        1,
        run_id=record.first_id["scenario_projection_run"],
        created_by_id=_planner(record),
        scenario_id=record.first_id["scenario"],
        run_date=made,
        run_number=1,
        label=record.catalog.scenarios.label,
        parameters_snapshot=[snapshot],
        total_projections=len(projection.fish),
        final_weight_g=projection.weight_g[-1:],
        final_biomass_kg=projection.biomass_kg[-1:],
        created_at=made,
        updated_at=made,
    )


def _projections(record: BatchRecord, temp_c: Floats, projection: Projection) -> Rows:
    days = len(temp_c)
    made = record.at(record.begin_day, 10)
    return ScenarioProjection, record_batch(
        ScenarioProjection,
        days,
        projection_id=record.ids(ScenarioProjection, days),
        current_stage_id=record.farm.stage_id[_stages(record)],
        projection_run_id=record.first_id["scenario_projection_run"],
        projection_date=record.date(record.start_day + np.arange(days)),
        day_number=np.arange(1, days + 1),
        average_weight=projection.weight_g,
        population=projection.fish,
        biomass=projection.biomass_kg,
        daily_feed=projection.feed_kg,
        cumulative_feed=np.cumsum(projection.feed_kg),
        temperature=temp_c,
        created_at=made,
        updated_at=made,
    )
