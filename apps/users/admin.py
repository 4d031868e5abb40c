"""The admin pages of users, their logins among them."""

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import User

from apps.history.edits import EditedAdmin
from aquamind.admin import register_models

register_models("users")
admin.site.unregister(User)


@admin.register(User)
class LoginAdmin(EditedAdmin, UserAdmin):  # type: ignore[type-arg]
    """As Django has it, with its edits kept."""
