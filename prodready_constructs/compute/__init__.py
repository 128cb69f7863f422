"""Containers that serve requests."""

from prodready_constructs.compute.web_service import WebService

__all__ = ["WebService"]
