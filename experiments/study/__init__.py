"""Studies: YAML to arms to tasks to workers to one store."""
