"""Studies over arms and problems, reports on them, and benchmarks of the runtime."""
