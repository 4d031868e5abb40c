"""The admin pages of batch."""

from aquamind.admin import register_models

register_models("batch")
