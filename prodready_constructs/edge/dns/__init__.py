"""Names: zones, certificates, records."""
