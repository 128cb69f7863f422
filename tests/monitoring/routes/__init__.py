"""Routes: who hears of alerts."""
