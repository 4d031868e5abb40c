"""The admin pages of users."""

from aquamind.admin import register_models

register_models("users")
