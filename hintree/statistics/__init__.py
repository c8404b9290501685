"""Compute intervals, bootstrap estimates, AUC and calibration error."""
