"""What is spent, and who hears of it."""
