"""Render a chat template in a process of its own, under limits on CPU time, memory and output.

A template is a program by strangers. ``templates.py`` runs this file with an isolated interpreter: it reads one JSON
object from standard input (``template``, and ``variables``, one mapping per rendering) and writes a list with an object
per rendering: ``{"text": ...}`` or ``{"error": ...}``. It imports nothing of hintree.
"""

import json
import sys
import time
from typing import Any

from jinja2 import Environment, TemplateError, nodes
from jinja2.ext import Extension, loopcontrols
from jinja2.parser import Parser
from jinja2.sandbox import ImmutableSandboxedEnvironment

CPU_SECONDS, MEMORY_BYTES, OUTPUT_CHARACTERS = 3, 1 << 29, 1_000_000
"""Limits of one process: CPU time, address space, and characters of all renderings."""
DATE = time.strptime("26 Jul 2024", "%d %b %Y")
"""Fixed date in templates, Llama 3's default, so that a prompt does not depend on the day."""


class Generation(Extension):
    """The tag ``generation`` of transformers, which marks the assistant's text: its body is rendered as it is."""

    tags = {"generation"}  # noqa: RUF012

    def parse(self, parser: Parser) -> nodes.Node | list[nodes.Node]:
        """Return the nodes between the tag and its end."""
        next(parser.stream)
        return parser.parse_statements(("name:endgeneration",), drop_needle=True)


def environment() -> Environment:
    """Return the environment that chat templates are written for, in which a template cannot change or call objects."""
    env = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True, extensions=[Generation, loopcontrols])
    env.filters["tojson"] = to_json
    env.globals["raise_exception"] = refuse
    env.globals["strftime_now"] = lambda form: time.strftime(form, DATE)
    return env


def to_json(value: Any, indent: int | None = None, **options: Any) -> str:
    """Return a value as JSON text without escapes for HTML."""
    return json.dumps(value, ensure_ascii=False, indent=indent, **options)


def refuse(message: str) -> None:
    """Raise the error that a template asks for."""
    raise TemplateError(str(message))


def render_all(template: str, renderings: list[dict[str, Any]]) -> list[dict[str, str]]:
    """Return the text or the error of every rendering."""
    try:
        compiled = environment().from_string(template)
    except Exception as error:
        return [{"error": f"{type(error).__name__}: {error}"}] * len(renderings)
    results, left = [], OUTPUT_CHARACTERS
    for variables in renderings:
        try:
            text = "".join(bounded(compiled.generate(**variables), left))
        except MemoryError:  # ends the process, so that the template is not tried again
            raise
        except Exception as error:
            results.append({"error": f"{type(error).__name__}: {error}"[:500]})
        else:
            left -= len(text)
            results.append({"text": text})
    return results


def bounded(pieces: Any, limit: int) -> list[str]:
    """Collect the pieces of a rendering. Raises OverflowError beyond ``limit`` characters."""
    found, size = [], 0
    for piece in pieces:
        size += len(piece)
        if size > limit:
            raise OverflowError(f"it writes more than {OUTPUT_CHARACTERS} characters")
        found.append(piece)
    return found


def limit_resources() -> None:
    """Limit the CPU time and memory of this process, where the system can."""
    try:
        import resource
    except ImportError:  # Windows: the parent's time-out remains
        return
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))


if __name__ == "__main__":
    task = json.load(sys.stdin)
    limit_resources()
    json.dump(render_all(task["template"], task["variables"]), sys.stdout)
