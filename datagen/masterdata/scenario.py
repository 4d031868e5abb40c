"""The models that baseline scenarios rest on, taken from the same catalog as the simulation, and their rows."""

from dataclasses import dataclass

import numpy as np

from apps.batch.models import LifeCycleStage
from apps.scenario.models import (
    BiologicalConstraints,
    FCRModel,
    FCRModelStage,
    MortalityModel,
    MortalityModelStage,
    StageConstraint,
    TemperatureProfile,
    TemperatureReading,
    TGCModel,
    TGCModelStage,
)
from datagen.arrays import Floats, Ints
from datagen.catalog import Catalog
from datagen.catalog.scenario import QUARTERS, model_names, profile_names, sea_model_name
from datagen.catalog.spec import of_geography
from datagen.catalog.stages import stages as stages_of
from datagen.masterdata.rows import Created, create, ids_by_name


def quarter_of_day(dates: "np.ndarray[tuple[int], np.dtype[np.datetime64]]") -> Ints:
    """Calendar quarter of each date, 0 to 3."""
    quarter: Ints = dates.astype("datetime64[M]").astype(int) % 12 // 3
    return quarter


@dataclass(frozen=True)
class GrowthModels:
    """A geography's growth models from egg: the temperature by day of life, the coefficients by [model, stage].

    A profile is read by day of life, whatever the day of the year a life begins on; so it holds the year's mean of each
    stage's water, and the season is in the models of the quarters: their coefficients are those of the mean year times
    the quarter's temperature over the year's. Model 0 is the mean year's; 1 to 4 are the quarters'.
    """

    temp_c: Floats
    tgc: Floats


def growth_models(catalog: Catalog, geography: str) -> GrowthModels:
    stages = stages_of(catalog)
    course = np.array([_year_of_water(catalog, geography, key) for key in stages.key])
    quarter = quarter_of_day(np.datetime64("2021-01-01") + np.arange(365))
    season = [course[:, quarter == q].mean(axis=1) / course.mean(axis=1) for q in range(len(QUARTERS))]
    of_day = stages.of_day(np.arange(catalog.scenarios.profile_days))
    tgc = stages.tgc * np.array([np.ones(len(stages.key)), *season])
    return GrowthModels(np.round(course.mean(axis=1), 2)[of_day], np.round(tgc, 4))


def sea_profile_c(catalog: Catalog, geography: str) -> Floats:
    """The sea from the day of release on."""
    year = _year_of_water(catalog, geography, catalog.biology.stages[-1].key)
    first = of_geography(catalog.scenarios.growth, geography).sea_release_day_of_year - 1
    return np.round(year[(first + np.arange(catalog.scenarios.profile_days)) % len(year)], 2)


def mortality_percent(catalog: Catalog) -> Floats:
    """Share of the fish that dies in a day of each stage [%]: what the simulation takes on average, evenly spread."""
    spec, biology = catalog.mortality, catalog.biology
    percent = []
    for stage in biology.stages:
        everyday = next(hazard for hazard in spec.stages if hazard.stage == stage.key)
        daily = everyday.daily * _mean_of_lognormal(everyday.batch_spread) * _mean_of_lognormal(spec.container_spread)
        moves = [move for move in biology.transfers if move.into == stage.key]
        jabs = [jab for jab in biology.vaccinations if jab.stage == stage.key]
        at_sea = stage is biology.stages[-1]
        handlings = [*moves, *jabs, *(biology.lice_treatments if at_sea else ())]
        pulses = sum(handling.deaths_share * _mean_of_lognormal(handling.deaths_spread) for handling in handlings)
        pulses += sum(move.lost_share for move in moves)
        if at_sea:
            outbreak, bloom = spec.outbreak, spec.bloom
            pulses += outbreak.probability * outbreak.total_median * _mean_of_lognormal(outbreak.total_spread)
            blooms = bloom.probability_per_year * stage.duration_days / 365
            pulses += blooms * bloom.total_median * _mean_of_lognormal(bloom.total_spread)
        percent.append(100.0 * (daily + pulses / stage.duration_days))
    return np.round(percent, 3)


def init_scenario(catalog: Catalog) -> Created:
    """Temperature profiles, growth, feed conversion and mortality models, and the limits of the stages."""
    created = _init_profiles(catalog)
    created |= _init_growth(catalog)
    created |= _init_feed_and_mortality(catalog)
    return created | _init_limits(catalog)


def _mean_of_lognormal(sigma: float) -> float:
    return float(np.exp(sigma**2 / 2))


