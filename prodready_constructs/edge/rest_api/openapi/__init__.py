"""OpenAPI files: read with their line numbers, and refused where API Gateway could not keep their word."""
