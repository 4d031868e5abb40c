"""The Celery application, for `celery -A aquamind worker`."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "aquamind.settings")
app = Celery("aquamind")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
