"""What is well typed and still describes no company that could keep fish from egg to harvest."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from datagen.biology.feeding import usual_pellets_mm
from datagen.catalog.spec import Fault, Loc, OfGeography

if TYPE_CHECKING:
    from datagen.catalog import Catalog

ROLES = ("MGR", "OPR", "VET", "FIN")
"""Whose names the record bears."""

LONGEST_LIFE_DAYS = 3650


def faults(catalog: "Catalog") -> Iterator[Fault]:
    """Faults between the parts of a catalog; those within one spec are its own validators'."""
    yield from _of_stages(catalog)
    for geography in catalog.producing():
        yield from _of_geography(catalog, geography)
    if not catalog.producing():
        yield Fault(("sites", "stations"), None, "No station or area is in production; at least one must be")
    yield from _of_people(catalog)
    yield from _of_layouts(catalog)
    yield from _of_sea_phase(catalog)
    yield from _of_prices(catalog)
    yield from _of_ways(catalog)
    yield from _of_broodstock(catalog)
    yield from _of_area_groups(catalog)
    yield from _of_carriers(catalog)


def _of_stages(catalog: "Catalog") -> Iterator[Fault]:
    biology, sea = catalog.biology, catalog.biology.stages[-1]
    moves = {move.into for move in biology.transfers}
    hazards = {hazard.stage for hazard in catalog.mortality.stages}
    for index, stage in enumerate(biology.stages):
        if stage is not biology.stages[0] and stage.key not in moves:
            yield Fault(("biology", "transfers"), stage.key, "No transfer leads into this stage; add one")
        for place, fresh in enumerate(catalog.water.freshwater):
            if stage is not sea and stage.key not in {tempering.stage for tempering in fresh.tempering}:
                yield Fault(("water", "freshwater", place, "tempering"), stage.key, "This stage has no water; add it")
        if stage.key not in hazards:
            yield Fault(("mortality", "stages"), stage.key, "The deaths of this stage are missing; add them")
        if (stage.fcr == 0) != (stage.meals_per_day == 0):
            cure = f"With {stage.meals_per_day} meals_per_day; fish that are not fed have 0 of both, others of neither"
            yield Fault(("biology", "stages", index, "fcr"), stage.fcr, cure)
    life_days = sum(stage.duration_days for stage in biology.stages)
    if life_days > LONGEST_LIFE_DAYS:
        cure = f"The stages together last that many days; shorten them to {LONGEST_LIFE_DAYS} or fewer"
        yield Fault(("biology", "stages"), life_days, cure)
    yield from _of_feeds(catalog)
    yield from _of_days(catalog)
    planned_days = catalog.scenarios.duration_days
    if planned_days < life_days:
        cure = f"A life may last {life_days} days, and scenarios outlast it; give as many or more"
        yield Fault(("scenarios", "duration_days"), planned_days, cure)


def _of_feeds(catalog: "Catalog") -> Iterator[Fault]:
    pellet_mm = {feed.name: feed.pellet_size_mm for feed in catalog.feeds.feeds}
    for number, stage in enumerate(catalog.biology.stages):
        finest, coarsest = usual_pellets_mm(stage.weight_min_g, stage.weight_max_g)
        for place, step in enumerate(stage.feeds):
            if not finest <= pellet_mm[step.feed] <= coarsest:
                fish = f"Fish of {stage.weight_min_g:g} to {stage.weight_max_g:g} g"
                cure = f"{fish} eat pellets of {finest:.1f} to {coarsest:.1f} mm, not of {pellet_mm[step.feed]:g}"
                yield Fault(("biology", "stages", number, "feeds", place, "feed"), step.feed, f"{cure}; name another")


def _of_days(catalog: "Catalog") -> Iterator[Fault]:
    """Days of stages that the stages do not have."""
    days = {stage.key: stage.duration_days for stage in catalog.biology.stages}
    templates, checks, sampling = catalog.activities.templates, catalog.health.checks, catalog.biology.sampling
    given: list[tuple[Loc, str, int]] = [
        *(
            (("biology", "vaccinations", place, "day_of_stage"), each.stage, each.day_of_stage)
            for place, each in enumerate(catalog.biology.vaccinations)
        ),
        *(
            (("activities", "templates", place, "day_of_stage"), each.stage, each.day_of_stage)
            for place, each in enumerate(templates)
        ),
        *(
            (("health", "routine_samples", place, "days_of_stage"), each.stage, max(each.days_of_stage))
            for place, each in enumerate(catalog.health.routine_samples)
        ),
        (("health", "checks", "day_of_stage"), checks.first_stage, checks.day_of_stage),
        (("biology", "sampling", "weekday_of_stage"), sampling.first_stage, sampling.weekday_of_stage),
    ]
    for loc, stage, day in given:
        if day >= days[stage]:
            yield Fault(loc, day, f"The stage {stage} lasts {days[stage]} days; name a day below, or another stage")
    for place, template in enumerate(templates):
        if template.type == "TRANSFER" and template.day_of_stage:
            cure = f"Fish move to {template.stage} on its first day; write 0, or leave it out"
            yield Fault(("activities", "templates", place, "day_of_stage"), template.day_of_stage, cure)


