"""Read the header of a GGUF file: metadata and the table of tensors, with every length checked against the file.

The format is that of llama.cpp: magic, version, counts, key-value pairs, tensor infos, padding, data. A header is
untrusted input: counts and lengths are compared with the file before anything of that size is read.
"""

import mmap
import re
import struct
from pathlib import Path
from typing import Any, NamedTuple

from hintree.errors import CheckpointError

MAGIC = b"GGUF"
VERSIONS = (2, 3)
MOST_ITEMS = 1 << 22
"""Maximum number of key-value pairs, tensors, or strings of one array."""
MOST_KEPT = 1 << 12
"""Longest array of numbers whose values are kept, besides those of the tokenizer."""
SCALARS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
"""Formats of ``struct`` by the number of a value's type; 8 is a string and 9 an array."""
STRING, ARRAY = 8, 9
TYPES = {
    "general.architecture": str,
    "general.type": str,
    "split.count": int,
    "tokenizer.chat_template": str,
    "tokenizer.ggml.model": str,
    "tokenizer.ggml.pre": str,
    "tokenizer.ggml.tokens": list,
    "tokenizer.ggml.merges": list,
    "tokenizer.ggml.scores": list,
    "tokenizer.ggml.token_type": list,
    "tokenizer.ggml.add_bos_token": bool,
    "tokenizer.ggml.add_space_prefix": bool,
}
"""Types of the values that are read, besides those of the architecture."""
ITEMS = {
    "tokenizer.ggml.tokens": str,
    "tokenizer.ggml.merges": str,
    "tokenizer.ggml.scores": float,
    "tokenizer.ggml.token_type": int,
}
"""Types of the items of lists; numbers are as many as there are tokens."""
SHARD = re.compile(r"-\d{5}-of-\d{5}\.gguf$", re.IGNORECASE)
SERVE = "or serve the file with llama.cpp (llama-server -m FILE) and name the server, as in http://127.0.0.1:8080/v1"
"""Remedy for a file that llama.cpp reads and hintree does not."""


class GGUFTensor(NamedTuple):
    """Entry of the table of tensors.

    shape: Dimensions in PyTorch's order, slowest first.
    kind: Number of the storage format, as in ``gguf.GGMLQuantizationType``.
    offset: First byte, counted from the beginning of the file.
    """

    name: str
    shape: tuple[int, ...]
    kind: int
    offset: int


class GGUFHeader(NamedTuple):
    """Metadata and tensors of a GGUF file.

    metadata: Values by key; a long array of numbers is None.
    """

    path: Path
    metadata: dict[str, Any]
    tensors: tuple[GGUFTensor, ...]

    @property
    def architecture(self) -> str:
        """Return the name of the architecture in llama.cpp's terms, such as "qwen2"."""
        return str(self.metadata.get("general.architecture", ""))


def is_gguf(name: str) -> bool:
    """Return true if a model's name is that of a GGUF file: an existing file, or a name that ends in .gguf."""
    return name.lower().endswith(".gguf") or Path(name).is_file()


def read_header(path: Path, name: str) -> GGUFHeader:
    """Read the header of the file of model ``name``.

    Raises:
        CheckpointError: The file cannot be read, is not GGUF, is truncated or damaged, or holds no complete language
            model.
    """
    if path.stat().st_size == 0:
        raise CheckpointError(f"model {name}: the file is truncated (0 bytes); fetch it again")
    try:
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            header = Reader(data, name).header(path)
    except OSError as error:
        raise CheckpointError(f"model {name}: the file cannot be read: {error}") from error
    check_values(header, name)
    check_completeness(header, name)
    return header


def check_values(header: GGUFHeader, name: str) -> None:
    """Raise CheckpointError unless the values that are read have their types, and ids are those of tokens."""
    metadata = header.metadata
    tokens = metadata.get("tokenizer.ggml.tokens")
    size = len(tokens) if isinstance(tokens, list) else 0
    for key, value in metadata.items():
        expected = TYPES.get(key, int if key.endswith("_token_id") else None)
        items = ITEMS.get(key)
        if expected is not None and type(value) is not expected:
            raise CheckpointError(f"model {name}: {key} in the GGUF file is no {expected.__name__}; fetch it again")
        if items and ((items is not str and len(value) != size) or any(type(item) is not items for item in value)):
            raise CheckpointError(f"model {name}: {key} in the GGUF file is damaged; fetch it again")
        if key.endswith("_token_id") and not 0 <= value < size:
            raise CheckpointError(f"model {name}: {key[:60]!r} = {value} is none of {size} tokens; fetch it again")


