"""Commands that make a record: run, plan, generate, batch, advance."""

import shlex
import tempfile
import time
from contextlib import nullcontext
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from aquamind.errors import UserError
from datagen import console
from datagen.cli.command import app
from datagen.cli.options import (
    CORES,
    Ages,
    AsJson,
    Batches,
    Day,
    Destroy,
    Fill,
    Finished,
    Folder,
    History,
    Imperfect,
    Nice,
    PresetName,
    Saturation,
    Scheduler,
    Seed,
    Stagger,
    Workers,
    Years,
    parsed_day,
    target,
    target_expected,
)

if TYPE_CHECKING:
    from datagen.planning.plan import Versions
    from datagen.planning.presets import Preset


@app.command()
def run(
    preset: PresetName = "production",
    as_of: Day = None,
    seed: Seed = 1,
    years: Years = None,
    stagger: Stagger = None,
    saturation: Saturation = None,
    batches: Batches = None,
    ages: Ages = None,
    finished: Finished = None,
    imperfections: Imperfect = None,
    history: History = None,
    catalog: Folder = None,
    workers: Workers = CORES,
    _nice: Nice = False,
    scheduler: Scheduler = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the plan and write nothing.")] = False,
    to_destroy: Destroy = None,
    fill: Fill = None,
    as_json: AsJson = False,
) -> None:
    """Do everything: schema, master data, plan, simulation, load, indexes. Example: aquamind run --preset guide"""
    with nullcontext() if dry_run else target_expected():
        changed = changed_preset(preset, years, stagger, saturation, batches, ages, finished, imperfections, history)
        case, bound = planned(changed, as_of, seed, catalog)
    if dry_run:
        _show_plan(case, bound, as_json)
    else:
        _execute(
            case, workers, as_json, to_destroy=to_destroy, fill=fill, show=not as_json, bound=bound, scheduler=scheduler
        )


