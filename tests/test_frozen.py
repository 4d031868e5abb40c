"""The content, frozen: who changes a row changes these hashes on purpose, raises VERSION and tells CHANGELOG.md."""

import json

from datagen.case import Case
from datagen.farm import resolve
from datagen.keys import keys
from tests.frozen import FROZEN, content, lived, tiny, today
from tests.worlds import company, small_plan


def test_the_content_is_what_its_version_says() -> None:
    assert today() == json.loads(FROZEN.read_text(encoding="utf-8"))


def test_every_table_of_a_plan_is_frozen() -> None:
    frozen = json.loads(FROZEN.read_text(encoding="utf-8"))
    assert frozen["tiny"].keys() == set(keys(tiny(), {}).tables)
    # And those of the truth, which have no keys of a plan.
    assert {table for table in frozen["lived"] if not table.startswith("datagen.")} == set(keys(lived(), {}).tables)


def test_a_site_may_be_called_otherwise() -> None:
    """Random streams go by its code."""
    catalog, farm = company()
    plan = small_plan(seed=3, batches=2, stagger_days=290, containers=2)
    sites = {
        kind: tuple(site.model_copy(update={"name": f"New {site.name}"}) for site in getattr(catalog.sites, kind))
        for kind in ("stations", "areas")
    }
    renamed = catalog.model_copy(update={"sites": catalog.sites.model_copy(update=sites)})
    assert resolve(renamed).unit_name != farm.unit_name
    frozen = json.loads(FROZEN.read_text(encoding="utf-8"))
    assert content(Case(renamed, resolve(renamed), plan)) == frozen["tiny"]
