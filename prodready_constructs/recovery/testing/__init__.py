"""Restores that are tried every month, and looked into."""
