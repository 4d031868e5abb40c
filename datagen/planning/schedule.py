"""A plan as the guide's schedule file: written whole or not at all, and read with every fault told at its line."""

import json
import os
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Annotated, Any, NamedTuple, TypeVar

import numpy as np
import yaml
from pydantic import Field, ValidationError
from pydantic_core import ErrorDetails

from aquamind.errors import UserError
from datagen.case import Case
from datagen.catalog import Catalog, reader
from datagen.catalog.biology import Harvest
from datagen.catalog.reader import closest
from datagen.catalog.spec import LEAST_EGGS, MOST_EGGS, Fault, Loc, Name, Spec
from datagen.catalog.stages import Stages, stages
from datagen.catalog.ways import Imperfections, WayName
from datagen.farm import Farm
from datagen.planning.plan import EARLIEST_AS_OF, LATEST_AS_OF, BatchPlan, Plan, Versions, check_as_of
from datagen.planning.presets import PRESETS
from datagen.planning.slaughter import least_days

HEADER = """\
# A schedule: every batch with its start, eggs, harvest target and containers. It may be edited by hand; every fault is
# told with its line before anything is written. Containers are filled in the order in which they stand here.
"""

WORKERS = 14
"""Partitions that a schedule offers (guide)."""

# PyYAML without libyaml is ten times slower, and as right.
_Dumper: Any = yaml.CSafeDumper if yaml.__with_libyaml__ else yaml.SafeDumper


class _Metadata(Spec):
    """What a plan is besides its batches; `stage_days` and `batch_count` are there to be checked against."""

    preset: Name
    seed: Annotated[int, Field(ge=-(2**63), lt=2**63)]
    as_of: Annotated[date, Field(ge=EARLIEST_AS_OF, le=LATEST_AS_OF)]
    years: Annotated[float, Field(gt=0, le=50)]
    stagger_days: Annotated[int, Field(ge=1, le=1000)]
    saturation: Annotated[float, Field(gt=0, le=1)]
    containers_per_stage: Annotated[int, Field(ge=1, le=1000)] | None = None
    way: WayName = "planned"
    imperfections: Imperfections = "none"
    history: Versions = "edited"
    stage_days: dict[str, int]
    batch_count: int


class _Tanks(Spec):
    containers: Annotated[tuple[str, ...], Field(min_length=1)]


class _Rings(Spec):
    area: Name
    rings: Annotated[tuple[str, ...], Field(min_length=1)]


class _Batch(Spec):
    batch_id: Name
    geography: Name
    start_date: date
    eggs: Annotated[int, Field(ge=LEAST_EGGS, le=MOST_EGGS)]
    harvest_target_kg: Annotated[float, Field(ge=1, le=10)]
    harvest_from: date | None = None
    growth: Annotated[float, Field(ge=0.5, le=1.5)] = 1.0
    freshwater: dict[str, _Tanks]
    sea: _Rings


class _Document(Spec):
    """The file's outline; its parts are validated one by one, so that a fault in one hides none in another."""

    metadata: Any
    batches: Annotated[tuple[Any, ...], Field(min_length=1)]
    worker_partitions: dict[int, tuple[str, ...]] = {}


_KEYS = [name for model in (_Document, _Metadata, _Batch, _Tanks, _Rings) for name in model.model_fields]
_Model = TypeVar("_Model", bound=Spec)


def text(case: Case, workers: int = WORKERS) -> str:
    """A case's plan as a schedule."""
    body: str = yaml.dump(
        _document(case, workers),
        Dumper=_Dumper,
        sort_keys=False,
        allow_unicode=True,
        # Lists of names on few lines: 144 batches stay below 6,000.
        default_flow_style=None,
        width=150,
    )
    return HEADER + body


