"""Other runtimes on the same trees, each in its own process; they come with the extra ``bench``.

They have no interface for trees, so every level sends whole paths again. In each process, the hintree arm runs in turns
with the other runtime, on the same weights.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from importlib import import_module, util
from pathlib import Path
from typing import Any

import torch

from hintree.experiments.bench.arms import GenerateLevel, Paths, timed, with_hintree
from hintree.experiments.bench.clock import in_turns
from hintree.experiments.bench.llama_cpp import with_llama_cpp
from hintree.experiments.bench.shapes import BenchModel, Shape, make_bench_model, word_tokenizer
from hintree.experiments.bench.trees import warm_up

MODEL = "1M"
PACKAGES = {"CTranslate2": ("ctranslate2",), "llama.cpp": ("xllamacpp", "gguf")}
"""Required packages by runtime; the runtime's own package comes first."""


def run_others(shape: Shape, runs: int) -> dict[str, dict[str, list[float]] | str]:
    """Return tokens per CPU second of each runtime and of hintree, run by run, or the reason that it was skipped."""
    found: dict[str, dict[str, list[float]] | str] = {}
    for name, packages in PACKAGES.items():
        if missing := [package for package in packages if util.find_spec(package) is None]:
            found[name] = f'{missing[0]} is not installed: pip install "hintree[bench]"'
            continue
        command = [sys.executable, "-m", "hintree.experiments.bench.others", name, json.dumps(shape), str(runs)]
        environment = os.environ | {"OMP_NUM_THREADS": "1"}
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
        if done.returncode:
            found[name] = f"failed: {(done.stderr.strip() or 'no message').splitlines()[-1]}"
        else:
            found[name] = json.loads(next(line for line in done.stdout.splitlines() if line.startswith("{")))
    return found


def with_ctranslate2(bench: BenchModel, shape: Shape, folder: Path) -> GenerateLevel:
    """Return an arm for CTranslate2: one batch a level, one prompt per parent, one sample per child."""
    ctranslate2: Any = import_module("ctranslate2")
    bench.model.save_pretrained(folder / "stock")
    tokenizer = word_tokenizer(bench.words)
    # The converter requires special tokens; none is generated.
    tokenizer.unk_token, tokenizer.bos_token, tokenizer.eos_token = "w0", "w1", "w2"
    tokenizer.save_pretrained(folder / "stock")
    ctranslate2.converters.TransformersConverter(str(folder / "stock")).convert(str(folder / "converted"))
    generator = ctranslate2.Generator(str(folder / "converted"), device="cpu", intra_threads=1, inter_threads=1)

    def generate(parents: Paths, origins: Sequence[int], children: int) -> list[list[int]]:
        results = generator.generate_batch(
            [[f"w{i}" for i in path] for path in parents],
            beam_size=1,
            num_hypotheses=children,
            sampling_topk=0,
            min_length=shape.step,
            max_length=shape.step,
            include_prompt_in_result=False,
        )
        return [step for result in results for step in result.sequences_ids]

    return generate


def main() -> None:
    """Measure one runtime in this process and print the speeds as JSON."""
    shape, runs = Shape(*json.loads(sys.argv[2])), int(sys.argv[3])
    torch.set_num_threads(1)
    bench = make_bench_model(MODEL)
    with tempfile.TemporaryDirectory() as folder:
        make = {"CTranslate2": with_ctranslate2, "llama.cpp": with_llama_cpp}[sys.argv[1]]
        generate = make(bench, shape, Path(folder))
        warm_up(bench, shape._replace(depth=2), [lambda: generate, lambda: with_hintree(bench, shape)])
        arms = {
            "theirs": lambda: timed(bench, shape, generate).speed,
            "ours": lambda: timed(bench, shape, with_hintree(bench, shape)).speed,
        }
        print(json.dumps(in_turns(arms, runs, sys.argv[1])), flush=True)


if __name__ == "__main__":
    main()
