"""Bundle the modules of a page into one script, without a package manager.

A module has one-line imports and ``export`` in front of declarations. Every module but the entry becomes a function of
its own, so that private names of two modules never meet; the entry's names are those of the page.
"""

import re
from functools import cache
from importlib.resources import files

HERE = files("hintree.view")
IMPORT = re.compile(r'^import (\{[^}]*\}) from "\./([\w-]+)\.js";$', re.MULTILINE)
EXPORT = re.compile(r"^export (?:const|let|function|class) (\w+)", re.MULTILINE)

COMMENT = re.compile(r"^ */\*\*(?:[^*]|\*(?!/))*\*/\n|^ *//[^\n]*\n", re.MULTILINE)


def source(name: str) -> str:
    """Return the text of a file in this folder, such as "page.css" or "js/tree.js"."""
    return HERE.joinpath(name).read_text(encoding="utf-8")


@cache
def bundle(entry: str) -> str:
    """Return the script of an entry module, such as "app", with all modules that it imports, each before its users."""
    modules: dict[str, str] = {}
    add(entry, modules)
    last = modules.pop(entry)
    parts = [f"modules.{name} = (() => {{\n{text}\n}})();" for name, text in modules.items()]
    return "\n".join(['"use strict";', "const modules = {};", *parts, last])


def add(name: str, modules: dict[str, str]) -> None:
    """Add a module after those that it imports, with its imports and exports rewritten."""
    if name in modules:
        return
    text = source(f"js/{name}.js")
    for _, needed in IMPORT.findall(text):
        add(needed, modules)
    exported = EXPORT.findall(text)
    text = IMPORT.sub(r"const \1 = modules.\2;", text)
    text = re.sub(r"^export (\{\};)?", "", text, flags=re.MULTILINE)
    text = COMMENT.sub("", text)
    modules[name] = f"{text.strip()}\nreturn {{ {', '.join(exported)} }};" if exported else text.strip()
