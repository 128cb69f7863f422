"""Container images: repositories that scan, keep and protect them, and the settings of an account's registry."""

from prodready_constructs.images.image_registry import ImageRegistry
from prodready_constructs.images.image_repository import ImageRepository

__all__ = ["ImageRegistry", "ImageRepository"]