def _of_geography(catalog: "Catalog", geography: str) -> Iterator[Fault]:
    layouts = {layout.name: layout for layout in catalog.containers.station_layouts}
    stations = [site for site in catalog.sites.stations if site.in_production and site.geography == geography]
    homes = {hall.stage for station in stations for hall in layouts[station.layout].halls}
    for stage in catalog.biology.stages[:-1]:
        if stage.key not in homes:
            cure = f"No station in production has a hall for {stage.key}; add one, or take all out of production"
            yield Fault(("sites", "stations"), geography, cure)
    if not any(area.in_production and area.geography == geography for area in catalog.sites.areas):
        yield Fault(("sites", "areas"), geography, "It has no sea area in production; add one")
    for role in ROLES:
        if not any(user.role == role and user.geography in (None, geography) for user in catalog.people.users):
            cure = f"Nobody has this role in {geography}; add a user with it, for it or without a geography"
            yield Fault(("people", "users"), role, cure)
    said: list[tuple[Loc, Sequence[OfGeography]]] = [
        (("water", "freshwater"), catalog.water.freshwater),
        (("water", "storms"), catalog.water.storms),
        (("lice", "biology", "settling"), catalog.lice.biology.settling),
        (("scenarios", "growth"), catalog.scenarios.growth),
    ]
    for loc, each in said:
        if not {geography, None} & {one.geography for one in each}:
            yield Fault(loc, geography, "Nothing is said of it here; add an entry for it, or one without a geography")


def _of_people(catalog: "Catalog") -> Iterator[Fault]:
    kinds = (("FW", catalog.sites.stations), ("FM", catalog.sites.areas))
    for number, user in enumerate(catalog.people.users):
        seen = {
            site.code
            for subsidiary, sites in kinds
            for site in sites
            if user.subsidiary in (subsidiary, "ALL") and user.geography in (None, site.geography)
        }
        unknown = [place for place, code in enumerate(user.sites) if code not in seen]
        # One of each user: where areas are gone, all codes are unknown.
        for place in unknown[:1]:
            cure = "No station or area of the user's geography and subsidiary has this code"
            yield Fault(("people", "users", number, "sites", place), user.sites[place], cure)


def _of_layouts(catalog: "Catalog") -> Iterator[Fault]:
    sea = catalog.biology.stages[-1].key
    for number, station in enumerate(catalog.containers.station_layouts):
        for place, hall in enumerate(station.halls):
            if hall.stage == sea:
                cure = "The last stage lives at sea; name another, or none"
                yield Fault(("containers", "station_layouts", number, "halls", place, "stage"), hall.stage, cure)
            if hall.racks > hall.containers:
                cure = f"The hall has {hall.containers} containers, and each rack holds one or more; give fewer racks"
                yield Fault(("containers", "station_layouts", number, "halls", place, "racks"), hall.racks, cure)
    for number, area in enumerate(catalog.containers.area_layouts):
        if area.stage != sea:
            yield Fault(
                ("containers", "area_layouts", number, "stage"), area.stage, f"The stage at sea is {sea}; name it"
            )
    known = {sensor.parameter for sensor in catalog.water.sensors}
    for number, hung in enumerate(catalog.environment.sensor_sets):
        for place, parameter in enumerate(hung.parameters):
            if parameter not in known:
                cure = "water.sensors does not say what its sensor shows; add it there"
                yield Fault(("environment", "sensor_sets", number, "parameters", place), parameter, cure)


