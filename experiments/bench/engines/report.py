"""Results of the engines as figures, tables and JSON."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from hintree.experiments.bench.clock import Spread, ratios, spread
from hintree.experiments.bench.engines.workload import BeamWork, Work, Workload

Row = dict[str, Any]


@dataclass(frozen=True)
class ModelResults:
    """Costs of all engines on one model.

    Attributes:
        model: Name of the model.
        threads: Threads of every engine.
        rows: Cost of each turn, by engine and round; see ``worker.measure``.
        loaded: Memory of each process after loading, in MB.
        left_out: Reason for each engine that did not run.
    """

    model: str
    threads: int
    rows: dict[tuple[str, Work], list[Row]]
    loaded: dict[str, float]
    left_out: dict[str, str]

    def of(self, engine: str, texts: int, problems: int) -> list[Row]:
        """Return the turns of an engine's round with so many texts, empty if there is none."""
        for (name, work), rows in self.rows.items():
            if name == engine and isinstance(work, Workload) and (work.texts, work.problems) == (texts, problems):
                return rows
        return []


OURS, BATCH, LLAMA = "hintree, transformers", "generate, one batch", "llama.cpp server, bare loop"
IN_PROCESS, VLLM, OUR_VLLM = "hintree, llama.cpp", "vLLM, offline batch", "hintree, vLLM"


def quotient(found: ModelResults, above: str, below: str, texts: int) -> Spread | None:
    """Return tokens per CPU second of one engine divided by another's, turn by turn; None if one did not run."""
    a, b = found.of(above, texts, 8), found.of(below, texts, 8)
    return ratios([speed(row) for row in a], [speed(row) for row in b]) if a and b else None


def speed(row: Row) -> float:
    """Return generated tokens per CPU second."""
    return float(row["generated"]) / float(row["cpu_seconds"])


def share(found: ModelResults, texts: int, figure: Callable[[Row], float]) -> Spread | None:
    """Return a figure of hintree's rounds on transformers; None if it did not run."""
    rows = found.of(OURS, texts, 8)
    return spread(map(figure, rows)) if rows else None


def figures(found: ModelResults) -> dict[str, Spread]:
    """Return the ratios and shares that could be measured."""
    all_figures = {
        "vs_batched_generate_8": quotient(found, OURS, BATCH, 8),
        "vs_batched_generate_32": quotient(found, OURS, BATCH, 32),
        "vs_llama_cpp_8": quotient(found, OURS, LLAMA, 8),
        "vs_llama_cpp_32": quotient(found, OURS, LLAMA, 32),
        "vs_vllm_8": quotient(found, OURS, VLLM, 8),
        "vs_vllm_32": quotient(found, OURS, VLLM, 32),
        "in_process_vs_llama_cpp_server": quotient(found, IN_PROCESS, LLAMA, 32),
        "hintree_vllm_vs_vllm": quotient(found, OUR_VLLM, VLLM, 32),
        "products_share": share(found, 32, lambda row: row["products_seconds"] / row["decode_seconds"]),
        "outside_engine_share": share(found, 32, lambda row: 1 - row["inside_seconds"] / row["cpu_seconds"]),
        "added_mb": share(found, 32, lambda row: row["added_mb"]),
    }
    return {name: value for name, value in all_figures.items() if value is not None}


def computed_per_distinct(found: ModelResults) -> dict[str, float]:
    """Return computed prompt tokens per distinct one, by engine, where siblings or steps share a prompt."""
    shares = {}
    for (engine, work), rows in found.rows.items():
        first = rows[0]
        shared = isinstance(work, BeamWork) or work.siblings > 1
        if shared and first["computed_prompt"] is not None and first.get("distinct_prompt"):
            shares[f"{engine}, {label(work)}"] = first["computed_prompt"] / first["distinct_prompt"]
    return shares


def seconds_to_first_step(found: ModelResults) -> dict[str, Spread]:
    """Return the wall-clock seconds in which each engine that hintree drives wrote the first step of one problem."""
    return {
        engine: spread(row["wall_seconds"] for row in rows)
        for (engine, work), rows in found.rows.items()
        if isinstance(work, BeamWork) and (work.problems, work.depth) == (1, 1)
    }


def label(work: Work) -> str:
    """Return the name of a round in tables."""
    if isinstance(work, BeamWork):
        return f"beam, {work.problems} x {work.depth} levels"
    return f"{work.problems} x {work.siblings} texts"


def as_json(results: list[ModelResults]) -> Row:
    """Return all results as one JSON object, by model."""
    return {
        found.model: {
            **{name: value.value for name, value in figures(found).items()},
            "computed_per_distinct_prompt_token": computed_per_distinct(found),
            "seconds_to_first_step": {name: value.value for name, value in seconds_to_first_step(found).items()},
            "threads": found.threads,
            "loaded_mb": found.loaded,
            "left_out": found.left_out,
            "details": {name: value._asdict() for name, value in figures(found).items()},
            "rows": [
                {"engine": name, "round": label(work), **work._asdict(), "turns": rows}
                for (name, work), rows in found.rows.items()
            ],
        }
        for found in results
    }


def as_tables(results: list[ModelResults]) -> str:
    """Return tables in Markdown: tokens per CPU second, and the figures."""
    return "\n\n".join(model_tables(found) for found in results)


def model_tables(found: ModelResults) -> str:
    """Return the tables of one model."""
    works = list(dict.fromkeys(work for _, work in found.rows))
    engines = list(dict.fromkeys(name for name, _ in found.rows))
    lines = [
        f"{found.model}: generated tokens per CPU second, {found.threads} threads, median (range) of the turns",
        "",
        "| engine | " + " | ".join(map(label, works)) + " | memory, MB |",
        "|---" * (len(works) + 2) + "|",
    ]
    for engine in engines:
        cells = [found.rows.get((engine, work)) for work in works]
        shown = [spread(map(speed, rows)).show(1) if rows else "-" for rows in cells]
        lines.append(f"| {engine} | {' | '.join(shown)} | {found.loaded[engine]:.0f} |")
    lines += ["", *(f"Left out: {engine}: {reason}." for engine, reason in found.left_out.items())]
    lines += ["", "| figure | value |", "|---|---|"]
    lines += [f"| {name} | {value.show()} |" for name, value in figures(found).items()]
    lines += [
        f"| computed per distinct prompt token, {engine} | {value:.2f} |"
        for engine, value in computed_per_distinct(found).items()
    ]
    lines += [
        f"| seconds to the first step, {engine} | {value.show()} |"
        for engine, value in seconds_to_first_step(found).items()
    ]
    return "\n".join(lines)
