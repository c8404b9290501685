"""Load problems from files, folders, the hub and the lab."""
