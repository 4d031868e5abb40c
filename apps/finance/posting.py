"""When money owed between companies is approved and exported: by its age alone."""

APPROVED_AFTER_DAYS = 7
"""A transaction this old is posted; invented."""

EXPORTED_AFTER_DAYS = 30
"""A transaction this old is in the accounting system; invented."""
