"""Users of a database for applications: least privilege, rotated by turns."""

from prodready_constructs.database.users.database_user import DatabaseUser
from prodready_constructs.database.users.host import RotationPosture, SqlDatabase
from prodready_constructs.database.users.user_rotation import DatabaseUserRotation

__all__ = ["DatabaseUser", "DatabaseUserRotation", "RotationPosture", "SqlDatabase"]
