"""A batch's record out of Arrow tables that no database holds, as the queries would find it in one."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from fractions import Fraction
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute
from numpy.typing import NDArray

from apps.batch.growth_analysis.queries import GROWTH_SAMPLE, VACCINATION
from apps.batch.growth_analysis.record import Columns, MissingScenario, Record, Sources, arranged
from apps.batch.growth_analysis.scenario import Scenario, applied

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
pc: Any = pyarrow.compute

READ = {
    "batch_batch": ("id", "start_date", "actual_end_date", "pinned_projection_run_id"),
    "batch_batchcontainerassignment": (
        "id", "container_id", "lifecycle_stage_id", "assignment_date", "departure_date", "population_count",
        "avg_weight_g",
    ),
    "batch_creationaction": (
        "status", "dest_assignment_id", "actual_delivery_date", "expected_delivery_date", "egg_count_actual",
        "egg_count_planned", "mortality_on_arrival",
    ),
    "batch_transferaction": (
        "status", "source_assignment_id", "dest_assignment_id", "actual_execution_date", "planned_date",
        "transferred_count", "mortality_during_transfer", "measured_avg_weight_g", "selection_method",
    ),
    "harvest_harvestevent": ("id", "assignment_id", "event_date"),
    "harvest_harvestlot": ("event_id", "unit_count"),
    "batch_growthsample": ("assignment_id", "sample_date", "avg_weight_g", "sample_size"),
    "health_treatment": (
        "batch_assignment_id", "treatment_date", "sampling_event_id", "description", "includes_weighing",
    ),
    "health_healthsamplingevent": ("id", "avg_weight_g"),
    "batch_mortalityevent": ("assignment_id", "event_date", "count"),
    "inventory_feedingevent": ("container_id", "feeding_date", "amount_kg"),
    "environmental_environmentalreading": ("container_id", "reading_time", "value"),
    "scenario": ("scenario_id", "tgc_model_id", "mortality_model_id"),
    "scenario_projection_run": ("run_id", "scenario_id"),
}  # fmt: skip
"""The columns that states rest on, of a batch's own tables."""

MASTER_DATA = (
    "batch_lifecyclestage",
    "environmental_environmentalparameter",
    "scenario_tgcmodel",
    "scenario_tgc_model_stage",
    "scenario_mortalitymodel",
    "scenario_mortality_model_stage",
    "scenario_temperaturereading",
)
DAY_US = 86_400_000_000
_NONE = np.zeros(0, np.int64)
SELECTED = {"LARGEST": 0.88, "SMALLEST": 1.12}
WEIGHED = re.compile("([0-9]+[.]?[0-9]*) g mean weight")


