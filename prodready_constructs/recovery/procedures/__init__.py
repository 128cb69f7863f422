"""Procedures for people, and the part of them that AWS Systems Manager does by itself."""
