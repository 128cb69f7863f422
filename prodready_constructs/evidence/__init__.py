"""What the cloud assembly proves, read from the assembly alone: never from the constructs, never from AWS."""
