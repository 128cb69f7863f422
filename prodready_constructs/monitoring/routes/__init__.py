"""Who hears of an alert: topics, people, pagers, chat channels and webhooks."""
