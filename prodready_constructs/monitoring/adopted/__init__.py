"""What is worth an alarm of a plain resource, one file a service; ``adopt`` makes a stranger's L2 or L1 watchable."""