def _year_of_water(catalog: Catalog, geography: str, stage: str) -> Floats:
    """Expected temperature of a stage's water on each of 365 days [C]: tempered, or the mean of the sea areas."""
    day_of_year = np.arange(1.0, 366.0)
    if stage != catalog.biology.stages[-1].key:
        return of_geography(catalog.water.freshwater, geography).temp_c(stage, day_of_year)
    used = [area for area in catalog.sites.areas if area.in_production and area.geography == geography]
    mean: Floats = np.mean([catalog.water.climates[area.climate].temp_c(day_of_year) for area in used], axis=0)
    return mean


def _init_profiles(catalog: Catalog) -> Created:
    courses = {}
    for geography in catalog.producing():
        from_egg, from_sea = profile_names(geography)
        courses[from_egg] = growth_models(catalog, geography).temp_c
        courses[from_sea] = sea_profile_c(catalog, geography)
    created = create(TemperatureProfile, ({"name": name} for name in courses))
    profile_ids = ids_by_name(TemperatureProfile)
    readings = (
        {"profile_id": profile_ids[name], "day_number": day, "temperature": temp_c}
        for name, course in courses.items()
        for day, temp_c in enumerate(course.tolist(), start=1)
    )
    return created | create(TemperatureReading, readings, "profile_id", "day_number")


def _init_growth(catalog: Catalog) -> Created:
    """Growth models from egg, by quarter, and one from the release to sea."""
    profile_ids = ids_by_name(TemperatureProfile)
    models, values, names = [], {}, stages_of(catalog).name
    for geography in catalog.producing():
        growth = of_geography(catalog.scenarios.growth, geography)
        tgc = growth_models(catalog, geography).tgc
        from_egg, from_sea = profile_names(geography)
        periods = ("All year", *QUARTERS, growth.sea_release_period)
        for model, name in enumerate((*model_names(geography), sea_model_name(geography))):
            values[name] = tgc[model % len(tgc)]
            models.append(
                {
                    "name": name,
                    "location": geography,
                    "release_period": periods[model],
                    "tgc_value": growth.tgc,
                    "profile_id": profile_ids[from_egg if model < len(tgc) else from_sea],
                }
            )
    created = create(TGCModel, models)
    model_ids = ids_by_name(TGCModel)
    overrides = (
        {"tgc_model_id": model_ids[name], "lifecycle_stage": stage, "tgc_value": value}
        for name, by_stage in values.items()
        for stage, value in zip(names, by_stage.tolist(), strict=True)
    )
    return created | create(TGCModelStage, overrides, "tgc_model_id", "lifecycle_stage")


def _init_feed_and_mortality(catalog: Catalog) -> Created:
    spec, stage_ids = catalog.scenarios, ids_by_name(LifeCycleStage)
    created = create(FCRModel, [{"name": spec.fcr_model}])
    created |= create(MortalityModel, [{"name": spec.mortality_model, "rate": spec.mortality_percent_per_day}])
    fcr_id = ids_by_name(FCRModel)[spec.fcr_model]
    mortality_id = ids_by_name(MortalityModel)[spec.mortality_model]
    fcr_stages = (
        {
            "model_id": fcr_id,
            "stage_id": stage_ids[stage.name],
            "fcr_value": stage.fcr,
            "duration_days": stage.duration_days,
        }
        for stage in catalog.biology.stages
    )
    rates = (
        {"mortality_model_id": mortality_id, "lifecycle_stage": stage.name, "daily_rate_percent": percent}
        for stage, percent in zip(catalog.biology.stages, mortality_percent(catalog).tolist(), strict=True)
    )
    created |= create(FCRModelStage, fcr_stages, "model_id", "stage_id")
    return created | create(MortalityModelStage, rates, "mortality_model_id", "lifecycle_stage")


def _init_limits(catalog: Catalog) -> Created:
    spec = catalog.scenarios
    description = "Weights, temperatures and days within which a stage is plausible"
    created = create(BiologicalConstraints, [{"name": spec.constraints, "description": description}])
    set_id = ids_by_name(BiologicalConstraints)[spec.constraints]
    stages = {stage.key: stage for stage in catalog.biology.stages}
    constraints = (
        {
            "constraint_set_id": set_id,
            # By key, and not by name as in the models: AquaMind looks for `smolt`.
            "lifecycle_stage": limits.stage,
            "min_weight_g": stages[limits.stage].weight_min_g,
            "max_weight_g": stages[limits.stage].weight_max_g,
            "min_temperature_c": limits.temp_min_c,
            "max_temperature_c": limits.temp_max_c,
            "typical_duration_days": stages[limits.stage].duration_days,
            "max_freshwater_weight_g": limits.max_freshwater_weight_g,
        }
        for limits in spec.limits
    )
    return created | create(StageConstraint, constraints, "constraint_set_id", "lifecycle_stage")
