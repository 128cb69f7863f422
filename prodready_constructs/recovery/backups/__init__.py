"""Backups that nobody ends before their time: plan, vaults, the audit of both."""
