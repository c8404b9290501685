r"""Typeset texts of models as data: math, code, tables and Markdown become elements of a short list of tags.

Markdown is parsed by markdown-it, without raw HTML, links and images. LaTeX between $...$, $$...$$, \(...\) and \[...\]
becomes MathML by latex2mathml, code is coloured by Pygments. Nothing is executed, and a text that cannot be typeset
within the limits stays as it is.
"""

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

from hintree.view.text import visible

Rich = str | list[Any]
"""A text, or an element: its tag, its class, and what it holds; of math also its attributes."""
MARKUP = re.compile(r"\$|\\[(\[]|```|`[^`\n]+`|\*\*|^#{1,6} |^[ \t]*[-*] |^[ \t]*\d+\. |^\|.*\|", re.MULTILINE)
"""Matches markup; a text without any is shown as it is."""
MATH = re.compile(
    r"\$\$(?P<dollars>[^$]{1,2000})\$\$|\\\[(?P<square>(?:[^\\]|\\(?!\])){1,2000})\\\]"
    r"|\\\((?P<round>(?:[^\\]|\\(?!\))){1,2000})\\\)|(?<![\\$\w])\$(?P<dollar>[^$\s](?:[^$\n]{0,500}[^$\s\\])?)\$(?![\w$])"
)
LONGEST = 20_000
"""Characters of a text that is typeset; longer ones stay as they are."""
LONGEST_FORMULA = 1_000
"""Characters of a formula that is typeset."""
MOST_FORMULAS = 200
"""Formulas of a text that are typeset."""
DEEPEST = 40
"""Braces inside each other in a formula that is typeset."""
SLOT = "\ue000{}\ue001"
"""Stands for a formula while Markdown is parsed; ``visible`` escapes these characters in every text."""
INLINE = {"em_open": "em", "strong_open": "strong", "s_open": "s"}
BLOCKS = {
    **{f"{name}_open": tag for name, tag in (("paragraph", "p"), ("bullet_list", "ul"), ("ordered_list", "ol"))},
    **{f"{name}_open": name for name in ("blockquote", "table", "thead", "tbody", "tr", "th", "td")},
    "list_item_open": "li",
    "heading_open": "h3",
}
CODE_CLASSES = (("Comment", "co"), ("String", "st"), ("Number", "nu"), ("Keyword", "kw"))


def typeset(text: str) -> list[Rich] | None:
    """Return the visible text typeset, None where there is nothing to typeset, or the text is too long."""
    if len(text) > LONGEST or not MARKUP.search(text):
        return None
    formulas: list[Rich] = []

    def keep(found: re.Match[str]) -> str:
        source = next(part for part in found.groups() if part is not None)
        block = found["dollars"] is not None or found["square"] is not None
        made = to_math(source, block) if len(formulas) < MOST_FORMULAS else None
        if made is None:
            return found[0]
        formulas.append(made)
        return SLOT.format(len(formulas) - 1)

    shown = MATH.sub(keep, visible(text))
    try:
        return list(blocks(parser().parse(shown), formulas))
    except (ValueError, RecursionError):
        return None


@cache
def parser() -> Any:
    """Return a Markdown parser without raw HTML, links, images and indented code."""
    from markdown_it import MarkdownIt

    made = MarkdownIt("commonmark", {"html": False, "maxNesting": 20}).enable(["table", "strikethrough"])
    return made.disable(["html_block", "html_inline", "link", "image", "autolink", "reference", "code", "lheading"])


def blocks(tokens: Sequence[Any], formulas: Sequence[Rich]) -> Iterator[Rich]:
    """Yield the elements of a document's tokens."""
    whole: list[Rich] = []
    path: list[list[Rich]] = [whole]
    for token in tokens:
        if token.type in BLOCKS:
            made: list[Any] = [BLOCKS[token.type], ""]
            path[-1].append(made)
            path.append(made)
        elif token.nesting < 0:
            path.pop()
        elif token.type == "inline":
            path[-1].extend(inline(token.children or [], formulas))
        elif token.type in ("fence", "code_block"):
            path[-1].append(["pre", "", ["code", "", *highlighted(restored(token.content, formulas), token.info)]])
        elif token.type == "hr":
            path[-1].append(["hr", ""])
    yield from whole


def inline(tokens: Sequence[Any], formulas: Sequence[Rich]) -> list[Rich]:
    """Return the elements of one line's tokens."""
    whole: list[Rich] = []
    path: list[list[Rich]] = [whole]
    for token in tokens:
        if token.type in INLINE:
            made: list[Any] = [INLINE[token.type], ""]
            path[-1].append(made)
            path.append(made)
        elif token.nesting < 0:
            path.pop()
        elif token.type in ("softbreak", "hardbreak"):
            path[-1].append(["br", ""])
        elif token.type == "code_inline":
            path[-1].append(["code", "", restored(token.content, formulas)])
        else:
            path[-1].extend(with_formulas(token.content, formulas))
    return whole


def with_formulas(text: str, formulas: Sequence[Rich]) -> Iterator[Rich]:
    """Yield a text with the formulas in their slots."""
    for k, part in enumerate(re.split(r"\ue000(\d+)\ue001", text)):
        if k % 2:
            yield formulas[int(part)]
        elif part:
            yield part


def restored(text: str, formulas: Sequence[Rich]) -> str:
    """Return a text with the sources of formulas in their slots: code is not math."""
    return re.sub(r"\ue000(\d+)\ue001", lambda found: str(formulas[int(found[1])][1]), text)


def to_math(source: str, block: bool) -> Rich | None:
    """Return a formula as MathML elements, with its source in place of a class; None if it cannot be typeset."""
    if len(source) > LONGEST_FORMULA or source.count("{") > 10 * DEEPEST or depth_of(source) > DEEPEST:
        return None
    try:
        from latex2mathml.converter import convert

        made = as_element(ET.fromstring(convert(source, display="block" if block else "inline")))
    except ImportError:
        return None
    except Exception:  # whatever the converter raises for what is no LaTeX
        return None
    return [made[0], f"${source}$", *made[2:]]


def depth_of(source: str) -> int:
    """Return how many braces are inside each other at most."""
    depth = deepest = 0
    for letter in source:
        depth += (letter == "{") - (letter == "}")
        deepest = max(deepest, depth)
    return deepest


def as_element(element: ET.Element) -> list[Any]:
    """Return an XML element as data: tag, class, attributes, texts and elements."""
    children: list[Rich] = [visible(element.text)] if element.text else []
    for child in element:
        children.append(as_element(child))
    return [element.tag.rpartition("}")[2], "", dict(element.attrib), *children]


def highlighted(code: str, language: str) -> Iterator[Rich]:
    """Yield a program's text with classes for keywords, strings, numbers and comments."""
    from pygments.lexers import get_lexer_by_name
    from pygments.util import ClassNotFound

    try:
        lexer = get_lexer_by_name(language.split()[0] if language.strip() else "python")
    except ClassNotFound:
        yield code
        return
    for kind, text in lexer.get_tokens(code):
        name = next((name for part, name in CODE_CLASSES if f".{part}" in str(kind)), "")
        yield ["span", name, text] if name else text
