"""Hostile folders of models, and GGUF files."""

import base64
import json
import os
import pickle
import random
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.support.hostile_texts_of_files import JSON, SOLVE, Maker, write

SHIPPED = Path(__file__).parents[2] / "hintree" / "models" / "embedded" / "student"
PARTS = ("config.json", "generation_config.json", "tokenizer.json", "tokenizer_config.json", "model.safetensors")
INDEX = "model.safetensors.index.json"


class Trap:
    """A pickle of it runs a command."""

    def __reduce__(self) -> tuple[Any, ...]:
        return os.system, ("touch outside/pwned",)


def changed(folder: Path, file: str, **changes: Any) -> None:
    """Change some values of a JSON file."""
    content = json.loads((folder / file).read_text()) if (folder / file).exists() else {}
    (folder / file).write_text(json.dumps({**content, **changes}))


def tokenizer(folder: Path, **changes: Any) -> None:
    """Change parts of the tokenizer."""
    changed(folder, "tokenizer.json", **changes)


def index(folder: Path, file: str) -> None:
    """Replace the weights by an index that names a file."""
    (folder / "model.safetensors").unlink()
    header = {"metadata": {"total_size": 1}, "weight_map": {"model.norm.weight": file, "lm_head.weight": file}}
    (folder / INDEX).write_text(json.dumps(header))


def weights(folder: Path, header: bytes, size: int | None = None) -> None:
    """Replace the weights by a header, with any length before it."""
    length = (len(header) if size is None else size).to_bytes(8, "little")
    (folder / "model.safetensors").write_bytes(length + header)


def linked(folder: Path, file: str, target: str) -> None:
    """Replace a file by a link to one outside."""
    (folder / file).unlink(missing_ok=True)
    (folder / file).symlink_to(folder.parent.parent / "outside" / target)


def pickled(folder: Path) -> None:
    """Replace the weights by a pickle."""
    (folder / "model.safetensors").unlink()
    (folder / "pytorch_model.bin").write_bytes(pickle.dumps(Trap()))


def pickled_by_index(folder: Path) -> None:
    """Let an index name a pickle of the folder."""
    pickled(folder)
    names = {"metadata": {}, "weight_map": {"model.norm.weight": "pytorch_model.bin"}}
    (folder / INDEX).write_text(json.dumps(names))


def hole(path: Path) -> None:
    """Write a file of 100 GB that takes no room."""
    with path.open("wb") as file:
        file.truncate(100_000_000_000)


def template(text: str) -> Callable[[Path, random.Random], object]:
    """Return the change of the chat template."""
    return lambda folder, draw: write(folder / "chat_template.jinja", text)


