"""Studies over arms and problems, reports on them, and benchmarks of the runtime."""

from pathlib import Path

STUDIES = Path(__file__).parent / "studies"


def shipped_studies() -> dict[str, Path]:
    """Return the files of the shipped studies by name; one in a folder is named ``FOLDER/NAME``."""
    return {file.relative_to(STUDIES).with_suffix("").as_posix(): file for file in sorted(STUDIES.rglob("*.yaml"))}