def check_completeness(header: GGUFHeader, name: str) -> None:
    """Raise CheckpointError unless a file holds a whole language model: no part, projector, adapter or vocabulary."""
    metadata, kind = header.metadata, header.metadata.get("general.type", "model")
    if metadata.get("split.count", 0) > 1 or SHARD.search(header.path.name):
        raise CheckpointError(
            f"model {name}: the file is one part of a split model; join all parts into one file with "
            "llama-gguf-split --merge FIRST_PART NEW_FILE"
        )
    if header.architecture == "clip" or kind == "mmproj":
        raise CheckpointError(
            f"model {name}: the file is the image projector (mmproj) of another model; name the file of the language "
            "model, which stands beside it"
        )
    if kind != "model":
        raise CheckpointError(
            f"model {name}: the file holds general.type {str(kind)[:40]!r}, not a model; name the file of a whole "
            "model, and merge an adapter into it with llama-export-lora"
        )
    if not header.tensors:
        raise CheckpointError(
            f"model {name}: the file holds a vocabulary and no weights; name the file of the whole model"
        )


class Reader:
    """Cursor over the bytes of a GGUF file; raises CheckpointError where they end too early or make no sense."""

    def __init__(self, data: Any, name: str) -> None:
        self.data, self.name, self.at = data, name, 0

    def header(self, path: Path) -> GGUFHeader:
        """Read the whole header."""
        if self.take(4) != MAGIC:
            raise CheckpointError(
                f"model {self.name}: not a GGUF file (it begins with {bytes(self.data[:4])!r}, not {MAGIC!r}); name a "
                ".gguf file, or the folder of a safetensors model"
            )
        version = self.number("I")
        if version not in VERSIONS:
            raise CheckpointError(
                f"model {self.name}: GGUF version {version} is not one of {VERSIONS}; convert the model again with a "
                "current llama.cpp"
            )
        tensors, pairs = self.count(24), self.count(12)
        metadata: dict[str, Any] = {}
        for _ in range(pairs):
            key = self.string()
            if key in metadata:
                raise self.damaged(f"two values of {key[:60]!r}")
            metadata[key] = self.value(self.number("I"), keep=key.startswith("tokenizer."))
        infos = [self.info() for _ in range(tensors)]
        alignment = metadata.get("general.alignment", 32)
        if not isinstance(alignment, int) or not 0 < alignment <= 1 << 20 or alignment & (alignment - 1):
            raise self.damaged(f"alignment {alignment!r}")
        start = -(-self.at // alignment) * alignment
        if len({info.name for info in infos}) < len(infos):
            raise self.damaged("two tensors of one name")
        return GGUFHeader(path, metadata, tuple(info._replace(offset=start + info.offset) for info in infos))

    def info(self) -> GGUFTensor:
        """Read one entry of the table of tensors; its offset counts from the beginning of the data."""
        name, dimensions = self.string(), self.number("I")
        if not 1 <= dimensions <= 4:
            raise self.damaged(f"a tensor of {dimensions} dimensions")
        shape = tuple(self.number("Q") for _ in range(dimensions))
        return GGUFTensor(name, shape[::-1], self.number("I"), self.number("Q"))

    def value(self, kind: int, *, keep: bool) -> Any:
        """Read one value of metadata; of a long array of numbers only if ``keep`` is true."""
        if kind == STRING:
            return self.string()
        if kind in SCALARS:
            return self.number(SCALARS[kind])
        if kind != ARRAY:
            raise self.damaged(f"a value of type {kind}")
        kind, length = self.number("I"), self.number("Q")
        if kind == STRING:
            if length > MOST_ITEMS:
                raise self.damaged(f"an array of {length} strings")
            return [self.string() for _ in range(length)]
        if kind not in SCALARS:
            raise self.damaged(f"an array of values of type {kind}")
        whole = self.take(length * struct.calcsize(SCALARS[kind]))
        return list(struct.unpack(f"<{length}{SCALARS[kind]}", whole)) if keep or length <= MOST_KEPT else None

    def count(self, smallest: int) -> int:
        """Read a number of items that take at least ``smallest`` bytes each."""
        count: int = self.number("Q")
        if count > min(MOST_ITEMS, len(self.data) // smallest + 1):
            raise self.damaged(f"{count} entries")
        return count

    def number(self, form: str) -> Any:
        """Read one number in a format of ``struct``, little-endian."""
        return struct.unpack(f"<{form}", self.take(struct.calcsize(f"<{form}")))[0]

    def string(self) -> str:
        """Read one string; bytes that are not UTF-8 become U+FFFD."""
        size: int = self.number("Q")
        return self.take(size).decode("utf-8", "replace")

    def take(self, size: int) -> bytes:
        """Read the next ``size`` bytes."""
        if size > len(self.data) - self.at:
            raise self.damaged("the file ends inside its header")
        self.at += size
        return bytes(self.data[self.at - size : self.at])

    def damaged(self, what: str) -> CheckpointError:
        """Return the error for a header that makes no sense."""
        return CheckpointError(f"model {self.name}: the GGUF file is truncated or damaged ({what}); fetch it again")