REPLACE = {"type": "Replace", "pattern": {"String": "a"}, "content": "aa"}
OUT = "../../outside/"
FOLDERS: dict[str, Callable[[Path, random.Random], object]] = {
    "config: many layers": lambda f, draw: changed(f, "config.json", num_hidden_layers=draw.choice([50_000, 10**12])),
    "config: wide layers": lambda f, draw: changed(f, "config.json", intermediate_size=draw.choice([10**8, 10**11])),
    "config: large vocabulary": lambda f, draw: changed(f, "config.json", vocab_size=10**9, tie_word_embeddings=False),
    "config: wide": lambda f, draw: changed(f, "config.json", hidden_size=10**6, head_dim=10**6),
    "config: many heads": lambda f, draw: changed(f, "config.json", num_attention_heads=draw.choice([10**7, 0, -4])),
    "config: many labels": lambda f, draw: changed(f, "config.json", num_labels=10**9),
    "config: number of 5,000 digits": lambda f, draw: write(f / "config.json", '{"model_type": ' + "9" * 5000 + "}"),
    "config: number of another kind": lambda f, draw: changed(
        f, "config.json", hidden_size=draw.choice(["x", [1], {}])
    ),
    "config: deep": lambda f, draw: write(f / "config.json", JSON["deep objects"](draw)),
    "config: not UTF-8": lambda f, draw: write(f / "config.json", b"{\xff\xfe}"),
    "config: a list": lambda f, draw: write(f / "config.json", "[1]"),
    "config: hole": lambda f, draw: hole(f / "config.json"),
    "config: code": lambda f, draw: changed(f, "config.json", model_type="trap", auto_map={"AutoConfig": "trap.T"}),
    "config: kernel": lambda f, draw: changed(f, "config.json", _attn_implementation="someone/kernel"),
    "config: link": lambda f, draw: linked(f, "config.json", "secret.json"),
    "index: above": lambda f, draw: index(f, OUT + "secret.safetensors"),
    "index: absolute": lambda f, draw: index(f, str(f.parent.parent / "outside" / "secret.safetensors")),
    "index: pickle outside": lambda f, draw: index(f, OUT + "secret.bin"),
    "index: pickle inside": lambda f, draw: pickled_by_index(f),
    "index: missing": lambda f, draw: index(f, "model-00001-of-99999.safetensors"),
    "index: number": lambda f, draw: write(f / INDEX, '{"weight_map": {"a": 1}}'),
    "index: deep": lambda f, draw: write(f / INDEX, JSON["deep lists"](draw)),
    "weights: pickle": lambda f, draw: pickled(f),
    "weights: link": lambda f, draw: linked(f, "model.safetensors", "secret.safetensors"),
    "weights: long header": lambda f, draw: weights(f, b"{}", 2 ** draw.randint(40, 63)),
    "weights: deep header": lambda f, draw: weights(f, b'{"a":' * 50_000),
    "weights: huge shape": lambda f, draw: weights(
        f, b'{"a": {"dtype": "F32", "shape": [%d, %d], "data_offsets": [0, 4]}}' % (2**62, 2**62)
    ),
    "weights: shape of another kind": lambda f, draw: weights(f, b'{"a": {"dtype": "F32", "shape": "x"}}'),
    "weights: hole": lambda f, draw: hole(f / "model.safetensors"),
    "weights: random bytes": lambda f, draw: write(f / "model.safetensors", draw.randbytes(5_000)),
    "tokenizer: doubling": lambda f, draw: tokenizer(f, normalizer={"type": "Sequence", "normalizers": [REPLACE] * 60}),
    "tokenizer: many steps": lambda f, draw: tokenizer(
        f, normalizer={"type": "Sequence", "normalizers": [{"type": "NFKC"}] * 90_000}
    ),
    "tokenizer: bad table": lambda f, draw: tokenizer(
        f,
        normalizer={
            "type": "Precompiled",
            "precompiled_charsmap": base64.b64encode(b"\xff\xff\xff\x7f" + draw.randbytes(200)).decode(),
        },
    ),
    "tokenizer: bad pattern": lambda f, draw: tokenizer(
        f, pre_tokenizer={"type": "Split", "pattern": {"Regex": "(a|("}, "behavior": "Isolated", "invert": False}
    ),
    "tokenizer: exponential pattern": lambda f, draw: tokenizer(
        f, pre_tokenizer={"type": "Split", "pattern": {"Regex": "(a|aa)+$b"}, "behavior": "Isolated", "invert": False}
    ),
    "tokenizer: deep": lambda f, draw: write(f / "tokenizer.json", JSON["deep objects"](draw)),
    "tokenizer: hole": lambda f, draw: hole(f / "tokenizer.json"),
    "tokenizer: link": lambda f, draw: linked(f, "tokenizer.json", "secret.json"),
    "tokenizer: random bytes": lambda f, draw: write(f / "tokenizer.json", draw.randbytes(4_000)),
    "tokenizer: endless prefix": lambda f, draw: tokenizer(
        f, normalizer={"type": "Prepend", "prepend": "a" * 10_000_000}
    ),
    "tokenizer: file above": lambda f, draw: changed(f, "tokenizer_config.json", tokenizer_file=OUT + "secret.json"),
    "tokenizer: file by version": lambda f, draw: changed(
        f, "tokenizer_config.json", fast_tokenizer_files=[OUT + "secret.json"]
    ),
    "adapter: base elsewhere": lambda f, draw: write(
        f / "adapter_config.json", json.dumps({"base_model_name_or_path": OUT, "peft_type": "LORA"})
    ),
    "template: nested ranges": template(
        "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}"
    ),
    "template: powers": template("{{ 9**9**9 }}"),
    "template: doubling": template(
        "{% set ns = namespace(x='ab') %}" + "{% set ns.x = ns.x + ns.x %}" * 80 + "{{ ns.x }}"
    ),
    "template: code": template("{{ ''.__class__.__mro__[1].__subclasses__()[0].__init__.__globals__ }}"),
    "template: open": template("{% for m in messages %}"),
    "template: link": lambda f, draw: linked(f, "chat_template.jinja", "secret.txt"),
    "manifest: not UTF-8": lambda f, draw: write(f / "SHA256SUMS", b"\xff\xfe" + draw.randbytes(100)),
    "manifest: above": lambda f, draw: write(f / "SHA256SUMS", f"{'0' * 64}  {OUT}secret.txt\n"),
    "manifest: absolute": lambda f, draw: write(f / "SHA256SUMS", f"{'0' * 64}  /etc/hostname\n"),
    "manifest: hole": lambda f, draw: hole(f / "SHA256SUMS"),
    "manifest: NUL": lambda f, draw: write(f / "SHA256SUMS", b"a" * 64 + b"  a\0b\n"),
    "declaration: aliases": lambda f, draw: write(f / "prm.yaml", "a: &a [1]\nb: *a"),
}


