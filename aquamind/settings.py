"""Django's settings: which apps, which database, and what the site needs."""

import os
from importlib.metadata import distribution
from pathlib import Path

import dj_database_url
from django.db.backends.signals import connection_created
from django.utils.functional import SimpleLazyObject

from aquamind import database

# Known to everybody who can read this file: a site that others can reach must be given its own.
DEVELOPMENT_KEY = "for-development-only"
SECRET_KEY = os.environ.get("SECRET_KEY") or DEVELOPMENT_KEY
DEBUG = os.environ.get("DEBUG", "").lower() in ("1", "true", "yes")
ALLOWED_HOSTS = os.environ.get("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]").split(",")

INSTALLED_APPS = [
    "django.contrib.admin.apps.SimpleAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "apps.infrastructure",
    "apps.batch",
    "apps.environmental",
    "apps.inventory",
    "apps.health",
    "apps.harvest",
    "apps.broodstock",
    "apps.scenario",
    "apps.finance",
    "apps.planning",
    "apps.users",
    "apps.history",
    "aquamind.pages",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

ROOT_URLCONF = "aquamind.urls"
WSGI_APPLICATION = "aquamind.wsgi.application"
STATIC_URL = "static/"
# The chart library comes with its Python package: the pages load nothing from elsewhere.
STATICFILES_DIRS = [("plotly", Path(str(distribution("plotly").locate_file("plotly/package_data"))))]

# Asked for when first used: naming a database may start the embedded server.
DATABASES = SimpleLazyObject(lambda: {"default": dj_database_url.parse(database.url(), conn_health_checks=False)})
connection_created.connect(database.settle_django)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# The record is kept in UTC; a site's local time is a matter of display.
USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en"

# Daily states follow what is recorded through a worker; bulk work may switch that off.
CELERY_BROKER_URL = os.environ.get("CELERY_BROKER_URL") or os.environ.get("REDIS_URL") or "redis://127.0.0.1:6379/0"
CELERY_TASK_DEFAULT_QUEUE = "aquamind"
CELERY_TASK_IGNORE_RESULT = True
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {"socket_connect_timeout": 0.5}
SKIP_CELERY_SIGNALS = os.environ.get("SKIP_CELERY_SIGNALS", "").lower() in ("1", "true", "yes")
