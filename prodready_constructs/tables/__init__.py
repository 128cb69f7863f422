"""DynamoDB tables that come back, stay private, and cannot run up a bill unseen."""

from prodready_constructs.tables.protected_table import ProtectedTable
from prodready_constructs.tables.replicas import TableReplica
from prodready_constructs.tables.schema import GlobalIndex, LocalIndex, TableSchema

__all__ = ["GlobalIndex", "LocalIndex", "ProtectedTable", "TableReplica", "TableSchema"]
