"""Who enters what at a hall or area: its people on weekdays, one for several places at weekends, and who stands in."""

import numpy as np

from datagen.arrays import Bools, Dates, Ints
from datagen.catalog.ways.recording import Shifts
from datagen.events.context import BatchRecord
from datagen.streams import stream

OPERATOR = "OPR"


def on_duty(record: BatchRecord, assignment: Ints, entered: Dates) -> Ints | None:
    """Who enters something of each of these stays at these moments; None where nothing is said of shifts."""
    spec, _ = record.case.recording
    if spec is None or spec.shifts is None:
        return None
    people = np.flatnonzero(np.isin(record.farm.user_id, record.staff(OPERATOR)))
    away = np.zeros((len(record.farm.user_id), record.last_day + 1), bool)
    for person in people.tolist():
        away[person] = _away(record, person, people, spec.shifts)
    unit = record.farm.container_unit[record.history.assignments.container[assignment]]
    day = (entered.astype("datetime64[D]") - np.datetime64(record.plan_first_day)).astype(np.int64)
    who = np.zeros(len(assignment), np.int64)
    for each in np.unique(unit):
        here = unit == each
        who[here] = record.farm.user_id[_of_unit(record, int(each), people, away)[day[here]]]
    return who


def _of_unit(record: BatchRecord, unit: int, people: Ints, away: Bools) -> Ints:
    """Who is on duty at a hall or area on each day of the record: of those in turn the first who is not away."""
    days = np.arange(record.last_day + 1)
    weekday, week = record.weekday(days), record.week(days)
    trade, own = _at(record, unit, people)
    own, trade = (each[(week + np.arange(len(each))[:, None]) % len(each)] for each in (own, trade))
    # At weekends one is on duty for all places, the next one a week later.
    turns = np.concatenate([np.where(weekday >= 5, trade[0], own[0])[None], own, trade])
    who: Ints = turns[np.argmax(~away[turns, days], axis=0), days]
    return who


def _at(record: BatchRecord, unit: int, people: Ints) -> tuple[Ints, Ints]:
    """Of these people who is of the trade of a hall or area, and who works there; whoever there is, if nobody does."""
    farm, users = record.farm, record.catalog.people.users
    at_sea = bool(farm.unit_is_area[unit])
    site = farm.unit_code[unit] if at_sea else record.catalog.sites.stations[farm.unit_station[unit]].code
    # Those who see single containers only stand in for nobody.
    anybody = [each for each in people.tolist() if users[each].sites or not users[each].containers] or people.tolist()
    trade = [each for each in anybody if users[each].subsidiary in ("FM" if at_sea else "FW", "ALL")] or anybody
    own = [each for each in trade if site in users[each].sites] or [each for each in trade if not users[each].sites]
    return np.array(trade), np.array(own or trade)


def _away(record: BatchRecord, person: int, people: Ints, spec: Shifts) -> Bools:
    """On which days of the record one of these has leave in summer, or is ill for a week: colleagues go by turns."""
    days = record.date(np.arange(record.last_day + 1)).astype("datetime64[D]")
    name = record.farm.user_name[person]
    years = days.astype("datetime64[Y]").astype(np.int64)
    luck = stream(record.case.plan.seed, name, "leave").random(int(years[-1] - years[0]) + 1)[years - years[0]]
    users = record.catalog.people.users
    colleagues = [each for each in people.tolist() if users[each].subsidiary == users[person].subsidiary]
    turn = (colleagues.index(person) + years) % len(colleagues)
    room = (spec.leave_until_day - spec.leave_from_day) / len(colleagues)
    begins = spec.leave_from_day + (turn * room + luck * max(room - spec.leave_days, 0.0)).astype(int)
    of_year = (days - days.astype("datetime64[Y]").astype("datetime64[D]")).astype(np.int64) + 1
    on_leave = (of_year >= begins) & (of_year < begins + spec.leave_days)
    week = record.week(np.arange(len(days)))
    ill = stream(record.case.plan.seed, name, "ill").random(int(week[-1] - week[0]) + 1)[week - week[0]]
    away: Bools = on_leave | (ill < spec.ill_share)
    return away
