"""Consumers of queues and streams, on Fargate and on Lambda, and the way back for dead letters."""
