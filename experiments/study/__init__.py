"""Studies: a YAML file is resolved to arms, planned as tasks, and run by workers into one store."""
