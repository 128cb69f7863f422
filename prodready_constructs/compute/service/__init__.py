"""A service on Fargate, its alarms and its releases."""
