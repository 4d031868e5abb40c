"""The schema of AquaMind, one Django app a domain, declared so that loading it in bulk costs least.

A key is a UniqueConstraint, for `unique=True` on text brings a second index that serves LIKE. A foreign key with which
another index or key begins says `db_index=False`: an index of its own would only repeat that one's front.
"""
