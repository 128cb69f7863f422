"""The hardening read back through the AWS API, property by property, driven by what the templates say."""

from prodready_constructs.local.readback.run import ReadBack, read_back
from prodready_constructs.local.readback.table import Kind, Row

__all__ = ["Kind", "ReadBack", "Row", "read_back"]