def _of_sea_phase(catalog: "Catalog") -> Iterator[Fault]:
    """A batch must be counted before it is deloused, and slaughtered before its rings are another's."""
    biology, sea_days = catalog.biology, catalog.biology.stages[-1].duration_days
    rings = max((layout.containers for layout in catalog.containers.area_layouts), default=1)
    harvest = biology.harvest
    latest = sea_days - (1 + harvest.fasting_days + (rings - 1) // harvest.rings_per_day)
    if latest < 1:
        cure = f"The harvest of {rings} rings takes {sea_days - latest} days; the stage at sea must last longer"
        yield Fault(("biology", "stages", len(biology.stages) - 1, "duration_days"), sea_days, cure)
    for index, treatment in enumerate(biology.lice_treatments):
        over = treatment.sea_day + treatment.jitter_days + (rings - 1) // treatment.rings_per_day
        clear = over + max(treatment.withholding_days, 1)
        if clear > latest:
            cure = f"Its withholding period may end on day {clear} at sea, and the harvest"
            yield Fault(
                ("biology", "lice_treatments", index, "sea_day"),
                treatment.sea_day,
                f"{cure} must begin by day {latest}; treat earlier",
            )
        if treatment.sea_day - treatment.jitter_days <= catalog.lice.counting.first_sea_day:
            cure = f"Lice are first counted on day {catalog.lice.counting.first_sea_day} at sea; treat after that"
            yield Fault(("biology", "lice_treatments", index, "sea_day"), treatment.sea_day, cure)


def _of_ways(catalog: "Catalog") -> Iterator[Fault]:
    stages = [stage.key for stage in catalog.biology.stages]
    for name in ("planned", "lived"):
        mortality = getattr(catalog.ways, name).mortality
        for number, hardship in enumerate(mortality.hardships if mortality else ()):
            for key in hardship.daily:
                if key not in stages:
                    place = ("ways", name, "mortality", "hardships", number, "daily", key)
                    yield Fault(place, key, f"biology.yaml has no such stage: {', '.join(stages)}")
        grading = getattr(catalog.ways, name).grading
        if grading is not None and grading.into not in stages[1:-1]:
            cure = f"Fish are graded between tanks; name one of {', '.join(stages[1:-1]) or 'more stages'}"
            yield Fault(("ways", name, "grading", "into"), grading.into, cure)
        delousing = getattr(catalog.ways, name).delousing
        if delousing is None:
            continue
        said = [each.method for each in delousing.methods]
        for method in catalog.treatments.delousing:
            if method.name not in said:
                cure = f"Say what {method.name} of treatments.yaml does to the fish, or take it out there"
                yield Fault(("ways", name, "delousing", "methods"), ", ".join(said), cure)


def _of_prices(catalog: "Catalog") -> Iterator[Fault]:
    prices = {each.geography: {price.grade for price in each.grades} for each in catalog.finance.prices}
    for geography in catalog.company.geographies:
        if geography.name not in prices:
            yield Fault(("finance", "prices"), geography.name, "Its currency and prices are missing; add them")
        for grade in catalog.grades.grades:
            if grade.code not in prices.get(geography.name, {grade.code}):
                yield Fault(("finance", "prices"), grade.code, f"{geography.name} has no price for it; add it")


def _of_broodstock(catalog: "Catalog") -> Iterator[Fault]:
    layouts = {layout.name: layout for layout in catalog.containers.station_layouts}
    sites = {(site.geography, site.code): site for site in catalog.sites.stations}
    for number, parents in enumerate(catalog.broodstock.parents):
        site = sites.get((parents.geography, parents.station))
        if site is None:
            cure = f"{parents.geography} has no station of this code; name one, or take the entry out"
            yield Fault(("broodstock", "parents", number, "station"), parents.station, cure)
            continue
        letters = [hall.letter for hall in layouts[site.layout].halls]
        if parents.spawning_hall not in letters or len(letters) < 2:
            cure = f"Name one of the station's halls ({', '.join(letters)}), of which it needs another beside"
            yield Fault(("broodstock", "parents", number, "spawning_hall"), parents.spawning_hall, cure)


def _of_area_groups(catalog: "Catalog") -> Iterator[Fault]:
    """A tree of two levels in each geography, whose leaves have the areas."""
    parents = {(group.geography, group.code): group.parent for group in catalog.sites.area_groups}
    with_parts = {(geography, parent) for (geography, _), parent in parents.items() if parent}
    for number, group in enumerate(catalog.sites.area_groups):
        place = ("sites", "area_groups", number, "parent")
        if group.parent and (group.geography, group.parent) not in parents:
            yield Fault(place, group.parent, f"{group.geography} has no group of this code; name one, or none")
        elif group.parent and parents[group.geography, group.parent]:
            yield Fault(place, group.parent, "This one is a part itself; name one that is not, or none")
    for number, area in enumerate(catalog.sites.areas):
        place = ("sites", "areas", number, "group")
        if area.group and (area.geography, area.group) not in parents:
            yield Fault(place, area.group, f"{area.geography} has no group of this code; name one, or none")
        elif area.group and (area.geography, area.group) in with_parts:
            yield Fault(place, area.group, "Other groups are parts of this one; name one of those")


def _of_carriers(catalog: "Catalog") -> Iterator[Fault]:
    kinds = {kind.name for kind in catalog.containers.types}
    for number, tank in enumerate(catalog.carriers.tanks):
        if tank.name in kinds:
            cure = "A kind of containers.yaml has this name; give it another"
            yield Fault(("carriers", "tanks", number, "name"), tank.name, cure)
