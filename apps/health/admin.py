"""The admin pages of health."""

from aquamind.admin import register_models

register_models("health")
