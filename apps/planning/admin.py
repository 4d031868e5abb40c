"""The admin pages of planning."""

from aquamind.admin import register_models

register_models("planning")
