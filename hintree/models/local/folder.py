"""Check the folder of a model before a library opens it: it may come from a stranger.

Nothing outside the folder is opened, except the files of a Hugging Face cache that its links name. JSON has limits on
size, depth and values. The sizes that config.json states are compared with the weights that are there.
"""

import re
from collections.abc import Iterator, Mapping
from math import prod
from pathlib import Path
from typing import Any, NamedTuple

from hintree.bounded_files import MEBIBYTE, parse_json, read_json
from hintree.errors import CheckpointError
from hintree.models.local.tokenizer_check import try_tokenizer

INDEX, WEIGHTS, CONFIG, TOKENIZER = (
    "model.safetensors.index.json",
    "model.safetensors",
    "config.json",
    "tokenizer_config.json",
)
HOME = Path(__file__).parents[1] / "embedded"
"""Folder of the shipped models, whose tokenizers are not tried."""
TEXTS = ("*.json", "*.jinja", "*.model", "*.txt")
"""Files of a model on the hub that are fetched before its weights."""
PARSED = (CONFIG, "generation_config.json", TOKENIZER, "special_tokens_map.json", "added_tokens.json", INDEX)
"""JSON files that the loader parses in this process."""
READ = (".json", ".jinja", ".safetensors", ".model", ".txt", ".yaml", ".tiktoken")
"""Endings of the files that are read."""
MODULES, SUBFOLDERS = "modules.json", ("additional_chat_templates", "1_Pooling")
"""List of the parts of an embedding model, which may be folders, and other folders of a model that are read."""
MOST_FILES = 10_000
LONGEST_JSON, LONGEST_FILE = 16 * MEBIBYTE, 256 * MEBIBYTE
"""Bytes of a file that is parsed here, and of any other file but weights."""
LONGEST_HEADER = 100_000_000
"""Bytes of the header of a safetensors file, as the format limits them."""
MOST_PER_BYTE = 2
"""Values of a tensor in one byte; formats of 4 bits have two."""
LISTED = re.compile(r"layer|label|expert|^n(um)?_")
"""Settings that count what the configuration lists one by one."""
MOST_LISTED, LARGEST = 1_000_000, 2**40
"""Largest value of such a setting, but for contexts and sizes, and of any other."""
SIZES = re.compile(r"position|ctx|context|size|length|dim|param|token|vocab|word|embed|seq")
"""Settings that are sizes, whatever else is in their names."""


class StoredWeights(NamedTuple):
    """The weights of a folder: number of tensors, of values, and of bytes, by the headers of its files."""

    tensors: int
    values: int
    bytes: int
    quantized: bool


def check_folder(folder: Path, name: str, *, fetched: bool = True) -> StoredWeights | None:
    """Check the files that a library would read, and return what the weights hold; None for a folder without config.

    Args:
        folder: Folder of the model.
        name: Names the model in errors.
        fetched: False before the weights are fetched from the hub, which may then be missing.

    Raises:
        CheckpointError: A file is outside the folder, too long, no JSON of its kind, or states sizes that no model has;
            or the tokenizer ends the process that opens it.
    """
    files = list(read_files(folder, name))
    if not (folder / CONFIG).is_file():
        return None
    for path in files:
        if path.suffix != ".safetensors" and path.stat().st_size > LONGEST_FILE:
            raise refused(name, path.name, f"has more than {LONGEST_FILE // MEBIBYTE} MiB")
    parsed = {path.name: object_of(path, name) for path in files if path.parent == folder and path.name in PARSED}
    if (folder / "adapter_config.json").is_file():
        raise CheckpointError(
            f"model {name}: the folder holds an adapter, whose base model is elsewhere; merge it into its model, as "
            "PEFT's merge_and_unload does, and name the folder of the whole model"
        )
    for file in shards(parsed.get(INDEX, {}), name):
        if fetched and not (folder / file).is_file():
            raise refused(name, INDEX, f"names {file[:60]!r}, which is missing")
    check_names(parsed.get(TOKENIZER, {}), name)
    check_config(parsed[CONFIG], name)
    if folder.resolve().parent != HOME.resolve():
        try_tokenizer(folder, name)
    weights = [stored_weights(path, name) for path in files if path.parent == folder and path.suffix == ".safetensors"]
    tensors, values, size = (sum(part) for part in zip((0, 0, 0), *weights, strict=True))
    return StoredWeights(tensors, values, size, "quantization_config" in parsed[CONFIG])


def read_files(folder: Path, name: str) -> Iterator[Path]:
    """Yield the regular files of a folder that may be read. Raises CheckpointError for one that is outside it."""
    allowed = [folder.resolve()]
    if folder.resolve().parent.name == "snapshots":  # of the Hugging Face cache, whose files are links to blobs
        allowed.append(folder.resolve().parents[1] / "blobs")
    for number, path in enumerate(listed(folder, name)):
        if number > MOST_FILES:
            raise CheckpointError(f"model {name}: the folder holds more than {MOST_FILES} files; name a model's own")
        if path.suffix not in READ or not path.is_file():
            continue
        if not any(path.resolve().is_relative_to(place) for place in allowed):
            raise refused(name, path.name, "is a link to a file outside the folder")
        yield path


