"""Engines as arms: each takes the requests of one round, and returns the tokens that it generated and computed.

The bare arms are what a user would write without hintree; they get token ids, encoded outside the measured time.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from typing import Any, NamedTuple

import httpx2
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from hintree.models import Completion, GenerationRequest, LanguageModel, load_model, open_model
from hintree.models.local.text import encode

CONTEXT = 1024
"""Context of one text in tokens, where an engine reserves memory for it."""
SLOTS = 32
"""Texts of one round at most: rows of a batch of ``generate``, slots of llama.cpp's server."""


class Round(NamedTuple):
    """Work of an engine in one round.

    generated: Generated tokens.
    computed: Prompt tokens that it computed; None where it does not tell.
    """

    generated: int
    computed: int | None


class Arm(NamedTuple):
    """One engine with a loaded model.

    run: Generates the texts of a round, with empty caches.
    model: Model whose prompts the requests are written for.
    searches: True if hintree drives the engine, so that a search can run on it.
    forward: The model in PyTorch, if its parts can be timed; else whatever the engine needs to stay alive.
    """

    run: Callable[[Sequence[GenerationRequest]], Round]
    model: LanguageModel
    searches: bool = False
    forward: Any = None


class TemplateOnly:
    """Stands for a model where only its tokenizer and template are needed, to write prompts for a bare engine."""

    parameters = 0
    chat = True
    thinking = None
    continues_thoughts = True

    def __init__(self, folder: str) -> None:
        self.name = folder
        self.tokenizer = AutoTokenizer.from_pretrained(folder)
        self.chat = self.tokenizer.chat_template is not None


def hintree_arm(model: LanguageModel, forward: Any = None) -> Arm:
    """Return the arm of a model that hintree drives."""

    def run(requests: Sequence[GenerationRequest]) -> Round:
        model.forget()
        found = [done.usage for done in model.generate(requests) if isinstance(done, Completion)]
        generated = sum(usage.generated_tokens for usage in found)
        # the last token of a text is generated and never computed
        return Round(generated, sum(u.forwarded_tokens for u in found) - generated + len(found))

    return Arm(run, model, True, forward)


def transformers(folder: str, file: str) -> Arm:
    """Return hintree on PyTorch, float32."""
    model = load_model(folder, device="cpu", dtype="float32")
    return hintree_arm(model, model.model)


def llama_cpp(folder: str, file: str) -> Arm:
    """Return hintree on llama.cpp in this process."""
    return hintree_arm(open_model(file))


def llama_cpp_server(folder: str, file: str) -> Arm:
    """Return hintree with a server of llama.cpp."""
    server = start_server(file)
    return hintree_arm(open_model(f"{server.listening_address}/v1"), server)


def vllm(folder: str, file: str) -> Arm:
    """Return hintree on vLLM in this process."""
    return hintree_arm(open_model(f"vllm:{folder}"))


def generate(folder: str, file: str, rows: int = SLOTS) -> Arm:
    """Return ``generate`` of transformers with ``rows`` texts a call."""
    stand_in: Any = TemplateOnly(folder)
    model: Any = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    model.eval()
    pad = stand_in.tokenizer.pad_token_id or 0

    def run(requests: Sequence[GenerationRequest]) -> Round:
        texts = [encode(stand_in.tokenizer, request.prompt) for request in requests]
        generated = computed = 0
        for start in range(0, len(texts), rows):
            part = texts[start : start + rows]
            width = max(map(len, part))
            ids = torch.tensor([[pad] * (width - len(text)) + text for text in part])
            mask = torch.tensor([[0] * (width - len(text)) + [1] * len(text) for text in part])
            first = requests[start]
            done = model.generate(
                ids,
                attention_mask=mask,
                do_sample=True,
                temperature=first.temperature,
                top_k=0,
                top_p=1.0,
                repetition_penalty=1.0,
                max_new_tokens=first.max_tokens,
                pad_token_id=pad,
            )
            ends = model.generation_config.eos_token_id
            ends = set(ends if isinstance(ends, list) else [ends])
            generated += sum(length_until(row, ends) for row in done[:, width:].tolist())
            computed += sum(map(len, part))
        return Round(generated, computed)

    return Arm(run, stand_in)


