"""Secrets and keys: generated, encrypted, rotated, and readable by name only."""

from prodready_constructs.foundation import DataKey
from prodready_constructs.security.app_secret import AppSecret
from prodready_constructs.security.random_rotation import RandomRotation

__all__ = ["AppSecret", "DataKey", "RandomRotation"]
