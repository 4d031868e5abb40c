"""Fish moved from the fullest rings of a batch into one that stood empty since it went to sea."""

import numpy as np

from datagen.planning.thinning import lifts
from datagen.simulation.history import Move
from datagen.simulation.world import World
from datagen.streams import stream


def thin(world: World, b: int, day: int) -> None:
    """The lifts of a batch's thinning; the rings that fish are taken out of go on with the rest."""
    spec, sea, stays = world.case.way.thinning, world.case.sea, world.stays
    assert spec is not None
    late, rings = stays.of[b, sea][-1], stays.of[b, sea][:-1]
    place = stays.container[rings]
    fish, weight_g = world.fish[place], world.weight_cbrt[place] ** 3
    source, taken = lifts(fish, weight_g, world.farm.container_max_biomass_kg[place], spec.from_rings)
    if not len(source):
        return
    rng = stream(world.plan.seed, world.plan.batches[b].number, "thinning")
    # Of fish that leave at least one arrives.
    lost = taken * spec.lost_share * rng.uniform(0.5, 1.5, len(taken)) + rng.random(len(taken))
    died = np.minimum(lost.astype(np.int64), taken - 1)
    moved, out_of = taken - died, place[source]
    for i, ring in enumerate(source):
        world.log.thinnings.append(Move(b, sea, day, rings[ring], late, fish[ring], moved[i], died[i], weight_g[ring]))
    world.fish[out_of] -= taken
    world.enter(late, int(moved.sum()), float(np.cbrt(moved @ weight_g[source] / moved.sum())))
    # Who fasts goes on to.
    world.fasting_until[stays.container[late]] = world.fasting_until[out_of].max()
    share = spec.deaths_share * float(np.exp(spec.deaths_spread * rng.standard_normal()))
    world.handle(late, share, spec)
