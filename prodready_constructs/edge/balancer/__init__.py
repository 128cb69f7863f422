"""The load balancer in front of services."""
