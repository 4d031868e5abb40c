"""Who works in the company: logins with their profiles, what operators see, and passwords."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX, make_password
from django.contrib.auth.models import User
from django.db import connection, transaction

from apps.infrastructure.models import Area, Container, FreshwaterStation
from apps.users.models import UserProfile
from aquamind.errors import UserError
from datagen.catalog import Catalog
from datagen.catalog.company import Person
from datagen.catalog.reader import closest
from datagen.masterdata import trail
from datagen.masterdata.rows import Created, create, ids_by_name, own
from datagen.storage import ledger

ADMIN, OPERATOR = "ADMIN", "OPR"


def init_users(catalog: Catalog) -> Created:
    """The people who record and execute, with profiles; nobody has a password yet."""
    users = (
        {
            "username": user.username,
            "first_name": user.first_name,
            "last_name": user.last_name,
            "email": f"{user.username}@{catalog.people.email_domain}",
            "password": UNUSABLE_PASSWORD_PREFIX,
            # Who may manage users and enter Django's admin.
            "is_staff": user.role == ADMIN,
            "is_superuser": user.role == ADMIN,
        }
        for user in catalog.people.users
    )
    created = create(User, users, "username")
    user_ids = ids_by_name(User, "username")
    places = {geography.name: geography.profile_code for geography in catalog.company.geographies}
    profiles = (
        {
            "user_id": user_ids[user.username],
            "full_name": f"{user.first_name} {user.last_name}",
            "job_title": user.job_title,
            "department": user.department,
            "language_preference": user.language,
            "geography": places[user.geography] if user.geography else "ALL",
            "role": user.role,
            "subsidiary": user.subsidiary,
        }
        for user in catalog.people.users
    )
    return created | create(UserProfile, profiles, "user_id") | _init_sight(catalog, user_ids)


def _init_sight(catalog: Catalog, user_ids: dict[str, int]) -> Created:
    """What operators see; AquaMind shows them nothing else, and everybody else all of their geography."""
    profiles = ids_by_name(UserProfile, "user_id")
    operators = [user for user in catalog.people.users if user.role == OPERATOR]
    created: Created = {}
    for through, column, ids, sites in (
        (UserProfile.allowed_stations.through, "freshwaterstation_id", ids_by_name(FreshwaterStation), _stations),
        (UserProfile.allowed_areas.through, "area_id", ids_by_name(Area), _areas),
        (UserProfile.allowed_containers.through, "container_id", ids_by_name(Container), _containers),
    ):
        rows = (
            {"userprofile_id": profiles[user_ids[user.username]], column: ids[name]}  # type: ignore[index]
            for user in operators
            for name in sites(catalog, user)
        )
        created |= create(through, rows, "userprofile_id", column)
    return created


def _stations(catalog: Catalog, user: Person) -> Iterator[str]:
    if user.subsidiary in ("FW", "ALL"):
        yield from _sites(catalog.sites.stations, user)


def _areas(catalog: Catalog, user: Person) -> Iterator[str]:
    if user.subsidiary in ("FM", "ALL"):
        yield from _sites(catalog.sites.areas, user)


def _containers(_: Catalog, user: Person) -> Iterator[str]:
    known = set(ids_by_name(Container)) if user.containers else set()
    for name in user.containers:
        if name not in known:
            raise UserError("people.users.containers", name, closest(name, sorted(known)))
        yield name


def _sites(sites: Iterable[Any], user: Person) -> Iterator[str]:
    """Those of the user's geography that are named by code; all of them where neither site nor container is named."""
    everything = not (user.sites or user.containers)
    for site in sites:
        if site.geography == (user.geography or site.geography) and (everything or site.code in user.sites):
            yield site.name


@dataclass(frozen=True)
class Account:
    """A login that this tool made: whose, what it may see, and whether it has a password."""

    username: str
    full_name: str
    role: str
    geography: str
    subsidiary: str
    stations: int
    areas: int
    containers: int
    can_log_in: bool


def accounts() -> list[Account]:
    """The logins that this tool made. Whoever logs in changes a login, and not yet its profile: either shows whose."""
    users = list(User._default_manager.select_related("profile").filter(profile__isnull=False).order_by("pk"))
    profiles = own(UserProfile, [user.profile.pk for user in users])
    ours = own(User, [user.pk for user in users]) | {user.pk for user in users if user.profile.pk in profiles}
    return [
        Account(
            user.username,
            user.profile.full_name,
            user.profile.role,
            user.profile.geography,
            user.profile.subsidiary,
            user.profile.allowed_stations.count(),
            user.profile.allowed_areas.count(),
            user.profile.allowed_containers.count(),
            user.has_usable_password() and user.is_active,
        )
        for user in users
        if user.pk in ours
    ]


def check_ours(usernames: Iterable[str]) -> None:
    """Refuse a login that this tool did not make, or that nobody has."""
    known = [each.username for each in accounts()]
    others = set(User._default_manager.values_list("username", flat=True)).difference(known)
    for username in usernames:
        if username in others:
            cure = "This tool did not make it, or somebody has changed it: change it in AquaMind"
            raise UserError("password-for", username, cure)
        if username not in known:
            raise UserError("password-for", username, f"There is no such user. {closest(username, known)}")


def set_passwords(passwords: dict[str, str]) -> None:
    """Give logins of this tool's a password each, all or none; they stay this tool's."""
    check_ours(passwords)
    with transaction.atomic():
        for username, password in passwords.items():
            User._default_manager.filter(username=username).update(password=make_password(password))
        trail.enter(connection.connection, ["auth_user"])
        ledger.sign_master_data(connection.connection)
