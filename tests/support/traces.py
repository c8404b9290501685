"""A language model that writes a fixed trace, wherever it is asked to go on."""

import re

from hintree.models import Completion, Usage
from hintree.models.stops import find_ending
from hintree.policies import Sampling, StepWriter
from hintree.search import Problem, StepRequest, Tree
from hintree.search.core.loops import before_loop


def grow_path(model, protocol, most):
    """Write steps of one solution until it ends or the tree has ``most`` nodes; return its path."""
    writer = StepWriter(model, Sampling(), protocol=protocol)
    tree = Tree(Problem("How many apples?"))
    node = tree.root
    while node.status == "open" and len(tree) < most:
        [response] = writer([StepRequest(tree, node)])
        node = tree.add(node, response.value, "reasoner")
    return node.path()


class TraceModel:
    """Continue one trace: what follows the part of it that the prompt's assistant turn holds already.

    Tokens are words with the blanks before them. Text that is not in the trace, such as a thought that was ended by
    force, is answered with ``after_force``.
    """

    chat, parameters, name = True, 7, "trace"
    continues_thoughts = True

    def __init__(self, trace, style=None, after_force="The answer is 18."):
        self.trace, self.thinking, self.after_force, self.usage, self.requests = trace, style, after_force, Usage(), []

    def unknown_words(self, text):
        return []

    def generate(self, requests):
        self.requests += requests
        return [self.continued(request) for request in requests]

    def continued(self, request):
        begun = request.prompt.assistant
        rest = self.trace[len(begun) :] if self.trace.startswith(begun) else self.after_force
        words = re.findall(r"\s*\S+|\s+\Z", rest)
        text = "".join(words[: request.max_tokens])
        ending = find_ending(text, request, len("".join(words[: max(0, request.min_tokens - 1)])))
        if ending is not None:
            return self.completion(text[: ending.kept], "stop", text[: ending.end], ending.stop)
        if len(words) <= request.max_tokens:
            return self.completion(text, "end", text)
        if (kept := before_loop(text, request.repeats)) is not None:
            return self.completion(kept, "loop", text)
        return self.completion(text, "length", text)

    def completion(self, text, ended, written, stop=""):
        tokens = len(re.findall(r"\S+|\s+\Z", written)) or 1
        return Completion(text, ended, (0.9,) * tokens, (0.1,) * tokens, Usage(1, 9, 9, tokens), stop)
