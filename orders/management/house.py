"""What every command of the house has in common: it works with nothing set, on a fresh machine too."""

from typing import Any

from django.core.management import BaseCommand, CommandError, call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor


class HouseCommand(BaseCommand):
    """A command that needs the database: one that is empty is set up first."""

    def execute(self, *args: Any, **options: Any) -> str | None:
        open_database()
        return super().execute(*args, **options)


def open_database() -> None:
    """Set an empty database up; CommandError where one lags behind this version, as its migration may take a while."""
    executor = MigrationExecutor(connection)
    if not executor.loader.applied_migrations:
        call_command("migrate", verbosity=0, interactive=False)
    elif executor.migration_plan(executor.loader.graph.leaf_nodes()):
        raise CommandError("The database lags behind this version: run `uv run manage.py migrate` first.")
