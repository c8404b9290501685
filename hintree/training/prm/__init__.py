"""Process-reward models: checked, calibrated and trained."""
