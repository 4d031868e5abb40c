"""The admin pages of broodstock."""

from aquamind.admin import register_models

register_models("broodstock")