def write(case: Case, path: Path, workers: int = WORKERS) -> None:
    """Write a plan, making its folder; a reader sees the old file or the whole new one."""
    cure = "name a file that can be written"
    try:
        path = path.resolve()
        if not path.name or (path.exists() and not path.is_file()):
            raise UserError("output", str(path), f"That is not a file; {cure}.")
        # Not a longer name than the one asked for.
        beside = path.with_name(f".{os.getpid()}")
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            beside.write_text(text(case, workers), encoding="utf-8")
            beside.replace(path)
        finally:
            beside.unlink(missing_ok=True)
    except (OSError, RuntimeError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else str(error)
        raise UserError("output", str(path), f"{why}; {cure}.") from error


def read(path: Path, catalog: Catalog, farm: Farm) -> Plan:
    """The plan of a schedule file; whatever is wrong in it is told in one error."""
    cure = "Name a schedule file, as `aquamind plan --output` writes it"
    return parse(reader.read_text(path, "schedule", cure), path, catalog, farm)


def parse(content: str, path: Path, catalog: Catalog, farm: Farm) -> Plan:
    """The plan of a schedule's text; `path` is what faults are told of."""
    root = reader.parse(content, path)
    if not isinstance(root, yaml.MappingNode):
        raise UserError(
            f"{path}:1", None, "It is not a schedule; write metadata: and batches:, as `aquamind plan` does"
        )
    _raise(path, root, None, [*islice(reader.node_faults(root, ()), reader.MOST_FAULTS + 1)])
    reading = _Reading(stages(catalog), catalog.biology.harvest, farm, reader.plain(root))
    with suppress(_Enough):
        reading.judge()
    _raise(path, root, reading.data, reading.faults)
    return reading.plan()


def _document(case: Case, workers: int) -> dict[str, Any]:
    plan, keys = case.plan, case.stages.key
    names = [batch.number for batch in plan.batches]
    parts = [part.tolist() for part in np.array_split(np.array(names), min(workers, len(names)))]
    return {
        "metadata": {
            "preset": plan.preset,
            "seed": plan.seed,
            "as_of": plan.as_of,
            "years": plan.years,
            "stagger_days": plan.stagger_days,
            "saturation": plan.saturation,
            "containers_per_stage": plan.containers_per_stage,
            "way": plan.way,
            "imperfections": plan.imperfections,
            **({} if plan.versions == "edited" else {"history": plan.versions}),
            "stage_days": {key: plan.stage_days(stage) for stage, key in enumerate(keys)},
            "batch_count": len(names),
        },
        "batches": [_batch(batch, keys, case.farm) for batch in plan.batches],
        "worker_partitions": dict(enumerate(parts, 1)),
    }


def _batch(batch: BatchPlan, keys: Sequence[str], farm: Farm) -> dict[str, Any]:
    names = [[farm.container_name[c] for c in containers] for containers in batch.containers]
    departures = {"harvest_from": batch.harvest_from, "growth": batch.growth}
    usual = {"harvest_from": None, "growth": 1.0}
    return {
        "batch_id": batch.number,
        "geography": farm.geography_name[batch.geography],
        "start_date": batch.start,
        "eggs": batch.eggs,
        "harvest_target_kg": float(Decimal(repr(batch.harvest_target_g)).scaleb(-3)),
        **{key: value for key, value in departures.items() if value != usual[key]},
        "freshwater": {key: {"containers": each} for key, each in zip(keys[:-1], names[:-1], strict=True)},
        "sea": {"area": farm.unit_name[farm.container_unit[batch.containers[-1][0]]], "rings": names[-1]},
    }


class _Enough(Exception):
    """More faults are there than are told."""


class _Stay(NamedTuple):
    """The days on which a batch may be in a container or hall; `place` is the container's in the file's list."""

    first: int
    end: int
    batch: int
    stage: int
    place: int

    @property
    def span(self) -> str:
        return f"from {date.fromordinal(self.first)} until {date.fromordinal(self.end)}"


@dataclass
class _Reading:
    """One file's values on their way to a plan: first all that is wrong with them, then the plan."""

    stages: Stages
    harvest: Harvest
    farm: Farm
    data: Any
    metadata: _Metadata | None = None
    batches: dict[int, BatchPlan] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)

    def judge(self) -> None:
        """Read all parts, and note every fault, until there are more than are told: a cure takes time to find."""
        document = self._valid(_Document, self.data, ())
        if document is None:
            # The outline is wrong, but the batches that are there may still be told their own faults.
            listed = self.data.get("batches")
            document = _Document.model_construct(
                metadata=self.data.get("metadata"), batches=tuple(listed) if isinstance(listed, list) else ()
            )
        if "metadata" in self.data:
            self.metadata = self._valid(_Metadata, document.metadata, ("metadata",))
        if self.metadata is not None:
            self._judge_metadata(self.metadata, len(document.batches))
        for index, each in enumerate(document.batches):
            batch = self._valid(_Batch, each, ("batches", index))
            if batch is not None:
                self._judge_batch(index, batch)
        self._judge_ids(document.batches)
        self._judge_bookings()
        if document.worker_partitions:
            self._judge_partitions(document)

    def _tell(self, loc: Loc, value: Any, cure: str) -> None:
        self.faults.append(Fault(loc, value, cure))
        if len(self.faults) > reader.MOST_FAULTS:
            raise _Enough

    def _valid(self, model: type[_Model], data: Any, loc: Loc) -> _Model | None:
        """Data as a model, or None where it has faults."""
        try:
            # Through JSON, because only there strict types go with lists for tuples and text for dates.
            return model.model_validate_json(json.dumps(data), strict=True)
        except ValidationError as error:
            for detail in error.errors(include_url=False):
                fault = _fault(detail, loc)
                self._tell(fault.loc, fault.value, fault.cure)
            return None

    def _tell_wrong_keys(self, found: dict[str, Any], known: Sequence[str], loc: Loc) -> None:
        """Stages that are none, and stages left out; one spelled with a hyphen is told once."""
        for key in found:
            if key not in known:
                self._tell((*loc, key), key, f"No such stage. {_key_cure(key, known)}")
        for key in known:
            if key not in {name.replace("-", "_") for name in found}:
                self._tell((*loc, key), None, "This stage is missing; add it")

    def plan(self) -> Plan:
        about = self.metadata
        assert about is not None
        return Plan(
            about.preset,
            about.seed,
            about.as_of,
            about.years,
            about.stagger_days,
            about.saturation,
            about.containers_per_stage,
            tuple(self.stages.starts.tolist()),
            # A batch moved by hand may stand where it no longer belongs.
            tuple(sorted(self.batches.values(), key=lambda batch: batch.start)),
            about.way,
            about.imperfections,
            about.history,
        )

    def _judge_metadata(self, about: _Metadata, batches: int) -> None:
        if about.preset not in PRESETS:
            self._tell(("metadata", "preset"), about.preset, f"No such preset. {closest(about.preset, list(PRESETS))}")
        if about.way == "planned" and about.imperfections != "none":
            cure = "A planned record is complete and exact; write none, or way: lived"
            self._tell(("metadata", "imperfections"), about.imperfections, cure)
        if about.batch_count != batches:
            cure = f"The file holds {batches} batches; write that, or bring back what is missing"
            self._tell(("metadata", "batch_count"), about.batch_count, cure)
        days = dict(zip(self.stages.key, self.stages.duration_days.tolist(), strict=True))
        self._tell_wrong_keys(about.stage_days, list(days), ("metadata", "stage_days"))
        for key, found in about.stage_days.items():
            if found != days.get(key, found):
                cure = f"In the catalog the stage lasts {days[key]} days; name the schedule's own catalog, or plan anew"
                self._tell(("metadata", "stage_days", key), found, cure)

    def _judge_batch(self, index: int, batch: _Batch) -> None:
        """Faults of a batch by itself; a batch without any is kept."""
        here: Loc = ("batches", index)
        try:
            geography = self.farm.geography_index(batch.geography)
        except UserError as error:
            self._tell((*here, "geography"), error.value, error.cure)
            return
        faults = len(self.faults)
        containers = [
            self._containers(names, stage, geography, (*here, *self._loc(stage)))
            for stage, names in enumerate(self._names(batch))
        ]
        self._judge_values(batch, geography, here)
        rings = containers[-1] if len(containers[-1]) == len(batch.sea.rings) else ()
        self._judge_area(batch.sea, geography, rings, (*here, "sea"))
        if len(self.faults) == faults:
            target_g = float(Decimal(repr(batch.harvest_target_kg)).scaleb(3))
            self.batches[index] = BatchPlan(
                batch.batch_id,
                geography,
                batch.start_date,
                batch.eggs,
                target_g,
                tuple(containers),
                batch.growth,
                batch.harvest_from,
            )

    def _judge_values(self, batch: _Batch, geography: int, here: Loc) -> None:
        code = self.farm.geography_code[geography]
        if not re.fullmatch(rf"{code}-[0-9]{{4}}-[0-9]{{3,4}}", batch.batch_id):
            cure = f"Write {code}-YEAR-NNN, as in {code}-{batch.start_date.year}-001"
            self._tell(
                (*here, "batch_id"), batch.batch_id, f"A batch of {batch.geography} has another form of name. {cure}"
            )
        if self.metadata is not None:
            try:
                check_as_of(batch.start_date, self.metadata.as_of)
            except UserError as error:
                self._tell((*here, "start_date"), error.value, error.cure)
        keys = self.stages.key[:-1]
        self._tell_wrong_keys(batch.freshwater, keys, (*here, "freshwater"))
        longest = int(self.stages.starts[-1]) - least_days(self.harvest, len(batch.sea.rings))
        last = batch.start_date + timedelta(days=longest)
        if batch.harvest_from is not None and not batch.start_date <= batch.harvest_from <= last:
            cure = f"Give a day from {batch.start_date} to {last}, when the harvest must begin"
            self._tell((*here, "harvest_from"), batch.harvest_from.isoformat(), cure)

    def _judge_area(self, sea: _Rings, geography: int, rings: Sequence[int], here: Loc) -> None:
        farm = self.farm
        areas = [farm.unit_name[u] for u in np.flatnonzero(farm.unit_is_area & (farm.unit_geography == geography))]
        if sea.area not in areas:
            cure = f"{farm.geography_name[geography]} has no such area. {closest(sea.area, areas)}"
            self._tell((*here, "area"), sea.area, cure)
            return
        for place, ring in enumerate(rings):
            area = farm.unit_name[farm.container_unit[ring]]
            if area != sea.area:
                cure = f"It lies in {area}, the batch in {sea.area}; a batch stays in one area"
                self._tell((*here, "rings", place), farm.container_name[ring], cure)

    def _names(self, batch: _Batch) -> list[tuple[str, ...]]:
        """Names of containers by stage; none for a stage that the file leaves out, which is told elsewhere."""
        land = [batch.freshwater[key].containers if key in batch.freshwater else () for key in self.stages.key[:-1]]
        return [*land, batch.sea.rings]

    def _loc(self, stage: int) -> Loc:
        if stage == self.stages.sea:
            return ("sea", "rings")
        return ("freshwater", self.stages.key[stage], "containers")

    def _containers(self, names: Sequence[str], stage: int, geography: int, loc: Loc) -> tuple[int, ...]:
        """The containers of a stage that may be there."""
        found: list[int] = []
        for place, name in enumerate(names):
            try:
                container = self.farm.container_index(name)
            except UserError as error:
                self._tell((*loc, place), name, error.cure)
                continue
            if wrong := self._unfit(container, stage, geography):
                self._tell((*loc, place), name, wrong)
                if self.farm.container_geography[container] != geography:
                    # All others will be there too.
                    break
            elif container in found:
                self._tell((*loc, place), name, "The batch has it twice in this stage; name another")
            else:
                found.append(container)
        return tuple(found)

    def _unfit(self, container: int, stage: int, geography: int) -> str:
        farm = self.farm
        unit = farm.container_unit[container]
        wanted = f"name one for {farm.stage_name[stage]} of {farm.geography_name[geography]}"
        if farm.container_geography[container] != geography:
            return f"It lies in {farm.geography_name[farm.container_geography[container]]}; {wanted}"
        if not farm.container_in_production[container]:
            return f"It is not in production; {wanted}"
        if farm.unit_stage[unit] != stage:
            return f"It is for {farm.stage_name[farm.unit_stage[unit]]}; {wanted}"
        return ""

    def _judge_ids(self, batches: Sequence[Any]) -> None:
        seen = set()
        for index, each in enumerate(batches):
            name = each.get("batch_id") if isinstance(each, dict) else None
            if isinstance(name, str) and name in seen:
                self._tell(
                    ("batches", index, "batch_id"),
                    name,
                    "Another batch before has the same; give one of them another number",
                )
            seen.add(name if isinstance(name, str) else None)

    def _judge_bookings(self) -> None:
        """Batches that meet in a container or a hall, by simulated date, for the longest life; a pair is told once."""
        told = set()
        for name, booked in self._stays():
            booked.sort()
            last = booked[0]
            for stay in booked[1:]:
                pair = (last.batch, stay.batch, stay.stage)
                if stay.first < last.end and pair not in told:
                    told.add(pair)
                    self._tell_meeting(last, stay, name)
                last = max(last, stay, key=lambda each: each.end)

    def _stays(self) -> Iterator[tuple[str, list[_Stay]]]:
        """The stays in each container and in each hall, by its name; at sea batches may share an area."""
        starts = self.stages.starts.tolist()
        by_container: dict[int, list[_Stay]] = defaultdict(list)
        by_hall: dict[int, list[_Stay]] = defaultdict(list)
        for index, batch in self.batches.items():
            for stage, containers in enumerate(batch.containers):
                first, end = (batch.start.toordinal() + starts[stage + more] for more in (0, 1))
                halls: dict[int, _Stay] = {}
                for place, container in enumerate(containers):
                    stay = _Stay(first, end, index, stage, place)
                    by_container[container].append(stay)
                    halls.setdefault(int(self.farm.container_unit[container]), stay)
                for hall, stay in halls.items() if stage != self.stages.sea else ():
                    by_hall[hall].append(stay)
        for container in sorted(by_container):
            yield self.farm.container_name[container], by_container[container]
        for hall in sorted(by_hall):
            yield self.farm.unit_name[hall], by_hall[hall]

    def _tell_meeting(self, one: _Stay, other: _Stay, name: str) -> None:
        first = self.batches[one.batch]
        cure = f"{first.number} may be there {one.span}, this batch {other.span}; give one another place or start"
        self._tell(("batches", other.batch, *self._loc(other.stage), other.place), name, cure)

    def _judge_partitions(self, document: _Document) -> None:
        ids = [each.get("batch_id") for each in document.batches if isinstance(each, dict)]
        wanted, seen = [each for each in ids if isinstance(each, str)], set()
        for worker, names in document.worker_partitions.items():
            for place, name in enumerate(names):
                if name in seen or name not in wanted:
                    cure = "It is in the partitions twice" if name in seen else "There is no such batch"
                    self._tell(("worker_partitions", str(worker), place), name, f"{cure}; name each batch once")
                seen.add(name)
        for name in wanted:
            if name not in seen:
                self._tell(("worker_partitions",), name, "The batch is in no partition; name each batch once")


