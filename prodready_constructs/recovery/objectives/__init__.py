"""Whether what is promised (RTO and RPO) can be kept, from the recovery facts of every store and service."""
