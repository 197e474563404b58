"""The steps, one a schema version; Alembic reads them by their files."""
