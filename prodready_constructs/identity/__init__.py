"""Who signs in: a user directory whose door is never just a password."""

from prodready_constructs.identity.user_directory import UserDirectory

__all__ = ["UserDirectory"]
