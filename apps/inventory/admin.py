"""The admin pages of inventory."""

from aquamind.admin import register_models

register_models("inventory")
