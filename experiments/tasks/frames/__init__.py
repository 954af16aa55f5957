"""Next frames as a task: clips, predictors, evaluations."""
