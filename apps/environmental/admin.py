"""The admin pages of environmental."""

from aquamind.admin import register_models

register_models("environmental")
