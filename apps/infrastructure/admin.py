"""The admin pages of infrastructure."""

from aquamind.admin import register_models

register_models("infrastructure")
