"""The app of batches, whose daily states follow the record."""

from django.apps import AppConfig


class BatchConfig(AppConfig):
    """Watches what an operator records."""

    name = "apps.batch"

    def ready(self) -> None:
        from apps.batch import signals

        signals.watch()