def folder_maker(shape: str, change: Callable[[Path, random.Random], object]) -> Maker:
    """A maker of a model's folder with one change; a declaration is read with the folder of a PRM."""

    def make_it(folder: Path, draw: random.Random) -> list[str]:
        model = folder / "model"
        model.mkdir()
        for part in PARTS:
            shutil.copyfile(SHIPPED / part, model / part)
        change(model, draw)
        role = (
            ["--scorer", str(model), "--search", "beam"]
            if shape.startswith("declaration")
            else ["--reasoner", str(model)]
        )
        return [*SOLVE, *role]

    return make_it


def gguf(*values: tuple[int, int]) -> bytes:
    """Return the beginning of a GGUF file: magic, version and counts, each with its number of bytes."""
    return b"GGUF" + b"".join(value.to_bytes(size, "little") for value, size in values)


GGUF: dict[str, Callable[[random.Random], bytes]] = {
    "counts beyond the file": lambda draw: gguf((3, 4), (2**62, 8), (2**62, 8)) + bytes(100),
    "text beyond the file": lambda draw: gguf((3, 4), (0, 8), (1, 8), (2**60, 8)) + bytes(100),
    "random bytes": lambda draw: gguf((3, 4), (1, 8), (3, 8)) + draw.randbytes(4_000),
    "version": lambda draw: gguf((draw.choice([0, 1, 99]), 4), (0, 8), (0, 8)) + bytes(100),
    "deep array": lambda draw: gguf((3, 4), (0, 8), (1, 8), (1, 8)) + b"a" + b"\x09\0\0\0" * 5_000,
    "empty": lambda draw: b"",
    "another format": lambda draw: b"PK\x03\x04" + draw.randbytes(500),
}


def gguf_maker(make: Callable[[random.Random], bytes]) -> Maker:
    """A maker of a GGUF file."""
    return lambda folder, draw: [*SOLVE, "--reasoner", write(folder / "hostile.gguf", make(draw))]


MAKERS: dict[tuple[str, str], Maker] = {
    **{("model", shape): folder_maker(shape, change) for shape, change in FOLDERS.items()},
    **{("GGUF", shape): gguf_maker(make) for shape, make in GGUF.items()},
}
