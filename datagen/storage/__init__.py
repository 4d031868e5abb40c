"""Where the record goes: Arrow tables into PostgreSQL, a unit wholly or not at all."""
