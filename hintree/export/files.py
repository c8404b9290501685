"""Trees into files and out of them, by the file's ending."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from hintree.bounded_files import MEBIBYTE, parse_json, read_bytes
from hintree.errors import UsageError
from hintree.export.diagrams import to_dot
from hintree.export.graphs import from_xml, to_xml
from hintree.export.mermaid import to_mermaid
from hintree.export.outline import to_markdown
from hintree.export.pictures import to_png, to_svg
from hintree.search import choose, from_dict, to_dict
from hintree.search.core.events import events_to_list
from hintree.view.shown_tree import ShownTree
from hintree.view.story import Story
from hintree.whole_files import write_whole


def to_html(solved: ShownTree) -> str:
    """Return the tree as an interactive HTML page."""
    from hintree.view.page import page

    return page([solved])


def data_of(solved: ShownTree) -> dict[str, Any]:
    """Return the tree's plain data, the id of the last step of the chosen path, the story and the events."""
    data = {**to_dict(solved.tree), "chosen": solved.chosen.id}
    if solved.story is not None:
        data["result"] = solved.story.to_dict()
    if solved.tree.events:
        data["events"] = events_to_list(solved.tree.events)
    return data


WRITERS: Mapping[str, Callable[[ShownTree], str | bytes | list[str]]] = {
    ".json": lambda solved: json.dumps(data_of(solved), allow_nan=False).replace("\x7f", r"\u007f") + "\n",
    ".graphml": lambda solved: to_xml(data_of(solved), "graphml"),
    ".gexf": lambda solved: to_xml(data_of(solved), "gexf"),
    ".dot": lambda solved: to_dot(solved.tree, solved.chosen),
    ".mmd": lambda solved: to_mermaid(solved.tree, solved.chosen),
    ".svg": lambda solved: to_svg(solved.tree, solved.chosen),
    ".png": lambda solved: to_png(solved.tree, solved.chosen),
    ".md": lambda solved: to_markdown(solved.tree, solved.chosen),
    ".html": to_html,
}
"""Writers of a tree by the ending of the file; a list of texts is several files."""
READERS = (".json", ".graphml", ".gexf")
"""What a tree can be read from."""
LONGEST = 64 * MEBIBYTE
"""Bytes of a tree's file."""


def render(solved: ShownTree, ending: str) -> bytes:
    """Return the content of a file with this ending.

    Raises:
        UsageError: No tree is written with that ending, or it takes several files.
    """
    parts = render_parts(solved, ending)
    if len(parts) > 1:
        raise UsageError(f"this tree takes {len(parts)} {ending} files; write it to a file, or take .svg or .html")
    return parts[0]


def render_parts(solved: ShownTree, ending: str) -> list[bytes]:
    """Return the contents of the files with this ending that a tree takes: one but for large ones in Mermaid.

    Raises:
        UsageError: No tree is written with that ending.
    """
    if ending not in WRITERS:
        raise UsageError(f"no tree can be written as {ending or 'a file without an ending'}; take {', '.join(WRITERS)}")
    content = WRITERS[ending](solved)
    parts = content if isinstance(content, list) else [content]
    return [part if isinstance(part, bytes) else part.encode() for part in parts]


def write(solved: ShownTree, path: Path) -> list[Path]:
    """Write a tree in the format of the file's ending and return the files: the path, then NAME-2, NAME-3, ...

    Raises:
        UsageError: No tree is written with that ending, or a file cannot be written.
    """
    written = []
    for number, content in enumerate(render_parts(solved, path.suffix), 1):
        target = path if number == 1 else path.with_stem(f"{path.stem}-{number}")
        try:
            write_whole(target, content)
        except OSError as error:
            raise UsageError(f"{target}: cannot be written: {error.strerror}; give another file") from error
        written.append(target)
    return written


def read(path: Path) -> ShownTree:
    """Read the tree of a .json, .graphml or .gexf file; without a chosen path, that of the best score is chosen.

    Raises:
        UsageError: It cannot be read, or is not a tree.
    """
    if path.suffix not in READERS:
        raise UsageError(f"{path}: a tree is read from {', '.join(READERS)}, a run from its folder")
    try:
        source = read_bytes(path, LONGEST)
        data = parse_json(source) if path.suffix == ".json" else from_xml(source, path.suffix[1:])
        tree = from_dict(data)
        story = Story.from_dict(data["result"]) if data.get("result") is not None else None
    except (OSError, ValueError) as error:
        raise UsageError(f"{path} cannot be read as a tree: {error}") from error
    last = data.get("chosen")
    chosen = tree.nodes[last] if isinstance(last, int) and 0 <= last < len(tree) else choose(tree).node
    return ShownTree(tree, chosen, path.stem, story)