@app.command()
def plan(
    preset: PresetName = "production",
    as_of: Day = None,
    seed: Seed = 1,
    years: Years = None,
    stagger: Stagger = None,
    saturation: Saturation = None,
    batches: Batches = None,
    ages: Ages = None,
    finished: Finished = None,
    imperfections: Imperfect = None,
    history: History = None,
    catalog: Folder = None,
    output: Annotated[Path | None, typer.Option(help="Schedule file to write, for `aquamind generate`.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the plan and write nothing.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show a plan and write it as a schedule file. Example: aquamind plan --years 4 --output config/schedule.yaml"""
    from datagen.planning import schedule

    changed = changed_preset(preset, years, stagger, saturation, batches, ages, finished, imperfections, history)
    case, bound = planned(changed, as_of, seed, catalog)
    _show_plan(case, bound, as_json)
    if output is not None and not dry_run:
        schedule.write(case, output)
        also = f" --catalog {shlex.quote(str(catalog))}" if catalog else ""
        said = f"Written: {output}. Next: aquamind generate {shlex.quote(str(output))}{also}"
        console.err.print(said, markup=False, soft_wrap=True)


@app.command()
def generate(
    schedule_file: Annotated[Path, typer.Argument(help="Schedule file of `aquamind plan`.")],
    catalog: Folder = None,
    workers: Workers = CORES,
    _nice: Nice = False,
    scheduler: Scheduler = None,
    log_dir: Annotated[Path | None, typer.Option(help="Folder for a log of each batch: its rows and time.")] = None,
    to_destroy: Destroy = None,
    fill: Fill = None,
    as_json: AsJson = False,
) -> None:
    """Execute a schedule file. Example: aquamind generate config/schedule.yaml --workers 2"""
    from datagen.case import Case
    from datagen.catalog.reader import load
    from datagen.farm import resolve
    from datagen.planning import schedule

    with target_expected():
        company = load(catalog)
        farm = resolve(company)
        case = Case(company, farm, schedule.read(schedule_file, company, farm))
    if log_dir is not None:
        try:
            log_dir.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=log_dir):
                pass
        except OSError as error:
            raise UserError("log-dir", str(log_dir), f"{error.strerror}. Name a folder that can be written") from None
    _execute(case, workers, as_json, log_dir=log_dir, to_destroy=to_destroy, fill=fill, scheduler=scheduler)


@app.command()
def batch(
    start_date: Annotated[str, typer.Option(help="Day the eggs arrive, such as 2025-01-01.")],
    eggs: Annotated[int, typer.Option(help="Eyed eggs delivered.")],
    geography: Annotated[str, typer.Option(help="Such as 'Faroe Islands'.")],
    duration: Annotated[int, typer.Option(help="Days of record; at most up to the as-of day.")] = 900,
    as_of: Day = None,
    seed: Seed = 1,
    history: History = None,
    catalog: Folder = None,
    to_destroy: Destroy = None,
    fill: Fill = None,
    as_json: AsJson = False,
) -> None:
    """One batch of 10 containers a stage, beside what is there. Example: aquamind batch --start-date 2025-01-01
    --eggs 3500000 --geography "Faroe Islands" --duration 200"""
    from dataclasses import replace

    from datagen import orm
    from datagen.case import Case
    from datagen.catalog.reader import load
    from datagen.farm import resolve
    from datagen.planning.plan import check_as_of
    from datagen.planning.presets import single_plan

    if duration < 1:
        raise UserError("duration", duration, "Give at least 1 day.")
    start = parsed_day("start-date", start_date)
    company = load(catalog)
    farm = resolve(company)
    today = parsed_day("as-of", as_of)
    # Checked before a server is started, or asked.
    check_as_of(start, today)
    last = start + timedelta(days=min(duration - 1, (today - start).days))
    single_plan(company, farm, geography, start, eggs, last, seed)
    orm.use(target())
    from datagen.runs import occupancy

    code = farm.geography_code[farm.geography_index(geography)]
    filled, running_number = occupancy.occupied(target(), farm.container_name, code)
    made = single_plan(company, farm, geography, start, eggs, last, seed, filled, running_number)
    if history is not None:
        made = replace(made, versions=_versions(history))
    _execute(Case(company, farm, made), 1, as_json, beside=True, to_destroy=to_destroy, fill=fill)


@app.command()
def advance(
    to: Annotated[
        str | None, typer.Option(help="New last day of the record, such as 2025-11-28; default yesterday.")
    ] = None,
    catalog: Folder = None,
    workers: Workers = CORES,
    _nice: Nice = False,
    to_destroy: Destroy = None,
    keep_edits: Annotated[
        bool, typer.Option("--keep-edits", help="Leave rows of others as they are, and carry the rest on beside them.")
    ] = False,
    fill: Fill = None,
    as_json: AsJson = False,
) -> None:
    """Carry the database on to a later day: only what is new is written. Example: aquamind advance --to 2025-11-28"""
    if keep_edits and to_destroy is not None:
        raise UserError("keep-edits", "given with --database-name-to-destroy", "Rows of others stay, or go; name one")
    from datagen import orm
    from datagen.catalog.reader import load
    from datagen.farm import resolve

    company = load(catalog)
    day, dsn = parsed_day("to", to), target()
    orm.use(dsn)

    from datagen import execution
    from datagen.runs import advancing
    from datagen.storage import fill as filling

    execution.expect(workers)
    fills = filling.parse(fill or ())
    begin = time.perf_counter()
    with console.Steps() as steps:
        report = advancing.advance(dsn, company, resolve(company), day, workers, steps, to_destroy, fills, keep_edits)
    if not report.rows and not as_json:
        console.err.print(f"Nothing to do: the record reaches {day} already")
        return
    console.show_report(report, time.perf_counter() - begin, as_json, "Rows written or changed")


def changed_preset(
    preset: str,
    years: float | None,
    stagger: int | None,
    saturation: float | None,
    batches: int | None,
    ages: str | None,
    finished: int | None,
    imperfections: str | None,
    history: str | None,
) -> "Preset":
    """A preset with what was set otherwise; a figure that it has no use for is refused."""
    from dataclasses import replace

    from datagen.catalog.reader import closest
    from datagen.planning.presets import PRESETS

    if preset not in PRESETS:
        raise UserError("preset", preset, f"There is no such preset. {closest(preset, list(PRESETS))}")
    chosen = PRESETS[preset]
    usual = {"stagger_days": stagger, "saturation": saturation, "years": years, "batches": batches}
    rungs: dict[str, Any] = {"ages": ages, "finished": finished}
    useful = {"small": set[str](), "uat": {"stagger_days", "saturation", *rungs}}.get(preset, set(usual))
    for name, value in {**usual, **rungs}.items():
        if value is not None and name not in useful:
            raise UserError(name.removesuffix("_days"), value, f"`{preset}` has no use for it; choose another preset")
    given: dict[str, Any] = {name: value for name, value in usual.items() if value is not None}
    if chosen.ladder is not None:
        other = {name: value for name, value in rungs.items() if value is not None}
        if ages is not None:
            other["ages"] = _ages(ages)
        given["ladder"] = replace(chosen.ladder, **other)
    if imperfections is not None:
        given["imperfections"] = _imperfections(imperfections, chosen)
    if history is not None:
        given["versions"] = _versions(history)
    return replace(chosen, **given)


def _versions(text: str) -> "Versions":
    from typing import get_args

    from datagen.catalog.reader import closest
    from datagen.planning.plan import Versions

    known: tuple[Versions, ...] = get_args(Versions)
    for each in known:
        if each == text:
            return each
    raise UserError("history", text, closest(text, known))


def _imperfections(text: str, preset: "Preset") -> str:
    from typing import get_args

    from datagen.catalog.reader import closest
    from datagen.catalog.ways import Imperfections

    known = get_args(Imperfections)
    if text not in known:
        raise UserError("imperfections", text, closest(text, known))
    if text != "none" and preset.way == "planned":
        cure = f"`{preset.name}` is complete and exact, as the guide plans it; choose production or medium"
        raise UserError("imperfections", text, cure)
    return text


def _ages(text: str) -> tuple[int, ...]:
    try:
        ages = tuple(int(word) for word in text.replace(",", " ").split())
    except ValueError:
        ages = ()
    if not ages:
        raise UserError("ages", text, 'Write days of life with spaces between them, such as "25 45 88"')
    return ages


def planned(preset: "Preset", as_of: str | None, seed: int, folder: Path | None) -> tuple[Any, str | None]:
    """The case of a preset, and what bound its plan, if anything."""
    from datagen.case import Case
    from datagen.catalog.reader import load
    from datagen.farm import resolve
    from datagen.planning.any_preset import plan_of

    company = load(folder)
    farm = resolve(company)
    made, bound = plan_of(company, farm, preset, parsed_day("as-of", as_of), seed)
    return Case(company, farm, made), bound


def _show_plan(case: Any, bound: str | None, as_json: bool) -> None:
    from datagen import pipeline
    from datagen.runs import outlook

    show_outlook(outlook.foresee(case, pipeline.simulate(case), bound), as_json)


def show_outlook(made: Any, as_json: bool) -> None:
    from dataclasses import asdict

    if as_json:
        console.print_json(asdict(made))
    else:
        console.show_outlook(made)


def _execute(
    case: Any,
    workers: int,
    as_json: bool,
    beside: bool = False,
    log_dir: Path | None = None,
    to_destroy: str | None = None,
    fill: list[str] | None = None,
    show: bool = False,
    bound: str | None = None,
    scheduler: str | None = None,
) -> None:
    from concurrent.futures import ThreadPoolExecutor

    # The embedded server may have to be made and started: beside importing what a run takes.
    with ThreadPoolExecutor(1) as waiting:
        found = waiting.submit(target)
        from datagen import execution, orm, runs
        from datagen.runs import outlook
        from datagen.storage import fill as filling
    dsn = found.result()
    if scheduler is None:
        execution.expect(workers)
    orm.use(dsn)
    fills = filling.parse(fill or ())
    begin = time.perf_counter()
    with console.Steps() as steps:

        def announce(histories: Any) -> None:
            with steps.aside():
                console.show_outlook(outlook.foresee(case, histories, bound))

        job = runs.Job(dsn, case, workers, beside, log_dir, to_destroy, fills, announce if show else None, scheduler)
        report = runs.execute(job, steps)
    console.show_report(report, time.perf_counter() - begin, as_json, "Rows")
    if not as_json:
        said = "Next: aquamind status, aquamind verify, aquamind serve, aquamind psql; aquamind wipe to begin anew"
        console.out.print(said, soft_wrap=True)
