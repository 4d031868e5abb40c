"""Who enters what at a hall or area: its people on weekdays, one for several places at weekends, and who stands in."""

from typing import TYPE_CHECKING

import numpy as np

from datagen.arrays import Bools, Dates, Ints
from datagen.catalog.ways.recording import Shifts
from datagen.events.context import BatchRecord, since_monday
from datagen.streams import stream

if TYPE_CHECKING:
    from datagen.case import Case

OPERATOR = "OPR"


def on_duty(record: BatchRecord, assignment: Ints, entered: Dates) -> Ints | None:
    """Who enters something of each of these stays at these moments; None where nothing is said of shifts."""
    if record.case.on_duty is None:
        return None
    unit = record.farm.container_unit[record.history.assignments.container[assignment]]
    day = (entered.astype("datetime64[D]") - np.datetime64(record.plan_first_day)).astype(np.int64)
    who: Ints = record.case.on_duty[unit, day]
    return who


def everywhere(case: "Case") -> Ints | None:
    """Ids of those on duty [units, days of the record]; None where nothing is said of shifts."""
    spec, _ = case.recording
    if spec is None or spec.shifts is None:
        return None
    farm = case.farm
    who = np.zeros((len(farm.unit_code), case.plan.days), np.int64)
    for geography in case.geographies:
        people = np.flatnonzero(np.isin(farm.user_id, farm.user_ids(OPERATOR, geography)))
        away = np.zeros((len(farm.user_id), case.plan.days), bool)
        for person in people.tolist():
            away[person] = _away(case, person, people, spec.shifts)
        for unit in np.flatnonzero((farm.unit_geography == geography) & farm.unit_in_production).tolist():
            who[unit] = farm.user_id[_of_unit(case, unit, people, away)]
    return who


def _of_unit(case: "Case", unit: int, people: Ints, away: Bools) -> Ints:
    """Who is on duty at a hall or area on each day of the record: of those in turn the first who is not away."""
    week, weekday = np.divmod(since_monday(case.plan.dates()), 7)
    trade, own = _at(case, unit, people)
    own, trade = (each[(week + np.arange(len(each))[:, None]) % len(each)] for each in (own, trade))
    # At weekends one is on duty for all places, the next one a week later.
    turns = np.concatenate([np.where(weekday >= 5, trade[0], own[0])[None], own, trade])
    days = np.arange(len(week))
    who: Ints = turns[np.argmax(~away[turns, days], axis=0), days]
    return who


def _at(case: "Case", unit: int, people: Ints) -> tuple[Ints, Ints]:
    """Of these people who is of the trade of a hall or area, and who works there; whoever there is, if nobody does."""
    farm, users = case.farm, case.catalog.people.users
    at_sea = bool(farm.unit_is_area[unit])
    site = farm.unit_code[unit] if at_sea else case.catalog.sites.stations[farm.unit_station[unit]].code
    # Those who see single containers only stand in for nobody.
    anybody = [each for each in people.tolist() if users[each].sites or not users[each].containers] or people.tolist()
    trade = [each for each in anybody if users[each].subsidiary in ("FM" if at_sea else "FW", "ALL")] or anybody
    own = [each for each in trade if site in users[each].sites] or [each for each in trade if not users[each].sites]
    return np.array(trade), np.array(own or trade)


def _away(case: "Case", person: int, people: Ints, spec: Shifts) -> Bools:
    """On which days of the record one of these has leave in summer, or is ill for a week: colleagues go by turns."""
    days = case.plan.dates().astype("datetime64[D]")
    name, users = case.farm.user_name[person], case.catalog.people.users
    years = days.astype("datetime64[Y]").astype(np.int64)
    luck = stream(case.plan.seed, name, "leave").random(int(years[-1] - years[0]) + 1)[years - years[0]]
    colleagues = [each for each in people.tolist() if users[each].subsidiary == users[person].subsidiary]
    turn = (colleagues.index(person) + years) % len(colleagues)
    room = (spec.leave_until_day - spec.leave_from_day) / len(colleagues)
    begins = spec.leave_from_day + (turn * room + luck * max(room - spec.leave_days, 0.0)).astype(int)
    of_year = (days - days.astype("datetime64[Y]").astype("datetime64[D]")).astype(np.int64) + 1
    on_leave = (of_year >= begins) & (of_year < begins + spec.leave_days)
    week = since_monday(days) // 7
    ill = stream(case.plan.seed, name, "ill").random(int(week[-1] - week[0]) + 1)[week - week[0]]
    away: Bools = on_leave | (ill < spec.ill_share)
    return away
