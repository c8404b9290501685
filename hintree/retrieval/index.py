"""Indexes on disk: a folder with a manifest, the passages, and BM25 scores or vectors."""

import json
import logging
import shutil
import tempfile
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from tqdm.auto import tqdm

from hintree.bounded_files import MEBIBYTE, read_json
from hintree.errors import ModelError, RetrieverError, UsageError
from hintree.retrieval.bm25 import BM25Builder, BM25Searcher
from hintree.retrieval.dense import DenseBuilder, DenseSearcher, Encoder
from hintree.retrieval.passages import PassageFile, PassageWriter
from hintree.retrieval.sources import PassageSource
from hintree.search.core.actions import Passage

log = logging.getLogger(__name__)
MANIFEST = "index.json"
FORMAT, VERSION = "hintree-index", 1
KINDS = ("bm25", "dense")


def build_index(
    source: PassageSource,
    out: Path,
    *,
    dense: str = "",
    device: str = "auto",
    dtype: str = "auto",
    progress: bool = True,
) -> dict[str, Any]:
    """Write an index of a source's passages, and return its manifest.

    The index takes its place when it is complete. Passages that were cut are counted in the manifest and in a warning.

    Args:
        source: Folder or file of passages.
        out: Folder of the index, which must not exist.
        dense: Embedding model, a folder or a hub id; "" for BM25.
        device: Device of the embedding model.
        dtype: Its number format.
        progress: Show a progress bar on standard error.

    Raises:
        UsageError: The source cannot be read or holds no passage, or ``out`` exists.
        ModelError: The embedding model cannot be loaded.
        OSError: The index cannot be written.
    """
    if out.exists():
        raise UsageError(f"--out {out} exists; name a new folder, so that no index is lost")
    encoder = open_encoder(dense, device, dtype) if dense else None
    out.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=f".{out.name[:99]}.", dir=out.parent))
    try:
        found = write_index(source, draft, encoder, progress=progress)
        draft.chmod(0o755)
        draft.replace(out)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise
    if found["cut"]:
        log.warning("%s: %d passages were cut at their longest length", source.path, found["cut"])
    return found


def write_index(source: PassageSource, folder: Path, encoder: Encoder | None, *, progress: bool) -> dict[str, Any]:
    """Write all files of an index into a folder, and return its manifest; raises as ``build_index`` does."""
    builder = BM25Builder() if encoder is None else DenseBuilder(folder, encoder)
    cut, names = 0, set[str]()
    with PassageWriter(folder) as writer:
        for found in tqdm(source.read(), desc="reading passages", unit="passage", disable=not progress):
            if not found.text:
                continue
            name = found.name if found.name not in names else f"{found.name}~{writer.count + 1}"
            names.add(name)
            writer.add(name, found.text)
            builder.add(found.text)
            cut += found.cut
        writer.finish()
    if not writer.count:
        raise UsageError(f"{source.path}: holds no passage; give a folder of texts, or rows with a text")
    builder.save(folder, progress=progress)
    manifest: dict[str, Any] = {"format": FORMAT, "version": VERSION, "kind": "bm25", "passages": writer.count}
    if encoder is None:
        manifest["bm25s"] = version("bm25s")
    else:
        manifest |= {"kind": "dense", "model": encoder.name}
    manifest |= {"cut": cut, "sha256": writer.digest}
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")
    return manifest


def open_encoder(name: str, device: str, dtype: str) -> Encoder:
    """Load an embedding model. Raises UsageError or ModelError."""
    from hintree.models.local.encoder import TextEncoder

    return TextEncoder(name, device=device, dtype=dtype)


class Index:
    """An index that is open for look-ups.

    Args:
        folder: The index.
        device: Device of the embedding model of a dense index.
        dtype: Its number format.

    Raises:
        UsageError: A package is not installed.
        RetrieverError: It is no index, of another version, damaged, or made by another model.
        ModelError: The embedding model cannot be loaded.
    """

    seconds: None = None  # a call has no limit: it computes here

    def __init__(self, folder: Path, *, device: str = "auto", dtype: str = "auto") -> None:
        self.folder = folder
        self.manifest = read_manifest(folder)
        self.passages = PassageFile(folder)
        count = len(self.passages)
        if count != self.manifest["passages"]:
            raise RetrieverError(
                f"index {folder}: holds {count} passages, not {self.manifest['passages']}; make it again"
            )
        self.encoder: Encoder | None = None
        self._searcher: BM25Searcher | DenseSearcher
        if self.manifest["kind"] == "bm25":
            self._searcher = BM25Searcher(folder, count)
        else:
            self.encoder = open_encoder(self.manifest["model"], device, dtype)
            self._searcher = DenseSearcher(folder, count, self.encoder, self.passages.passage(0, 0.0).text)

    @property
    def name(self) -> str:
        """Return the path of the index."""
        return str(self.folder)

    @property
    def parameters(self) -> int:
        """Return the weights of the embedding model; 0 for BM25."""
        return self.encoder.parameters if self.encoder else 0

    def count_tokens(self, query: str) -> int:
        """Return the tokens that the embedding model reads for a query; 0 for BM25."""
        return self.encoder.count_tokens(query) if self.encoder else 0

    def search(self, queries: Sequence[str], k: int) -> list[list[Passage] | RetrieverError]:
        """Return at most ``k`` passages for each query, best first; its error for one that cannot be encoded.

        Raises:
            RetrieverError: The index is damaged.
        """
        return [self._found(query, k) for query in queries]

    def _found(self, query: str, k: int) -> list[Passage] | RetrieverError:
        """Return the passages of one query, or its error."""
        try:
            [row] = self._searcher.search([query], k)
        except ModelError as error:
            return RetrieverError(str(error))
        return [self.passages.passage(number, score) for number, score in row]


def read_manifest(folder: Path) -> dict[str, Any]:
    """Return the manifest of an index. Raises RetrieverError if there is none, or of another form or version."""
    try:
        found = read_json(folder / MANIFEST, MEBIBYTE)
    except (OSError, ValueError) as error:
        raise RetrieverError(
            f"index {folder}: cannot be opened ({error}); `hintree index FOLDER --out {folder}` makes one"
        ) from error
    if not isinstance(found, dict) or found.get("format") != FORMAT:
        raise RetrieverError(f"index {folder}: {MANIFEST} is not of an index of hintree")
    if found.get("version") != VERSION:
        raise RetrieverError(
            f"index {folder}: is of version {str(found.get('version'))[:20]}, and this hintree reads {VERSION}; make "
            "it again with `hintree index`"
        )
    named = found.get("kind") != "dense" or isinstance(found.get("model"), str)
    if found.get("kind") not in KINDS or not isinstance(found.get("passages"), int) or not named:
        raise RetrieverError(f"index {folder}: {MANIFEST} is damaged; make it again with `hintree index`")
    return found


def passages_digest(name: str) -> str | None:
    """Return the SHA-256 of the passages of a retriever's index by its name; None for a search service or a graph.

    Raises:
        RetrieverError: The index is of another form or version.
    """
    folder = Path(name.partition("?")[0])
    known = read_manifest(folder).get("sha256") if (folder / MANIFEST).is_file() else None
    return known if isinstance(known, str) else None
