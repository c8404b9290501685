"""Scripted handlers: without a model, every response depends on the request alone, and each handler counts its cost.

Steps are written as short texts: "x=7" ends the solution with the answer 7, "x!" ends it without an answer, "x~" was
cut by the length limit, anything else is a complete step. A node is written as the steps of its path joined by "/".
"""

from functools import reduce

from hintree.search import (
    Beam,
    Handler,
    Hint,
    HintKind,
    HintOutput,
    Problem,
    Response,
    StepOutput,
    StrategyRequest,
    Tree,
    Usage,
    batched_driver,
    to_dict,
)
from hintree.search.core.actions import Yield
from hintree.search.core.seeds import seed_of

PARAMETERS = {"reasoner": 10, "hinter": 5, "teacher": 100, "scorer": 20}


def written(text, *, tokens=3, sure=0.9):
    answer = text.partition("=")[2] or None
    ended = "end" if answer or text.endswith("!") else "length" if text.endswith("~") else "delimiter"
    return StepOutput(text, ended, tokens, sure, sure / 2, round(1 - sure, 2), answer)


def trail(node):
    return "/".join(n.step.text for n in node.path())


class Scripted:
    """Handle every request by ``reply(request)``; an exception that it returns is passed on in place of a response.

    batches: The requests of every call.
    costs: The cost of every call.
    """

    def __init__(self, reply):
        self.reply = reply
        self.batches = []
        self.costs = []

    def __call__(self, requests):
        self.batches.append(list(requests))
        self.costs.append(Usage())
        return [self.one(request) for request in requests]

    def one(self, request):
        value = self.reply(request)
        if isinstance(value, Exception):
            return value
        read = 5 + len(trail(request.node))
        usage = Usage(1, read, 1 + read // 2, getattr(value, "tokens", 0))
        self.costs[-1] = self.costs[-1].plus(usage)
        return Response(value, usage)

    def usage(self):
        """Return the cost of all responses together."""
        return reduce(Usage.plus, self.costs, Usage())

    def requests(self):
        """Return every request, in order."""
        return [request for batch in self.batches for request in batch]


def steps(lines):
    """Write steps from {path: texts by index}; the reasoner's rewrites are listed under the path and "?"."""

    def reply(request):
        retry = bool(request.position.stages)
        texts = lines[trail(request.node) + ("?" if retry and request.author == "reasoner" else "")]
        text = texts[0 if retry else request.index]
        return text if isinstance(text, Exception) else written(text)

    return Scripted(reply)


def scores(by_place, other=0.5):
    """Score nodes from {path: score}."""
    return Scripted(lambda request: by_place.get(trail(request.node), other))


def hints(*texts):
    """Write the hints in turn, by position."""

    def reply(request):
        level = sum(1 << stage for stage in request.position.stages)
        return HintOutput(Hint(texts[(level + request.position.sibling) % len(texts)]), 2)

    return Scripted(reply)


def random_step(request, *, odd=True):
    """Return a pseudo-random step; with ``odd``, some are empty, repeated or cut. A critique finds something."""
    draw = seed_of(request.seed, None if request.hint is None else str(request.hint))
    depth, draw = request.node.depth, draw // 7
    text = f"{request.author[0]}{depth}{'abcde'[draw % 5]}"
    kind = draw // 5 % 12
    if odd and kind == 0:
        text = ""
    elif odd and kind == 1 and depth:
        text = request.node.step.text
    elif odd and kind == 2:
        text += "~"
    elif draw // 60 % 6 < depth:
        text += f"={draw // 360 % 3}"
    step = written(text, tokens=1 + draw % 4, sure=(1 + draw % 98) / 100)
    criticises = request.action is not None and request.action.yields is Yield.CRITIQUE
    return step._replace(ended="delimiter") if criticises else step


def random_score(request):
    """Return a pseudo-random score that depends on the path alone."""
    return seed_of(request.tree.problem.id, trail(request.node)) % 1001 / 1000


def random_teacher(request):
    """Return a pseudo-random step that is never odd, or pseudo-random strategies, the last of them unknown."""
    if isinstance(request, StrategyRequest):
        return (*(Hint(f"s{request.seed % 7 + i}", HintKind.STRATEGY) for i in range(1, request.tracks)), None)
    return random_step(request, odd=False)


def random_roles(*, odd=True):
    """Return pseudo-random handlers of all four roles."""
    return {
        "reasoner": Scripted(lambda request: random_step(request, odd=odd)),
        "hinter": Scripted(lambda request: HintOutput(Hint(f"h{request.seed % 3}"), 2)),
        "teacher": Scripted(random_teacher),
        "scorer": Scripted(random_score),
    }


def handlers(roles):
    return {role: Handler(who, PARAMETERS[role]) for role, who in roles.items()}


def problems(count):
    return [Problem(f"question {i}", f"p{i}") for i in range(count)]


def solve(roles, search=None, rule=None, *, count=1, order=1, budget=None, live=64, seed=0):
    """Return the runs of ``count`` problems by problem id; ``order`` -1 hands them over from the last to the first."""
    search = search or Beam(2, 3, depth=5)
    trees = [Tree(problem, seed) for problem in problems(count)][::order]
    runs = batched_driver(((t, search.grow(t, rule)) for t in trees), handlers(roles), budget=budget, live=live)
    return {run.tree.problem.id: run for run in runs}


def solve_one(roles, search=None, rule=None, **options):
    return solve(roles, search, rule, **options)["p0"]


def trees(runs):
    """Return the trees of runs as plain data, by problem id."""
    return {name: to_dict(run.tree) for name, run in runs.items()}


def find(tree, place):
    """Return the nodes with this path, in order of creation."""
    return [node for node in tree if node.parent is not None and trail(node) == place]
