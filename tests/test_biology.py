"""Pure functions against published values, then on arrays and at their limits."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from datagen.biology import feeding, mortality, size
from datagen.biology.growth import cube_root_gain
from datagen.biology.water import oxygen_saturation_mg_l
from datagen.simulation.pouring import pour, sort_out, sorted_g


def grown_weight_g(weight_g: float, temp_c: float, tgc: float, days: int) -> float:
    return float((np.cbrt(weight_g) + days * cube_root_gain(temp_c, tgc)) ** 3)


def test_published_growth() -> None:
    """A 250 g smolt at a mean of 10.4 C and TGC 2.53 weighs 6.25 kg after 462 days: Mowi, Loch Linnhe 2021 [17]."""
    assert grown_weight_g(250.0, 10.4, 2.53, 462) == pytest.approx(6250, rel=0.01)
    # Faroe, 100 g to market (5.0-5.6 kg) in 18-20 months at 8.3 C with TGC 2.7 [18].
    assert 5000 < grown_weight_g(100.0, 8.3, 2.7, 570) < 5600
    assert cube_root_gain(np.array([-1.0, 0.0]), 3.1) == pytest.approx([0.0, 0.0])


@pytest.mark.parametrize(
    ("salinity_psu", "published"),
    [
        (0, [13.11, 12.45, 11.84, 11.29, 10.78, 10.31, 9.87]),
        (28, [10.85, 10.34, 9.87, 9.44, 9.04, 8.67, 8.32]),
        (35, [10.35, 9.87, 9.43, 9.02, 8.65, 8.30, 7.98]),
    ],
)
def test_published_oxygen(salinity_psu: float, published: list[float]) -> None:
    """Saturation by Garcia & Gordon (1992) at 4 to 16 C."""
    assert oxygen_saturation_mg_l(np.arange(4.0, 17.0, 2.0), salinity_psu) == pytest.approx(published, abs=0.01)


@given(st.integers(0, 500_000), st.floats(0, 2), st.floats(-6, 6), st.floats(0, 1, exclude_max=True))
def test_deaths_are_whole_fish_of_those_alive(fish: int, hazard: float, normal: float, uniform: float) -> None:
    dead = mortality.deaths(np.array([fish]), np.array([hazard]), np.array([normal]), np.array([uniform]))
    assert dead.dtype == np.int64
    assert 0 <= dead[0] <= fish


@pytest.mark.parametrize("expected", [0.2, 3.0, 40.0])
def test_deaths_keep_their_mean(expected: float) -> None:
    rng, n = np.random.default_rng(1), 200_000
    dead = mortality.deaths(np.full(n, 100_000), np.full(n, expected / 1e5), rng.standard_normal(n), rng.random(n))
    assert dead.mean() == pytest.approx(expected, rel=0.02)


def test_causes_come_in_their_shares() -> None:
    hazards = np.tile([[0.2], [0.0], [0.5], [0.3]], 100_000)
    cause = mortality.picked_cause(mortality.add_up(hazards), np.random.default_rng(2).random(100_000))
    assert np.bincount(cause, minlength=4) / 1e5 == pytest.approx([0.2, 0.0, 0.5, 0.3], abs=0.01)


wanted = st.lists(st.tuples(st.integers(0, 5000), st.integers(0, 3)), min_size=1, max_size=40)


@given(wanted, st.lists(st.integers(0, 9000), min_size=4, max_size=4))
def test_a_bin_gives_what_it_has_in_the_order_of_its_queue(meals: list[tuple[int, int]], stock: list[int]) -> None:
    wanted_g = np.array([g for g, _ in meals]) * feeding.GRAIN_G
    bins, stock_g = np.array([b for _, b in meals]), np.array(stock) * feeding.GRAIN_G
    served = feeding.served_g(wanted_g, bins, stock_g)
    out = np.bincount(bins, weights=served, minlength=4)
    demand = np.bincount(bins, weights=wanted_g, minlength=4)
    assert (served <= wanted_g).all()
    assert (served % feeding.GRAIN_G == 0).all()
    assert (out <= stock_g).all()
    assert (served[demand[bins] <= stock_g[bins]] == wanted_g[demand[bins] <= stock_g[bins]]).all()
    begin = feeding.queue_position_g(served, bins, np.full(4, 70))
    for one in range(4):
        mine = bins == one
        assert (begin[mine] == 70 + np.cumsum(served[mine]) - served[mine]).all()


def test_feed_costs_what_its_lots_cost() -> None:
    """Two lots of 1 kg at 2.00 and 3.00: the middle kilogram costs 2.50, and the whole what both cost."""
    lots, prices = np.array([1000, 2000]), np.array([2.0, 3.0])
    cost = feeding.fifo_cost(np.array([500, 0, 1900]), np.array([1500, 2000, 2000]), lots, prices)
    assert cost == pytest.approx([2.5, 5.0, 0.3])


@given(st.lists(st.integers(0, 400_000), min_size=1, max_size=30), st.integers(1, 30))
def test_pouring_conserves_fish(fish: list[int], into: int) -> None:
    moved = pour(np.array(fish), into)
    assert (moved.sum(axis=1) == fish).all()
    if len(fish) != into:
        arrived = moved.sum(axis=0)
        assert arrived.max() - arrived.min() <= 1
        assert (moved > 0).sum() <= len(fish) + into - 1
    share = np.linspace(0.8, 1.2, into) if into > 1 else np.ones(1)
    unevenly = pour(np.array(fish), into, shares=share)
    assert (unevenly.sum(axis=1) == fish).all()
    np.testing.assert_allclose(unevenly.sum(axis=0), share * sum(fish) / into, atol=1.0)


@given(st.lists(st.integers(1, 400_000), min_size=1, max_size=30), st.integers(2, 30))
def test_sorting_conserves_fish_and_biomass(fish: list[int], into: int) -> None:
    moved = sort_out(np.array(fish), into)
    assert (moved.sum(axis=1) == fish).all()
    weight_g = np.linspace(40.0, 90.0, len(fish))
    each_g = sorted_g(moved, weight_g, 0.2)
    np.testing.assert_allclose((moved * each_g).sum(axis=1), np.array(fish) * weight_g)
    assert (each_g > 0).all()
    for lifts, of_each in zip(moved, each_g, strict=True):
        large, small = (of_each[part][lifts[part] > 0] for part in np.split(np.arange(into), [(into + 1) // 2]))
        assert not len(large) or not len(small) or large.min() > small.max()


def test_single_fish_are_as_long_as_they_are_heavy() -> None:
    """A 5 kg salmon of K 1.28 measures 73 cm; weights scatter as their coefficient of variation says."""
    assert size.lengths_cm(np.array([5000.0]), 1.28)[0] == pytest.approx(73.1, abs=0.05)
    weights = size.weights_g(np.array([5000.0]), 0.2, np.random.default_rng(3).standard_normal(50_000))
    assert weights.mean() == pytest.approx(5000, rel=0.01)
    assert weights.std() / weights.mean() == pytest.approx(0.2, abs=0.01)
    wide = size.skewed(np.random.default_rng(4).standard_normal(200_000), 0.45)
    assert (wide.mean(), wide.std(), (wide**3).mean()) == pytest.approx((0.0, 1.0, 0.45), abs=0.03)