def generate_alone(folder: str, file: str) -> Arm:
    """Return ``generate`` of transformers with one text a call."""
    return generate(folder, file, rows=1)


def bare_llama_cpp_server(folder: str, file: str) -> Arm:
    """Return a server of llama.cpp that one thread for each text sends its request to."""
    stand_in: Any = TemplateOnly(folder)
    server = start_server(file)
    client = httpx2.Client(base_url=server.listening_address, timeout=600)

    def one(asked: tuple[list[int], GenerationRequest]) -> Any:
        ids, request = asked
        body = {
            "prompt": ids,
            "n_predict": request.max_tokens,
            "temperature": request.temperature,
            "top_k": 0,
            "top_p": 1.0,
            "min_p": 0.0,
            "seed": request.seed,
            "cache_prompt": True,
        }
        return client.post("/completion", json=body).raise_for_status().json()

    def run(requests: Sequence[GenerationRequest]) -> Round:
        asked = [(encode(stand_in.tokenizer, request.prompt), request) for request in requests]
        with ThreadPoolExecutor(len(asked)) as pool:
            replies = list(pool.map(one, asked))
        return Round(
            sum(int(reply["tokens_predicted"]) for reply in replies),
            sum(int(reply["timings"]["prompt_n"]) for reply in replies),
        )

    return Arm(run, stand_in, forward=server)


def bare_vllm(folder: str, file: str) -> Arm:
    """Return the offline batch of vLLM itself."""
    module: Any = import_module("vllm")
    stand_in: Any = TemplateOnly(folder)
    engine = module.LLM(
        folder, dtype="float32", enforce_eager=True, max_model_len=CONTEXT, enable_prefix_caching=True, seed=0
    )

    def run(requests: Sequence[GenerationRequest]) -> Round:
        engine.reset_prefix_cache()
        prompts = [{"prompt_token_ids": encode(stand_in.tokenizer, request.prompt)} for request in requests]
        sampling = [
            module.SamplingParams(temperature=r.temperature, seed=r.seed, max_tokens=r.max_tokens) for r in requests
        ]
        done = engine.generate(prompts, sampling, use_tqdm=False)
        generated = sum(len(output.token_ids) for result in done for output in result.outputs)
        computed = sum(len(result.prompt_token_ids) - (result.num_cached_tokens or 0) for result in done)
        return Round(generated, computed)

    return Arm(run, stand_in, forward=engine)


def start_server(file: str) -> Any:
    """Start llama.cpp's server on a port of this machine, in this process."""
    xllamacpp: Any = import_module("xllamacpp")
    settings = xllamacpp.CommonParams()
    settings.model.path = file
    settings.cpuparams.n_threads = settings.cpuparams_batch.n_threads = torch.get_num_threads()
    settings.n_parallel, settings.n_ctx, settings.port, settings.verbosity = SLOTS, SLOTS * CONTEXT, 0, -1
    return xllamacpp.Server(settings)


def length_until(row: Sequence[int], ends: set[int]) -> int:
    """Return the number of tokens until the first of the ends, that one included."""
    return next((i + 1 for i, token in enumerate(row) if token in ends), len(row))


ARMS: dict[str, tuple[str, Callable[[str, str], Arm]]] = {
    "generate, one text a call": ("", generate_alone),
    "generate, one batch": ("", generate),
    "hintree, transformers": ("", transformers),
    "llama.cpp server, bare loop": ("xllamacpp", bare_llama_cpp_server),
    "hintree, llama.cpp server": ("xllamacpp", llama_cpp_server),
    "hintree, llama.cpp": ("xllamacpp", llama_cpp),
    "vLLM, offline batch": ("vllm", bare_vllm),
    "hintree, vLLM": ("vllm", vllm),
}
"""Needed package and constructor (model folder, GGUF file) of each engine."""
