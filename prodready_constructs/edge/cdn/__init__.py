"""CloudFront: websites and what they pass on to."""
