"""Training, calibration and checks of process reward models."""