def _fault(detail: ErrorDetails, loc: Loc) -> Fault:
    loc = (*loc, *(step for step in detail["loc"] if step != "[key]"))
    value = detail["input"] if isinstance(detail["input"], str | int | float) else None
    match detail["type"]:
        case "extra_forbidden":
            return Fault(loc, loc[-1], f"Unknown key. {_key_cure(str(loc[-1]), _KEYS)}")
        case "missing":
            return Fault(loc, None, "This key is missing; add it")
        case "too_short":
            return Fault(loc, value, "The list is empty; fill it")
        case "model_type" | "dict_type":
            return Fault(loc, value, "Write keys with values here")
        case _:
            return Fault(loc, value, detail["msg"])


def _key_cure(key: str, known: Sequence[str]) -> str:
    underscored = key.replace("-", "_")
    return f"Write {underscored}" if "-" in key and underscored in known else closest(key, known)


def _raise(path: Path, root: yaml.Node, data: Any, faults: list[Fault]) -> None:
    if faults:
        raise reader.as_one_error(f"schedule {path}", faults, lambda loc: _place(path, root, data, loc))


def _place(path: Path, root: yaml.Node, data: Any, loc: Loc) -> str:
    """`schedule.yaml:12 batch FAR-2020-001 sea.rings[3]`."""
    line, words = reader.locate(root, loc)
    if len(loc) > 1 and loc[0] == "batches" and isinstance(data, dict):
        batch = data["batches"][loc[1]]
        if isinstance(batch, dict) and isinstance(batch.get("batch_id"), str):
            words = f"batch {batch['batch_id']} {words.split(']', 1)[1].removeprefix('.')}"
    return f"{path}:{line} {words}".rstrip()
