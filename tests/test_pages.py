"""The pages show what the database holds, only read it, and run in a browser without anything from elsewhere."""

import json
import os
import re
import shutil
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from datetime import date
from html import escape
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.models import Q, Sum
from django.test import Client
from django.test.utils import CaptureQueriesContext
from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import Select, WebDriverWait

from apps.batch.models import ActualDailyAssignmentState as State
from apps.batch.models import Batch, GrowthSample, MortalityEvent
from apps.batch.models import BatchContainerAssignment as Stay
from apps.inventory.models import BatchFeedingSummary, FeedingEvent
from apps.scenario.models import ScenarioProjection
from aquamind.pages import queries
from datagen.likeness import figures, pictures
from tests.worlds import AS_OF

pytestmark = pytest.mark.usefixtures("on_small_record")

SERVE = [sys.executable, "-u", "-c", "from datagen.cli import main; main()", "serve", "--port", "0"]
MOST_QUERIES = 12


@pytest.fixture
def batch() -> Batch:
    return Batch.objects.get(status="COMPLETED")


@pytest.fixture
def client() -> Client:
    return Client()


def get(client: Client, address: str) -> dict[str, dict[str, list[Any]]]:
    with CaptureQueriesContext(connection) as counted:
        response = client.get(address)
    assert response.status_code == 200
    assert len(counted) <= MOST_QUERIES
    return json.loads(response.content)


def listed(client: Client, **filters: str) -> set[str]:
    with CaptureQueriesContext(connection) as counted:
        page = client.get("/", filters).content.decode()
    assert len(counted) <= MOST_QUERIES
    return set(re.findall(r'href="/batches/([^/]+)/"', page))


def test_a_batch_half_harvested_is_the_fish_that_live(batch: Batch) -> None:
    with transaction.atomic():
        ring = batch.batch_assignments.filter(lifecycle_stage__name="Adult").first()
        batch.batch_assignments.filter(pk=ring.pk).update(is_active=True, departure_date=None)
        [shown] = queries.batches(AS_OF, number=batch.batch_number)
        assert (shown["containers"], shown["fish"]) == (1, ring.population_count)
        assert shown["biomass_t"] == pytest.approx(float(ring.biomass_kg) / 1000)
        transaction.set_rollback(True)


def test_a_batchs_series_are_what_is_recorded(client: Client, batch: Batch) -> None:
    chart = get(client, f"/batches/{batch.batch_number}/chart.json")
    states = State.objects.filter(batch=batch)
    day = states.filter(lifecycle_stage__name="Smolt").earliest("date").date
    of_day = list(states.filter(date=day))
    assert len(of_day) > 1
    i = chart["states"]["date"].index(day.isoformat())
    fish = sum(state.population for state in of_day)
    weight_g = sum(float(state.avg_weight_g) * state.population for state in of_day) / fish
    assert chart["states"]["fish"][i] == fish
    assert chart["states"]["weight_g"][i] == pytest.approx(weight_g, abs=0.01)
    assert chart["states"]["anchored"][i] == sum(state.anchor_type is not None for state in of_day)
    assert len(chart["states"]["date"]) == states.values("date").distinct().count()

    samples = GrowthSample.objects.filter(assignment__batch=batch)
    assert sorted(chart["samples"]["weight_g"]) == sorted(float(sample.avg_weight_g) for sample in samples)
    projection = ScenarioProjection.objects.filter(projection_run=batch.pinned_projection_run).order_by("day_number")
    assert chart["projection"]["weight_g"] == pytest.approx([day.average_weight for day in projection], abs=0.01)
    assert sum(chart["deaths"]["fish"]) == MortalityEvent.objects.filter(batch=batch).aggregate(n=Sum("count"))["n"]
    fed_kg = FeedingEvent.objects.filter(batch=batch).aggregate(kg=Sum("amount_kg"))["kg"]
    assert sum(chart["feed"]["kg"]) == pytest.approx(float(fed_kg), abs=0.05 * len(chart["feed"]["kg"]))
    weeks = BatchFeedingSummary.objects.filter(batch=batch, period_start="2024-10-07", period_end="2024-10-13")
    assert chart["fcr"]["fcr"][chart["fcr"]["first"].index("2024-10-07")] == float(weeks.get().weighted_avg_fcr)
    assert set(chart["stays"]["id"]) == set(batch.batch_assignments.values_list("pk", flat=True))


