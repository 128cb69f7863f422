"""What every container on Fargate has here, whoever starts it: a service, a worker or a schedule."""
