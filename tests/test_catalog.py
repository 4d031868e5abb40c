"""The default company is the one asked for, a faulty catalog is told where and why, and its rows are created once."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from django.contrib.auth.models import User
from django.db import connection

from apps.infrastructure.models import Sensor
from aquamind.errors import UserError
from datagen.catalog.reader import DEFAULT_FOLDER, closest, load
from datagen.farm import Farm, resolve, with_database_ids
from datagen.masterdata import init
from datagen.masterdata.rows import Done

COUNTS = {
    "infrastructure_geography": 3,
    "infrastructure_freshwaterstation": 25,
    "infrastructure_hall": 120,
    "infrastructure_area": 43,
    "infrastructure_areagroup": 11,
    "infrastructure_transportcarrier": 12,
    "infrastructure_containertype": 7,
    "infrastructure_container": 2017,
    "infrastructure_feedcontainer": 236,
    "infrastructure_sensor": 11060,
    "batch_species": 1,
    "batch_lifecyclestage": 6,
    "environmental_environmentalparameter": 8,
    "inventory_feed": 6,
    "harvest_productgrade": 5,
    "auth_user": 17,
    "users_userprofile": 17,
    "users_userprofile_allowed_stations": 22,
    "users_userprofile_allowed_areas": 43,
    "users_userprofile_allowed_containers": 3,
    "health_healthparameter": 9,
    "health_parameterscoredefinition": 36,
    "health_sampletype": 6,
    "health_mortalityreason": 17,
    "health_licetype": 15,
    "health_vaccinationtype": 4,
    "broodstock_eggsupplier": 4,
    "scenario_temperatureprofile": 4,
    "scenario_temperaturereading": 4000,
    "scenario_tgcmodel": 12,
    "scenario_tgc_model_stage": 72,
    "scenario_fcrmodel": 1,
    "scenario_fcrmodelstage": 6,
    "scenario_mortalitymodel": 1,
    "scenario_mortality_model_stage": 6,
    "scenario_biological_constraints": 1,
    "scenario_stage_constraint": 6,
    "finance_dimcompany": 9,
    "finance_dimsite": 68,
    "finance_intercompanypolicy": 18,
    "finance_core_accountgroup": 14,
    "finance_core_account": 20,
    "finance_core_allocationrule": 10,
    "planning_activitytemplate": 20,
}
GUIDE_FEEDS = (
    "Starter Feed 0.5mm",
    "Starter Feed 1.0mm",
    "Grower Feed 2.0mm",
    "Grower Feed 3.0mm",
    "Finisher Feed 4.5mm",
    "Finisher Feed 6.0mm",
)


@pytest.fixture(scope="module")
def farm() -> Farm:
    return resolve(load())


def test_the_farm_is_the_size_asked_for(farm: Farm) -> None:
    at_sea = farm.unit_is_area[farm.container_unit]
    by_geography = [
        (int((~at_sea[farm.container_geography == g]).sum()), int(at_sea[farm.container_geography == g].sum()))
        for g in range(3)
    ]
    assert by_geography == [(656, 460), (500, 400), (1, 0)]
    assert len(farm.sensor_name) == 11_060
    assert (farm.store_kind.count("SILO"), farm.store_kind.count("BARGE")) == (110, 126)
    assert int((~farm.unit_is_area).sum()) == 120
    in_production = [int((farm.container_in_production & (at_sea == sea)).sum()) for sea in (False, True)]
    assert in_production == [1_100, 840]
    assert farm.feed_name == GUIDE_FEEDS
    assert farm.stage_name == ("Egg&Alevin", "Fry", "Parr", "Smolt", "Post-Smolt", "Adult")


def test_no_name_is_used_twice(farm: Farm) -> None:
    for names in (farm.station_name, farm.unit_name, farm.container_name, farm.store_name, farm.sensor_name):
        assert len(set(names)) == len(names)


def test_each_container_in_production_has_its_own_sensors_and_a_store_of_its_unit(farm: Farm) -> None:
    tank = {"Temperature", "Dissolved Oxygen", "pH", "CO2", "NO2", "NO3", "NH4"}
    ring = {"Temperature", "Dissolved Oxygen", "pH", "Salinity"}
    for container in np.flatnonzero(farm.container_in_production):
        unit, store = farm.container_unit[container], farm.container_store[container]
        assert farm.store_unit[store] == unit
        sensors = farm.container_sensors[container][farm.container_sensors[container] >= 0]
        assert set(farm.sensor_container[sensors]) == {container}
        measured = {farm.parameter_name[parameter] for parameter in farm.sensor_parameter[sensors]}
        assert measured == (ring if farm.unit_is_area[unit] else tank)
    idle = ~farm.container_in_production
    assert (farm.container_store[idle] == -1).all()
    assert (farm.container_sensors[idle] == -1).all()


def test_the_barges_of_an_area_share_its_rings_in_order(farm: Farm) -> None:
    area = int(np.flatnonzero(farm.unit_is_area)[0])
    first = farm.unit_first_container[area]
    served = farm.container_store[first : first + farm.unit_container_count[area]]
    assert (np.diff(served) >= 0).all()
    assert np.unique(served, return_counts=True)[1].tolist() == [7, 7, 6]


def test_ten_containers_hold_the_largest_batch_at_the_end_of_each_stage(farm: Farm) -> None:
    catalog = load()
    for unit in np.flatnonzero(farm.unit_in_production & ~farm.unit_is_area):
        first = farm.unit_first_container[unit]
        limit_kg = farm.container_max_biomass_kg[first : first + 10].sum()
        heaviest_kg = catalog.biology.eggs.count_max * catalog.biology.stages[farm.unit_stage[unit]].weight_max_g / 1000
        assert limit_kg > 0.83 * heaviest_kg


def test_lookups_by_name_say_what_was_meant(farm: Farm) -> None:
    assert farm.container_name[farm.container_index("SCO-A12-R05")] == "SCO-A12-R05"
    with pytest.raises(UserError, match=r"'Faroe Isles'.*Did you mean 'Faroe Islands'"):
        farm.geography_index("Faroe Isles")
    with pytest.raises(UserError, match="FAR-S03-A-07"):
        farm.container_index("FAR-S03-A07")


@pytest.mark.parametrize(
    ("name", "known", "cure"),
    [
        ("Scotland", ["Vestland", "Shetland"], "Known: Vestland, Shetland"),
        ("scotland", ["Scotland", "Shetland"], "Did you mean 'Scotland'?"),
        ("samll", ["production", "guide", "medium", "small"], "Did you mean 'small'?"),
        ("FAR-S03-A7", ["FAR-S08-A-07", "FAR-S03-A-07"], "Did you mean 'FAR-S03-A-07'?"),
        ("FAR-S09-A-07", ["FAR-S08-A-07", "FAR-S03-A-07"], "Known: FAR-S08-A-07, FAR-S03-A-07"),
        ("FAR-S03-Z-07", ["FAR-S03-A-07", "FAR-S03-B-07"], "Known: FAR-S03-A-07, FAR-S03-B-07"),
        ("anything", [], "There is none"),
    ],
)
def test_only_a_slip_of_the_pen_is_guessed_at(name: str, known: list[str], cure: str) -> None:
    assert closest(name, known) == cure


def test_people_of_a_geography_come_before_those_of_the_company(farm: Farm) -> None:
    scotland = farm.geography_index("Scotland")
    operators = [farm.user_name[i - 1] for i in farm.user_ids("OPR", scotland)]
    assert operators == ["ewan.macleod", "isla.williamson", "rory.gillies", "ailsa.drummond"]
    assert [farm.user_name[i - 1] for i in farm.user_ids("FIN", scotland)] == ["marjun.petersen"]


@pytest.fixture
def faulty(tmp_path: Path) -> Callable[..., Path]:
    """A copy of the default catalog with pieces of text replaced in its files."""

    def change(*replacements: tuple[str, str, str]) -> Path:
        folder = tmp_path / "catalog"
        shutil.copytree(DEFAULT_FOLDER, folder, dirs_exist_ok=True)
        for subject, old, new in replacements:
            path = folder / f"{subject}.yaml"
            text = path.read_text(encoding="utf-8")
            assert old in text
            path.write_text(text.replace(old, new, 1), encoding="utf-8")
        return folder

    return change


STATION = "{code: S02, name: Glimdalur Smolt Station, geography: Faroe Islands, latitude: 62.3,"


@pytest.mark.parametrize(
    ("subject", "old", "new", "told"),
    [
        ("sites", STATION, STATION.replace("latitude", "lattitude"), r"'lattitude'.*Did you mean 'latitude'"),
        ("sites", STATION, STATION.replace("62.3", "north"), r"latitude: 'north'. Input should be a valid number"),
        ("sites", STATION, STATION.replace("62.3", "622760"), r"latitude: 622760. .*less than or equal to 90"),
        ("sites", STATION, STATION.replace("Faroe Islands", "Faroes"), r"geography: 'Faroes'. .*Known: Faroe Islands"),
        ("sites", STATION, STATION.replace("Glimdalur", "Hulduvík"), r"name: 'Hulduvík Smolt Station'. Another one"),
        ("sites", STATION, STATION.replace("S02", "S01"), r"code: 'S01'. Another one"),
        ("sites", STATION, STATION.replace("code: S02, ", ""), r"stations\[1\].code: This key is missing"),
        ("sites", STATION, STATION.replace("62.3", "[62"), "Correct the YAML"),
        ("sites", STATION, STATION.replace("code: S02", "code: S02, code: S02"), "keep one"),
        ("water", "mean_c: 8.3", "mean: 8.3", r"climates.faroe_fjord.mean: 'mean'. .*'mean_c'"),
        ("biology", "feed: Starter Feed 0.5mm", "feed: Starter Feed 0.5 mm", "'Starter Feed 0.5mm'"),
        ("environment", "2009-06-03", "2009-13-03", r"sensor_installation_date: '2009-13-03'. .*valid date"),
        ("people", "role: ADMIN", "role: !boss ADMIN", "Correct the YAML"),
        (
            "people",
            "[S01, S02,",
            "[S99, S02,",
            r"users\[2\].sites\[0\]: 'S99'. No station or area of the user's geography",
        ),
        ("biology", "fcr: 0\n", "fcr: 1\n", r"stages\[0\].fcr: 1.*With 0 meals_per_day"),
        ("biology", "fcr: 1.1\n", "fcr: 0\n", r"stages\[2\].fcr: 0.*With 2 meals_per_day"),
        ("health", "Winter ulcer, parent: Disease", "Winter ulcer, parent: Illness", r"'Illness'. .*no such"),
        (
            "sites",
            "name: Vágar, geography: Faroe Islands, parent: FO",
            "name: Vágar, geography: Faroe Islands, parent: SC",
            r"area_groups\[4\].parent: 'SC'. Faroe Islands has no group of this code",
        ),
        (
            "sites",
            "name: Vágar, geography: Faroe Islands, parent: FO",
            "name: Vágar, geography: Faroe Islands, parent: FO-NO",
            r"parent: 'FO-NO'. This one is a part itself",
        ),
        (
            "sites",
            "group: SC-WI, ",
            "group: FO-NO, ",
            r"areas\[31\].group: 'FO-NO'. Scotland has no group of this code",
        ),
        ("sites", "group: SC-WI, ", "group: SC, ", r"group: 'SC'. Other groups are parts of this one"),
        (
            "carriers",
            "tank: Truck Tank",
            "tank: Truck Tonk",
            r"carriers\[0\].tank: 'Truck Tonk'. .*Did you mean 'Truck Tank'",
        ),
        ("carriers", "type: TRUCK", "type: TRAIN", r"carriers\[0\].type: 'TRAIN'"),
        ("containers", "racks: 2", "racks: 12", r"halls\[0\].racks: 12. The hall has 10 containers"),
        # YAML reads a bare NO as false.
        ("environment", "CO2, NO2", "CO2, NO", r"parameters\[4\]: False. Input should be a valid string"),
    ],
)
def test_a_fault_is_told_with_file_line_value_and_cure(
    faulty: Callable[..., Path], subject: str, old: str, new: str, told: str
) -> None:
    folder = faulty((subject, old, new))
    changed = (folder / f"{subject}.yaml").read_text(encoding="utf-8").splitlines()
    original = (DEFAULT_FOLDER / f"{subject}.yaml").read_text(encoding="utf-8").splitlines()
    line = next(i for i, (a, b) in enumerate(zip(changed, original, strict=True), start=1) if a != b)
    with pytest.raises(UserError, match=told) as error:
        load(folder)
    place = re.search(rf"{subject}\.yaml:(\d+)", str(error.value))
    assert place
    assert int(place[1]) == line


def test_all_faults_are_told_at_once(faulty: Callable[..., Path]) -> None:
    folder = faulty(("sites", "layout: sea_area", "layout: see_area"), ("people", "Scotland", "Scottland"))
    with pytest.raises(UserError, match="2 faults") as error:
        load(folder)
    assert re.search(r"sites\.yaml:\d+ areas\[0\]\.layout: 'see_area'", str(error.value))
    assert re.search(r"people\.yaml:\d+ users\[7\].geography: 'Scottland'", str(error.value))


def test_shares_of_grades_make_a_whole(faulty: Callable[..., Path]) -> None:
    with pytest.raises(UserError, match=r"grades\.yaml:2 grades: .*sum to 1\.1; make it 1"):
        load(faulty(("grades", "share: 0.10", "share: 0.20")))


def test_reasons_of_death_are_a_tree_of_two_levels(faulty: Callable[..., Path]) -> None:
    told = r"health\.yaml:\d+: .*Winter ulcer is a kind of a kind: its parent Gill disease"
    with pytest.raises(UserError, match=told):
        load(faulty(("health", "Winter ulcer, parent: Disease", "Winter ulcer, parent: Gill disease")))


def test_tanks_of_carriers_are_kinds_of_their_own(faulty: Callable[..., Path]) -> None:
    another = "tanks:\n  - {name: Fry Tank, volume_m3: 10, max_biomass_kg: 900}\n"
    with pytest.raises(UserError, match=r"carriers\.yaml:3 tanks\[0\].name: 'Fry Tank'. A kind of containers.yaml"):
        load(faulty(("carriers", "tanks:\n", another)))


def test_files_too_few_or_too_many_are_told(faulty: Callable[..., Path]) -> None:
    folder = faulty()
    (folder / "feeds.yaml").rename(folder / "feed.yaml")
    with pytest.raises(UserError, match=r"(?s)feeds\.yaml.*missing.*'feed\.yaml'.*Did you mean 'feeds'"):
        load(folder)
    with pytest.raises(UserError, match="No such folder"):
        load(folder / "nowhere")


def test_the_hash_sees_values_and_not_their_writing(faulty: Callable[..., Path]) -> None:
    written = load(faulty(("feeds", "price_per_kg: 3.20", "price_per_kg:  3.2  # a comment\n   ")))
    dearer = load(faulty(("feeds", "price_per_kg: 3.20", "price_per_kg: 3.21")))
    assert written.content_hash() == load().content_hash() != dearer.content_hash()


@pytest.mark.django_db
def test_init_creates_the_company_once_and_its_rows_are_found_by_name(farm: Farm) -> None:
    catalog = load()
    assert {table: done.created for table, done in init(catalog, farm).items()} == COUNTS
    assert set(init(catalog, farm).values()) == {Done()}
    assert not any(user.has_usable_password() for user in User.objects.all())

    found = with_database_ids(farm, connection)
    sensor = Sensor.objects.select_related("container__area").get(id=found.sensor_id[-1])
    assert sensor.name == "SCO-A20-R20 Salinity"
    assert sensor.container_id == found.container_id[-1]
    assert sensor.container.area_id == found.unit_id[-1]
    assert (np.diff(found.container_id) == 1).all()
    assert (np.diff(found.sensor_id) == 1).all()

    Sensor.objects.filter(id=sensor.id).delete()
    with pytest.raises(UserError, match=r"SCO-A20-R20 Salinity.*aquamind init"):
        with_database_ids(farm, connection)
    assert sum(done.created for done in init(catalog, farm).values()) == 1
