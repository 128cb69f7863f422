"""CloudWatch's rules for alarms, in pure Python: what state an alarm takes for the data it sees.

Sources: Amazon CloudWatch user guide, "Alarm evaluation", "Configuring how CloudWatch alarms treat missing data", "Using math expressions with
CloudWatch metrics", "Combining alarms".
"""
