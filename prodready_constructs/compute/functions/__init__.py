"""Functions on AWS Lambda: their code, their releases, their alarms."""
