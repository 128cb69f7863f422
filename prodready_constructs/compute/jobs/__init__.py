"""What runs at certain times and ends: functions and Fargate tasks on a schedule, and how one hears of a run that did not happen."""