def test_a_stays_series_are_its_own(client: Client, batch: Batch) -> None:
    stay = batch.batch_assignments.filter(lifecycle_stage__name="Adult").first()
    chart = get(client, f"/batches/{batch.batch_number}/chart.json?stay={stay.pk}")
    states = State.objects.filter(assignment=stay).order_by("date")
    assert chart["states"]["date"] == [state.date.isoformat() for state in states]
    assert chart["states"]["fish"] == [state.population for state in states]
    assert chart["states"]["weight_confidence"] == [state.confidence_scores["weight"] for state in states]
    assert chart["states"]["anchors"] == [state.anchor_type for state in states]
    assert set(chart["samples"]["container"]) == {stay.container.name}
    assert sum(chart["deaths"]["fish"]) == stay.mortality_events.aggregate(n=Sum("count"))["n"]


def test_filters_choose_batches(client: Client) -> None:
    numbers = set(Batch.objects.values_list("batch_number", flat=True))
    assert listed(client) == numbers
    assert listed(client, geography="Scotland") == {number for number in numbers if number.startswith("SCO")}
    assert len(listed(client, status="COMPLETED")) == 1
    stage = Batch.objects.latest("start_date").lifecycle_stage
    assert listed(client, stage=stage.name) == set(
        Batch.objects.filter(lifecycle_stage=stage).values_list("batch_number", flat=True)
    )
    assert listed(client, year="2024", status="ACTIVE") == set(
        Batch.objects.filter(start_date__year=2024, status="ACTIVE").values_list("batch_number", flat=True)
    )
    assert listed(client, year="no year") == set()


def test_the_plan_counts_occupied_containers(client: Client) -> None:
    plan = get(client, "/plan/chart.json")
    occupancy = plan["occupancy"]
    for day in (date(2024, 12, 1), AS_OF):
        there = Stay.objects.filter(Q(departure_date__gt=day) | Q(departure_date=None), assignment_date__lte=day)
        for kind, place in (("hall", "container__hall"), ("area", "container__area")):
            latest: dict[str, int] = {}
            for i, turn in enumerate(occupancy["date"]):
                if occupancy["kind"][i] == kind and turn <= day.isoformat():
                    latest[occupancy["geography"][i]] = occupancy["containers"][i]
            assert sum(latest.values()) == there.filter(**{f"{place}__isnull": False}).count()
    # 22 stations of 5 halls, and 42 areas.
    assert (plan["places"]["kind"].count("hall"), plan["places"]["kind"].count("area")) == (110, 42)
    assert set(plan["visits"]["batch"]) == set(Batch.objects.values_list("batch_number", flat=True))


def test_pages_only_answer_questions(client: Client, batch: Batch) -> None:
    address = f"/batches/{batch.batch_number}/"
    other = Stay.objects.exclude(batch=batch).first()
    for page in ("/", address, "/plan/", "/likeness/", f"{address}chart.json", "/plan/chart.json"):
        assert client.post(page).status_code == 405
        assert "default-src 'self'" in client.get(page)["Content-Security-Policy"]
    for missing in ("/batches/FAR-1900-001/", f"{address}chart.json?stay={other.pk}", f"{address}chart.json?stay=x"):
        assert client.get(missing).status_code == 404


