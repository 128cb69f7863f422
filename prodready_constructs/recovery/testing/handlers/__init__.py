"""What runs in AWS Lambda after a restore test."""
