"""The published figures as SQL: each is answered by a database of the lived way, as its history would."""

from collections.abc import Callable

import numpy as np
import pytest
from pytest_django import DjangoDbBlocker

from aquamind.errors import NothingJudgedError
from datagen import likeness, runs
from datagen.simulation.loop import simulate
from tests.worlds import SEA, Silent, case_of, small_plan


def test_figures_are_what_the_history_says(new_database: Callable[[], str], django_db_blocker: DjangoDbBlocker) -> None:
    case, dsn = case_of(small_plan(seed=3, batches=2, stagger_days=290, containers=2, way="lived")), new_database()
    with django_db_blocker.unblock():
        runs.execute(runs.Job(dsn, case, 1), Silent())
    found = {each.title: each for each in likeness.measure(dsn)}
    rings = []
    for geography in case.geographies:
        history = simulate(case, geography)
        a = history.assignments
        for ring in np.flatnonzero((a.stage == SEA) & a.left):
            days = slice(a.row[ring], a.row[ring] + a.days[ring])
            dead = (history.days.deaths[days] * history.days.weight_g[days]).sum()
            out = history.harvests.assignment == ring
            slaughtered = (history.harvests.fish * history.harvests.weight_g)[out].sum()
            grown = slaughtered - a.fish_in[ring] * a.weight_in_g[ring] + dead
            rings.append((history.days.feed_g[days].sum(), grown))
    fed, grown = np.array(rings).sum(axis=0)
    assert found["Biological feed conversion at sea"].value == pytest.approx(fed / grown, rel=2e-3)
    assert found["Readings that are missing [%]"].value is not None
    swing = found["Swing of oxygen from slack to slack water, against that of the whole tide"]
    assert swing.value is not None
    assert swing.value > 3
    assert {each.passed for each in found.values() if each.value is None} <= {None}
    # So few batches have no pairs of areas, no whole years, none of Scotland that is harvested, no rings that grow from
    # 750 g to 5 kg, and readings on few pages, of which a sample may have none.
    nothing = {each.title.split(" [")[0].split(",")[0] for each in found.values() if each.value is None}
    assert nothing <= {
        "Faroe sea",
        "From 750 g to 5 kg at sea",
        "Areas of a geography",
        "Lost in a cycle",
        "Most oxygen at sea",
        "Feed of a day with less oxygen than fish need for all their appetite",
        "Carbon dioxide from parr to post-smolt",
        "Of these above 15 mg/L",
    }


def test_an_empty_database_has_no_likeness(fresh_database: str) -> None:
    with pytest.raises(NothingJudgedError):
        likeness.measure(fresh_database)


def test_a_figure_says_its_aim() -> None:
    aims = {each.title: each.aim for each in likeness.figures()}
    assert aims["First 3 months at sea against the next 6"] == "at least 1"
    assert aims["Biological feed conversion at sea"] == "1.05 to 1.25"
    assert {each.check for each in likeness.figures()} >= {str(number) for number in range(1, 14)}
