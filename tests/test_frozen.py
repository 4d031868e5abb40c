"""The content, frozen: who changes a row changes these hashes on purpose, raises VERSION and tells CHANGELOG.md."""

import hashlib

from datagen import pipeline
from datagen.case import Case
from datagen.farm import resolve
from datagen.keys import keys
from datagen.planning.presets import small_plan as small_preset
from tests.worlds import AS_OF, case_of, company, small_plan, stored

VERSION = "5"
SMALL = "cdb24a033bfdc177bdf3ba480ff60522"
TINY = "bcde97d3d0a2fb012dd1469339db1183"


def content(case: Case) -> tuple[str, set[str]]:
    """A hash of all rows of a case, whatever the database, and the tables that have some."""
    units = sorted(stored(case).content().items())
    found = [(unit, table, each) for unit, tables in units for table, each in sorted(tables.items())]
    lines = [f"{unit} {table} {each.rows} {each.content_hash}" for unit, table, each in found]
    filled = {table for _, table, each in found if each.rows}
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:32], filled


def test_the_content_is_what_its_version_says() -> None:
    catalog, farm = company()
    small = case_of(small_preset(catalog, farm, AS_OF, 1))
    # Four batches, the oldest harvested: every family has rows.
    tiny = case_of(small_plan(seed=3, batches=2, stagger_days=290, containers=2))
    hash_of_tiny, filled = content(tiny)
    assert filled == set(keys(tiny, {}).tables)
    assert (pipeline.VERSION, content(small)[0], hash_of_tiny) == (VERSION, SMALL, TINY)


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
    assert content(Case(renamed, resolve(renamed), plan))[0] == TINY
