"""The admin pages of history."""

from aquamind.admin import register_models

register_models("history")
