"""The master data of fish health: what is scored, lice types, vaccines, reasons of death, kinds of samples."""

from apps.health.models import (
    HealthParameter,
    LiceType,
    MortalityReason,
    ParameterScoreDefinition,
    SampleType,
    VaccinationType,
)
from datagen.catalog import Catalog
from datagen.masterdata.rows import Created, called, create, ids_by_name


def init_health(catalog: Catalog) -> Created:
    """Health parameters with what their scores mean, sample types and reasons of death."""
    health = catalog.health
    names = {each.name: called(HealthParameter, each.name, *each.also) for each in health.parameters}
    worst = len(health.score_labels) - 1
    created = create(
        HealthParameter,
        (
            {"name": names[each.name], "description": each.description, "min_score": 0, "max_score": worst}
            for each in health.parameters
        ),
    )
    parameter_ids = ids_by_name(HealthParameter)
    meanings = [
        {
            "parameter_id": parameter_ids[names[each.name]],
            "score_value": score,
            "label": label,
            "description": meaning,
            "display_order": score,
        }
        for each in health.parameters
        for score, (label, meaning) in enumerate(zip(health.score_labels, each.scores, strict=True))
    ]
    return {
        **created,
        **create(ParameterScoreDefinition, meanings, "parameter_id", "score_value"),
        **create(SampleType, ({"name": each.name, "description": each.description} for each in health.sample_types)),
        **create(
            MortalityReason,
            (
                {"name": called(MortalityReason, each.name), "description": each.description}
                for each in health.mortality_reasons
            ),
        ),
    }


def init_lice(catalog: Catalog) -> Created:
    """The lice that a count tells apart."""
    types = [
        {
            "species": kind.species,
            "gender": kind.gender,
            "development_stage": kind.development_stage,
            "description": kind.description,
        }
        for kind in catalog.lice.types
    ]
    return create(LiceType, types, "species", "gender", "development_stage")


def init_treatments(catalog: Catalog) -> Created:
    """The vaccines."""
    return create(
        VaccinationType,
        (
            {
                "name": vaccine.name,
                "manufacturer": vaccine.manufacturer,
                "dosage": vaccine.dosage,
                "description": vaccine.description,
            }
            for vaccine in catalog.treatments.vaccines
        ),
    )
