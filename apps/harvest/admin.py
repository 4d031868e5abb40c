"""The admin pages of harvest."""

from aquamind.admin import register_models

register_models("harvest")
