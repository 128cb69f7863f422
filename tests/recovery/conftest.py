"""The servers, and the function that looks into what was restored on them."""

from __future__ import annotations

from tests.database.rotating import mariadb_server, postgresql_server  # noqa: F401 (fixtures)
from tests.recovery.testing.looking import aws, look  # noqa: F401 (fixtures)
