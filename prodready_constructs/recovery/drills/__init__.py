"""Breaking things on purpose, with an end: AWS FIS experiments that critical alarms stop."""
