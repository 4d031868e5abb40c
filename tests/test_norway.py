"""The second company, of other geographies, stages, codes, waters and money, lives and keeps every law."""

import re
from dataclasses import replace
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import psycopg
import pytest
from pytest_django import DjangoDbBlocker
from typer.testing import CliRunner

from aquamind.server import PROJECT
from datagen import cli, runs
from datagen.case import Case
from datagen.catalog import Catalog
from datagen.catalog.reader import fields, load
from datagen.catalog.spec import Ref
from datagen.farm import resolve
from datagen.masterdata.scenario import sea_profile_c
from datagen.planning.presets import Preset, make_plan
from datagen.runs import advancing
from datagen.simulation.climate import climate
from tests.test_pipeline import Silent
from tests.test_stages import broken_laws
from tests.worlds import AS_OF, company

FOLDER = PROJECT / "examples" / "norway"
SOUTH, NORTH = 0, 1


@cache
def norway() -> Catalog:
    return load(FOLDER)


def case() -> Case:
    """Batches of 50, 310, 570 and 830 days, the oldest harvested, in two containers a stage with the eggs for them."""
    catalog = norway()
    farm = resolve(catalog)
    plan, bound = make_plan(catalog, farm, Preset("medium", stagger_days=260, batches=2), AS_OF, 1)
    assert bound is None
    few = [
        replace(batch, eggs=batch.eggs // 4, containers=tuple(stage[:2] for stage in batch.containers))
        for batch in plan.batches
    ]
    return Case(catalog, farm, replace(plan, batches=tuple(few)))


def test_the_company_of_norway_keeps_every_law(fresh_database: str, django_db_blocker: DjangoDbBlocker) -> None:
    one = case()
    with django_db_blocker.unblock():
        runs.execute(runs.Job(fresh_database, one, 1), Silent())
        assert broken_laws(fresh_database) == {}
        advancing.advance(fresh_database, one.catalog, one.farm, AS_OF + timedelta(days=5), 1, Silent())
        assert broken_laws(fresh_database) == {}

    def values(query: str) -> set[Any]:
        with psycopg.connect(fresh_database) as connection:
            return {row[0] for row in connection.execute(query.encode())}

    assert values("SELECT DISTINCT currency FROM finance_intercompanytransaction") == {"NOK"}
    assert values("SELECT DISTINCT split_part(batch_number, '-', 1) FROM batch_batch") == {"SY", "NORD"}
    assert values("SELECT DISTINCT geography FROM users_userprofile") == {"ALL"}
    # Large smolt of about 900 g.
    grown = max(values("SELECT avg(avg_weight_g) FROM batch_batchcontainerassignment a JOIN infrastructure_container c"
                       " ON c.id = a.container_id WHERE area_id IS NOT NULL GROUP BY batch_id"))  # fmt: skip
    assert grown > 700


def test_it_is_planned_whole_as_its_page_says(tmp_path: Path) -> None:
    schedule = tmp_path / "schedule.yaml"
    flags = ["--stagger", "40", "--catalog", str(FOLDER), "--output", str(schedule)]
    done = CliRunner().invoke(cli.app, ["plan", *flags])
    assert done.exit_code == 0, done.output
    assert "Fewer batches" not in done.output
    assert f"aquamind generate {schedule} --catalog {FOLDER}" in done.output


def test_it_shares_no_name_with_the_built_in_company() -> None:
    (default, farm), own = company(), resolve(norway())
    for names in ("geography_name", "station_name", "unit_name", "container_name", "feed_name", "user_name"):
        assert not set(getattr(farm, names)) & set(getattr(own, names)), names
    assert norway().people.email_domain != default.people.email_domain


NOUNS = {"company": "geographies", "biology": "stages", "feeds": "feeds", "treatments": "vaccines",
         "containers": "layouts", "water": "climates", "grades": "grades", "environment": "measured"}  # fmt: skip
"""What files name of each other, by the file that has it."""


def test_the_page_says_of_each_file_what_it_names() -> None:
    page = (PROJECT / "docs" / "own_company.md").read_text("utf-8")
    rows = dict(re.findall(r"^\| `(\w+)\.yaml` \|[^|]*\|([^|]*)\|", page, re.MULTILINE))
    assert set(rows) == set(Catalog.model_fields)
    named: dict[str, set[str]] = {subject: set() for subject in rows}
    for (subject, *_), info, _value in fields(norway(), ()):
        named[str(subject)] |= {mark.target.split(".")[0] for mark in info.metadata if isinstance(mark, Ref)}
    for subject, others in named.items():
        for other, noun in NOUNS.items():
            assert (noun in rows[subject]) == (other in others - {subject}), (subject, noun)


def test_a_geography_has_waters_storms_and_a_release_of_its_own() -> None:
    one = case()
    south, north = climate(one, SOUTH), climate(one, NORTH)
    # Eggs lie in water of 8.0 and of 7.6 C, in the first hall of each.
    eggs = south.temp_c[:, 0].mean() - north.temp_c[:, 0].mean()
    assert eggs == pytest.approx(0.4, abs=0.2)
    assert north.storm.any(axis=1).mean() > 1.3 * south.storm.any(axis=1).mean()
    catalog = one.catalog
    # The north releases on the first of June, halfway from May's mean to June's.
    assert sea_profile_c(catalog, one.farm.geography_name[NORTH])[0] == pytest.approx((6.4 + 8.8) / 2, abs=0.1)


def test_the_sea_follows_its_months() -> None:
    one = case()
    sea = climate(one, NORTH).temp_c[:, one.farm.unit_is_area[one.farm.unit_geography == NORTH]].mean(axis=1)
    month = one.plan.dates().astype("datetime64[M]").astype(int) % 12
    means = np.array([sea[month == each].mean() for each in range(12)])
    assert np.abs(means - np.array(one.catalog.water.climates["north"].monthly_c)).max() < 1.2
    assert means.argmax() == 7


def test_a_unit_has_more_than_99_containers() -> None:
    catalog = norway()
    layout = catalog.containers.area_layouts[0].model_copy(update={"containers": 120})
    containers = catalog.containers.model_copy(update={"area_layouts": (layout,)})
    farm = resolve(catalog.model_copy(update={"containers": containers}))
    assert farm.container_name[-1] == "NORD-A05-R120"
    assert len(set(farm.container_name)) == len(farm.container_name)
