"""REST APIs on API Gateway."""
