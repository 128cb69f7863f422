"""Canaries: what a user would do, done every few minutes by a machine."""
