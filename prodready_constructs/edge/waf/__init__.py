"""Web ACLs: what AWS WAF lets through."""
