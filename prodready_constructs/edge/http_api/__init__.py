"""HTTP APIs on API Gateway, behind CloudFront."""