def test_likeness_is_measured_and_drawn_when_asked(
    client: Client, on_small_record: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", on_small_record)
    assert b"<svg" not in client.get("/likeness/").content
    page = client.get("/likeness/?measure=now").content.decode()
    assert page.count('<svg class="picture"') == len(pictures.pictures())
    assert all(escape(each.title) in page and escape(each.source) in page for each in figures())
    # This record is planned: all rings are deloused twice, and nothing is off the book.
    assert '<span class="status">fails</span>' in page
    assert "NaN" not in page
    assert "nan" not in re.sub(r">[^<]*<", "", page)


@pytest.fixture(scope="module")
def site(on_small_record: str) -> Iterator[str]:
    """The site as `aquamind serve` runs it, without debugging."""
    with subprocess.Popen(
        SERVE, env={**os.environ, "DATABASE_URL": on_small_record, "DEBUG": "0"}, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None
        said = re.search(r"http://[^/]+", process.stderr.readline())
        assert said is not None
        yield said.group()
        process.terminate()


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[webdriver.Chrome]:
    programs = [shutil.which(name) for name in ("chromium", "chromedriver")]
    assert all(programs), "chromium is missing; install it, on Debian with: apt-get install chromium chromium-driver"
    options = webdriver.ChromeOptions()
    options.binary_location = str(programs[0])
    profile = tmp_path_factory.mktemp("chromium")
    for argument in (
        "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
        "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
        f"--user-data-dir={profile}", "--window-size=1400,1600",
    ):  # fmt: skip
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options, Service(str(programs[1])))
    yield driver
    driver.quit()


def open_and_wait(browser: webdriver.Chrome, address: str) -> None:
    browser.get(address)
    WebDriverWait(browser, 30).until(lambda driver: driver.find_elements(By.CSS_SELECTOR, "body[data-drawn]"))


def requested(browser: webdriver.Chrome) -> list[str]:
    messages = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
    return [m["params"]["request"]["url"] for m in messages if m["method"] == "Network.requestWillBeSent"]


def test_the_site_serves_the_admin_and_its_files(site: str) -> None:
    for address in ("/admin/login/", "/static/admin/css/base.css", "/static/plotly/plotly.min.js"):
        with urllib.request.urlopen(site + address) as response:
            assert response.status == 200


def test_a_browser_draws_the_charts(site: str, browser: webdriver.Chrome, batch: Batch, tmp_path: Path) -> None:
    open_and_wait(browser, f"{site}/batches/{batch.batch_number}/")
    drawn = "return Object.fromEntries(document.getElementById(arguments[0]).data.map(t => [t.name, t.x.length]))"
    growth = browser.execute_script(drawn, "growth")
    assert growth["Samples"] == GrowthSample.objects.filter(assignment__batch=batch).count()
    assert growth["Actual daily state"] == State.objects.filter(batch=batch).values("date").distinct().count()
    assert growth["Projection"] > 700
    assert growth["weighed: transfer"] == 5
    assert browser.execute_script(drawn, "population")["population"] == growth["Actual daily state"]
    assert browser.execute_script(drawn, "feed")["feed a week"] > 90
    bars = browser.find_elements(By.CSS_SELECTOR, "#containers .bars path")
    assert len(bars) == batch.batch_assignments.count()

    ActionChains(browser).move_to_element(browser.find_element(By.CSS_SELECTOR, "#growth .nsewdrag")).perform()
    hover = WebDriverWait(browser, 10).until(
        lambda driver: driver.find_element(By.CSS_SELECTOR, "#growth .hoverlayer").text
    )
    assert "confidence: weight" in hover
    picture = tmp_path / "batch.png"
    assert browser.save_screenshot(str(picture))
    assert picture.stat().st_size > 50_000

    stay = batch.batch_assignments.filter(lifecycle_stage__name="Adult").first()
    Select(browser.find_element(By.ID, "stay")).select_by_value(str(stay.pk))
    days = State.objects.filter(assignment=stay).count()
    WebDriverWait(browser, 10).until(
        lambda driver: driver.execute_script(drawn, "growth")["Actual daily state"] == days
    )

    open_and_wait(browser, f"{site}/plan/")
    assert browser.find_elements(By.CSS_SELECTOR, "#places .bars path")
    addresses = requested(browser)
    assert f"{site}/plan/chart.json" in addresses
    # The browser's own first page is chrome://.
    assert [url for url in addresses if not url.startswith((site, "data:", "blob:", "chrome:"))] == []
    assert browser.get_log("browser") == []