def listed(folder: Path, name: str) -> Iterator[Path]:
    """Yield what a folder of a model holds, and then what those of its own folders hold that are read."""
    yield from folder.iterdir()
    for part in (*SUBFOLDERS, *module_folders(folder, name)):  # read here, after the caller has checked its list
        yield from (folder / part).glob("*")


def module_folders(folder: Path, name: str) -> list[str]:
    """Return the folders that the modules of an embedding model name. Raises CheckpointError for one elsewhere."""
    path = folder / MODULES
    if not path.is_file():
        return []
    try:
        parts = [str(module["path"]) for module in read_json(path, LONGEST_JSON)]
    except (OSError, ValueError, LookupError, TypeError) as error:
        raise refused(name, MODULES, f"is no list of modules: {str(error)[:100]}") from error
    for part in filter(None, parts):
        if not is_plain(part):
            raise refused(name, MODULES, f"names a folder elsewhere: {part[:60]!r}")
    return sorted({*filter(None, parts)} - {*SUBFOLDERS})


def object_of(path: Path, name: str) -> dict[str, Any]:
    """Return the object of a JSON file. Raises CheckpointError."""
    try:
        found = read_json(path, LONGEST_JSON)
    except (OSError, ValueError) as error:
        raise refused(name, path.name, f"cannot be read as JSON: {str(error)[:200]}") from error
    if not isinstance(found, dict):
        raise refused(name, path.name, "holds no JSON object")
    return found


def shards(index: Mapping[str, Any], name: str) -> list[str]:
    """Return the files that an index names. Raises CheckpointError unless they are safetensors files of its folder."""
    places = index.get("weight_map", {})
    if not isinstance(places, dict) or not isinstance(index.get("metadata", {}), dict):
        raise refused(name, INDEX, "holds no map of tensors to files")
    files = sorted(set(map(str, places.values())))
    for file in files:
        if not is_plain(file) or not file.endswith(".safetensors"):
            raise refused(name, INDEX, f"names {file[:60]!r}, which is no safetensors file of the folder")
    return files


def weight_files(folder: Path, name: str) -> list[str]:
    """Return the names of the files of weights that a folder without them needs. Raises CheckpointError."""
    index = folder / INDEX
    return shards(object_of(index, name), name) if index.is_file() else [WEIGHTS]


def check_names(settings: Mapping[str, Any], name: str) -> None:
    """Raise CheckpointError for a setting of a tokenizer that names a file elsewhere."""
    for key, value in settings.items():
        values = value if isinstance(value, list) else [value]
        if "file" in key and any(isinstance(file, str) and not is_plain(file) for file in values):
            raise refused(name, TOKENIZER, f"names a file elsewhere: {key[:40]!r} is {str(value)[:60]!r}")


def is_plain(file: str) -> bool:
    """Return True for the name of a file without a folder."""
    return bool(file) and file not in (".", "..") and not {"/", "\\", "\0", ":"} & set(file)


def check_config(config: Mapping[str, Any], name: str) -> None:
    """Raise CheckpointError for a number that no model has, and for code of another place.

    Args:
        config: Content of config.json, or a part of it.
        name: Names the model in errors.
    """
    for key, value in config.items():
        if isinstance(value, dict):
            check_config(value, name)
        elif "attn_implementation" in key and isinstance(value, str) and "/" in value:
            raise refused(name, CONFIG, f"names code on the hub: {key} is {value[:60]!r}")
        elif isinstance(value, int) and abs(value) > most_of(key):
            raise refused(name, CONFIG, f"states {key[:40]}={value}, more than any model has")


def most_of(key: str) -> int:
    """Return the largest value of a setting of config.json."""
    return MOST_LISTED if LISTED.search(key) and not SIZES.search(key) else LARGEST


def stored_weights(path: Path, name: str) -> tuple[int, int, int]:
    """Return the numbers of tensors, values and bytes of a safetensors file. Raises CheckpointError."""
    try:
        with path.open("rb") as file:
            size = int.from_bytes(file.read(8), "little")
            if size > min(LONGEST_HEADER, path.stat().st_size - 8):
                raise ValueError("its header ends beyond the file")
            header = parse_json(file.read(size))
        shapes = [entry["shape"] for key, entry in header.items() if key != "__metadata__"]
        values = sum(prod(map(checked_length, shape)) for shape in shapes)
        if values > MOST_PER_BYTE * path.stat().st_size:
            raise ValueError("its header states more values than the file holds")
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
        raise refused(name, path.name, f"is damaged: {str(error)[:100]}") from error
    return len(shapes), values, path.stat().st_size


def checked_length(length: Any) -> int:
    """Return one dimension of a tensor. Raises ValueError if it is none."""
    if not isinstance(length, int) or not 0 <= length <= LARGEST:
        raise ValueError("a shape is no list of lengths")
    return length


def refused(name: str, file: str, reason: str) -> CheckpointError:
    """Return the error for a file of a folder."""
    return CheckpointError(f"model {name}: {file} {reason}; fetch the model again, from a source that you trust")