class Tables:
    """Sees a batch's rows pass, in whatever order of tables, and keeps what its daily states rest on."""

    def __init__(self, master_data: dict[str, pa.Table]) -> None:
        self._known = master_data
        parameters = master_data["environmental_environmentalparameter"].to_pylist()
        self._temperature = min(each["id"] for each in parameters if each["name"].lower() == "temperature")
        self._seen: dict[str, list[pa.RecordBatch]] = defaultdict(list)

    def watch(self, tables: Iterable[tuple[Any, pa.RecordBatch]]) -> Iterator[tuple[Any, pa.RecordBatch]]:
        """Let a batch's tables pass; what is left of them where they were not taken to their end."""
        for model, rows in tables:
            self._see(model._meta.db_table, rows)
            yield model, rows

    def _see(self, table: str, rows: pa.RecordBatch) -> None:
        if table not in READ:
            return
        kept = rows.select(list(READ[table]))
        if table == "environmental_environmentalreading":
            kept = kept.filter(pc.equal(rows["parameter_id"], self._temperature))
        self._seen[table].append(kept)

    def record(self, as_of: date) -> Record | None:
        """The record of the batch up to the as-of day; None if it is nowhere."""
        known = self.sources(as_of)
        return None if known is None else arranged(known)

    def sources(self, as_of: date) -> Sources | None:
        """What is known of the batch up to the as-of day, of what has passed; None if it is nowhere."""
        if not (found := self._table("batch_batch").to_pylist()):
            return None
        [batch] = found
        stays = self._stays(batch, (as_of - date(1970, 1, 1)).days)
        if not len(stays["id"]):
            return None
        scenario = self._scenario(batch)
        if scenario is None:
            raise MissingScenario(batch["id"], len(stays["id"]))
        deaths, fed = self._table("batch_mortalityevent"), self._table("inventory_feedingevent")
        died = deaths.filter(pc.is_valid(deaths["assignment_id"]))
        of_death, died_on, dead, _ = _sums(ints(died["assignment_id"]), ints(died["event_date"]), ints(died["count"]))
        fed_in, fed_on, fed_units, _ = _sums(
            ints(fed["container_id"]), ints(fed["feeding_date"]), units(fed["amount_kg"])
        )
        return Sources(
            batch_id=batch["id"],
            stays=stays,
            scenario=scenario,
            transfers=self._transfers(stays["id"]),
            creations=self._creations(stays["id"]),
            harvests=self._harvests(),
            weighings=self._weighings(stays["id"]),
            deaths={"assignment": of_death, "day": died_on, "count": dead},
            deaths_recorded=bool(deaths.num_rows),
            feed={"container": fed_in, "day": fed_on, "value": fed_units / scale(fed["amount_kg"])},
            temperatures=self.temperatures(),
        )

    def temperatures(self) -> Columns:
        """The mean of every container and day that was read."""
        read = self._table("environmental_environmentalreading")
        read = read.filter(pc.is_valid(read["container_id"]))
        read_in, read_on, degrees, times = _sums(
            ints(read["container_id"]), ints(read["reading_time"]) // DAY_US, units(read["value"])
        )
        return {"container": read_in, "day": read_on, "value": degrees / (times * scale(read["value"]))}

    def _table(self, name: str) -> pa.Table:
        if not (seen := self._seen[name]):
            return pa.table({column: pa.nulls(0, pa.int64()) for column in READ[name]})
        return pa.Table.from_batches(seen).combine_chunks()

    def _stays(self, batch: dict[str, Any], last: int) -> Columns:
        stays = self._table("batch_batchcontainerassignment")
        stages = self._known["batch_lifecyclestage"].to_pylist()
        least_g = {each["id"]: float(each["expected_weight_min_g"] or 0) for each in stages}
        ended = last if batch["actual_end_date"] is None else (batch["actual_end_date"] - date(1970, 1, 1)).days
        departed = ints(pc.fill_null(stays["departure_date"].cast(pa.int32()), last + 1)) - 1
        stage = ints(stays["lifecycle_stage_id"])
        weight_g = floats(stays["avg_weight_g"])
        columns = {
            "id": ints(stays["id"]),
            "container_id": ints(stays["container_id"]),
            "lifecycle_stage_id": stage,
            "batch_start": np.full(len(stage), (batch["start_date"] - date(1970, 1, 1)).days),
            "first_day": ints(stays["assignment_date"]),
            "last_day": np.minimum(min(last, ended), departed),
            "own_count": ints(stays["population_count"]),
            "own_weight_g": np.where(np.isnan(weight_g), [least_g[each] for each in stage.tolist()], weight_g),
        }
        here = np.flatnonzero(columns["first_day"] <= columns["last_day"])
        here = here[np.lexsort((columns["id"][here], columns["first_day"][here]))]
        return {name: values[here] for name, values in columns.items()}

    def _creations(self, stays: Ints) -> Columns:
        made = self._table("batch_creationaction")
        ours = pc.is_in(made["dest_assignment_id"], pa.array(stays))
        made = made.filter(pc.and_(_is(made["status"], "COMPLETED"), ours))
        eggs = ints(pc.coalesce(made["egg_count_actual"], made["egg_count_planned"]))
        return {
            "dest": ints(made["dest_assignment_id"]),
            "day": ints(pc.coalesce(made["actual_delivery_date"], made["expected_delivery_date"])),
            "fish": np.maximum(eggs - ints(made["mortality_on_arrival"]), 0),
        }

    def _transfers(self, stays: Ints) -> Columns:
        moved = self._table("batch_transferaction")
        day = pc.coalesce(moved["actual_execution_date"], moved["planned_date"])
        ends = [pc.is_in(moved[f"{end}_assignment_id"], pa.array(stays)) for end in ("source", "dest")]
        kept = pc.and_(pc.and_(_is(moved["status"], "COMPLETED"), pc.is_valid(day)), pc.or_(*ends))
        moved, day = moved.filter(kept), day.filter(kept)
        selection = moved["selection_method"].to_pylist()
        return {
            "source": ints(moved["source_assignment_id"]),
            "dest": ints(pc.fill_null(moved["dest_assignment_id"], 0)),
            "day": ints(day),
            "fish": ints(moved["transferred_count"]),
            "died": ints(moved["mortality_during_transfer"]),
            "measured_g": floats(moved["measured_avg_weight_g"]),
            "selection": np.array([SELECTED.get(str(each), 1.0) for each in selection], float),
            # All of a batch's stays are here, and a batch's fish are from no other.
            "stored_source_g": np.full(len(selection), np.nan),
        }

    def _harvests(self) -> Columns:
        """Fish by stay and day."""
        events, lots = self._table("harvest_harvestevent"), self._table("harvest_harvestlot")
        of, keys = ints(lots["event_id"]), ints(events["id"])
        at = np.searchsorted(keys, of)
        stay, day, fish, _ = _sums(
            ints(events["assignment_id"])[at], (ints(events["event_date"]) // DAY_US)[at], ints(lots["unit_count"])
        )
        return {"assignment": stay, "day": day, "fish": fish}

    def _weighings(self, stays: Ints) -> Columns:
        """Means by stay and day: of samples by the fish in them, of vaccinations plain."""
        samples = self._table("batch_growthsample")
        fish = np.maximum(ints(samples["sample_size"]), 1)
        place = ints(samples["assignment_id"]), ints(samples["sample_date"])
        stay, day, grams, _ = _sums(*place, units(samples["avg_weight_g"]) * fish)
        sampled_g = grams / (_sums(*place, fish)[2] * scale(samples["avg_weight_g"]))
        jabs = self._vaccinations()
        columns = {
            "kind": np.repeat([GROWTH_SAMPLE, VACCINATION], [len(stay), len(jabs)]),
            "assignment": np.append(stay, [stay for stay, _ in jabs]).astype(np.int64),
            "day": np.append(day, [day for _, day in jabs]).astype(np.int64),
            "weight_g": np.append(sampled_g, list(jabs.values())),
        }
        known = np.isin(columns["assignment"], stays)
        return {name: values[known] for name, values in columns.items()}

    def _vaccinations(self) -> dict[tuple[int, int], float]:
        checks = self._table("health_healthsamplingevent").to_pylist()
        checked_g = {check["id"]: check["avg_weight_g"] for check in checks}
        treatments = self._table("health_treatment")
        weights: dict[tuple[int, int], list[Fraction]] = defaultdict(list)
        weighed = treatments.filter(pc.equal(treatments["includes_weighing"].cast(pa.int8()), 1))
        for row, at in zip(weighed.to_pylist(), ints(weighed["treatment_date"]).tolist(), strict=True):
            weight_g = checked_g.get(row["sampling_event_id"])
            if weight_g is None and (told := WEIGHED.search(row["description"])):
                weight_g = told[1]
            if weight_g is not None:
                weights[row["batch_assignment_id"], at // DAY_US].append(Fraction(weight_g))
        return {place: float(sum(each) / len(each)) for place, each in weights.items()}

    def _scenario(self, batch: dict[str, Any]) -> Scenario | None:
        scenarios = {each["scenario_id"]: each for each in self._table("scenario").to_pylist()}
        runs = {each["run_id"]: each["scenario_id"] for each in self._table("scenario_projection_run").to_pylist()}
        chosen = scenarios.get(runs.get(batch["pinned_projection_run_id"], min(scenarios, default=0)))
        if chosen is None:
            return None
        return scenario_of(chosen, self._known)


def scenario_of(chosen: dict[str, Any], known: Mapping[str, pa.Table]) -> Scenario:
    """The models of a scenario, by master data (`MASTER_DATA`)."""

    def of(table: str, column: str, key: int) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = known[table].filter(pc.equal(known[table][column], key)).to_pylist()
        return found

    [growth] = of("scenario_tgcmodel", "model_id", chosen["tgc_model_id"])
    [mortality] = of("scenario_mortalitymodel", "model_id", chosen["mortality_model_id"])
    tgc_of = of("scenario_tgc_model_stage", "tgc_model_id", growth["model_id"])
    percent_of = of("scenario_mortality_model_stage", "mortality_model_id", mortality["model_id"])
    profile = known["scenario_temperaturereading"]
    profile = profile.filter(pc.equal(profile["profile_id"], growth["profile_id"]))
    day = ints(profile["day_number"]).tolist()
    temperatures: list[Any] = profile["temperature"].to_pylist()
    return applied(
        [(each["id"], each["name"]) for each in known["batch_lifecyclestage"].to_pylist()],
        float(growth["tgc_value"]),
        {each["lifecycle_stage"]: float(each["tgc_value"]) for each in tgc_of},
        float(mortality["rate"]),
        mortality["frequency"],
        {each["lifecycle_stage"]: float(each["daily_rate_percent"]) for each in percent_of},
        sorted(zip(day, temperatures, strict=True)),
    )


def _array(column: Any) -> Any:
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column


def ints(column: Any) -> Ints:
    """Whole numbers; days from 1970, and moments in microseconds."""
    array = _array(column)
    if pa.types.is_date32(array.type):
        array = array.cast(pa.int32())
    return np.asarray(array.cast(pa.int64()))


def units(column: Any) -> Ints:
    """Decimals as whole numbers of their smallest unit, so that sums are exact."""
    array = _array(column)
    if not pa.types.is_decimal64(array.type):
        return ints(array)
    return np.frombuffer(array.buffers()[1], np.int64, len(array), array.offset * 8) if len(array) else _NONE


def scale(column: Any) -> float:
    return 10.0**column.type.scale if pa.types.is_decimal(column.type) else 1.0


def floats(column: Any) -> Floats:
    """Decimals; NaN where there is none."""
    array = _array(column)
    return np.where(np.asarray(array.is_null()), np.nan, units(array) / scale(array))


def _is(column: Any, text: str) -> Any:
    return pc.equal(column.cast(pa.string()), text)


def _sums(owner: Ints, day: Ints, values: Ints) -> tuple[Ints, Ints, Ints, Ints]:
    """Owners and days that have values, with their sums and numbers."""
    if not len(owner):
        return _NONE, _NONE, _NONE, _NONE
    ahead = np.diff(owner)
    if ((ahead < 0) | ((ahead == 0) & (np.diff(day) < 0))).any():
        # By one number for both, in a tenth of the time: days fit 20 bits until the year 4840. A stable sort joins what
        # is in order already, as readings of a stage are, in a seventh of the time of another.
        order = np.argsort((owner << 20) + day, kind="stable")
        owner, day, values = owner[order], day[order], values[order]
    begins = np.flatnonzero((np.diff(owner, prepend=-1) != 0) | (np.diff(day, prepend=-1) != 0))
    return owner[begins], day[begins], np.add.reduceat(values, begins), np.diff(begins, append=len(owner))
