"""A version of a row for each edit that is made in the admin, as AquaMind makes one."""

from typing import Any

from django.contrib.admin import ModelAdmin
from django.db import connection
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from apps.history.models import VERSIONS, Version


# Generic for type checkers alone.
class EditedAdmin(ModelAdmin):  # type: ignore[type-arg]
    """Admin pages of a model whose edits are kept, if versions of it are, and the database has a table for them."""

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        _keep(obj, Version.Kind.CHANGED if change else Version.Kind.CREATED, request)

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        _keep(obj, Version.Kind.DELETED, request)
        super().delete_model(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        for row in queryset:
            _keep(row, Version.Kind.DELETED, request)
        super().delete_queryset(request, queryset)


def _keep(row: Any, kind: Version.Kind, request: HttpRequest) -> None:
    versions = VERSIONS.get(type(row))
    if versions is None or versions._meta.db_table not in connection.introspection.table_names():
        return
    columns = {field.attname: getattr(row, field.attname) for field in row._meta.local_concrete_fields}
    versions.objects.create(**columns, history_date=timezone.now(), history_type=kind, history_user_id=request.user.pk)
