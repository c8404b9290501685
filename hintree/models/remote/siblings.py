"""Requests that share a prompt, or most of it, are sent so that the server computes the shared part once.

Searches ask for the drafts of a step at the same time. A server that has not seen their prompt would compute it once
for each. So requests that arrive within ``WINDOW`` seconds are planned together, by what the server was seen to do
(``Capabilities.siblings``):

- "together": each is sent at once; the server shares the prompt of requests that run at the same time.
- "n": texts of one family with consecutive numbers are sent as one request with ``n``, which gives text i the seed
  ``s + i``. So each is the text of its own seed, whatever it is grouped with. Groups after the same prompt, such as a
  greedy draft and sampled ones, follow each other, since one slot of llama.cpp holds that prompt. While several
  problems need the slots, groups are smaller, down to single texts: ``n`` would empty the other problems' slots.
- "first": a request for one token computes a prompt, or a prefix that several prompts share; then all are sent.
"""

import asyncio
import json
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from hintree.errors import ModelError
from hintree.models.base import Completion, GenerationRequest
from hintree.models.remote.body import body_of
from hintree.models.remote.capabilities import Capabilities
from hintree.models.remote.prefixes import SeenPrompts, shared_length
from hintree.search.core.ledger import Usage

WINDOW = 0.02
"""Seconds in which requests of several threads are collected; siblings arrive within a few milliseconds."""
SHARED = 60
"""Least number of characters (60 are about 15 tokens) of a new common prefix that is computed first."""
Send = Callable[[Sequence[GenerationRequest]], Awaitable[list[Completion]]]
"""Sends requests that differ in their seeds only, as one request; raises ModelError."""
Prime = Callable[[GenerationRequest], Awaitable[Usage]]
"""Computes the prompt of a request on the server, and returns the cost; raises ModelError."""


@dataclass(eq=False)
class Pending:
    """One request that waits for its completion.

    Attributes:
        request: The request.
        text: Text of its prompt, as the server is given it.
        done: Holds the completion or the error.
        tasks: Tasks on the way to it, innermost last; each is cancelled when all requests that wait for it are.
    """

    request: GenerationRequest
    text: str
    done: asyncio.Future[Completion]
    tasks: list["Shared"] = field(default_factory=list)


@dataclass(eq=False)
class Shared:
    """A task that several requests wait for."""

    task: asyncio.Task[Any]
    waiting: Sequence[Pending]


class SiblingQueue:
    """Plan the requests to one model so that a server computes a shared prompt once; used on one event loop.

    Args:
        capabilities: Returns what the server can do.
        send: Sends requests that differ in their seeds only, as one request.
        prime: Computes the prompt of a request on the server.
    """

    def __init__(self, capabilities: Callable[[], Capabilities], send: Send, prime: Prime) -> None:
        self.capabilities, self.send, self.prime = capabilities, send, prime
        self.seen = SeenPrompts()
        self._arrived: list[Pending] = []
        self._tasks: set[asyncio.Task[Any]] = set()
        self._problems = Counter[tuple[str, str]]()

    async def submit(self, request: GenerationRequest) -> Completion:
        """Return the completion of a request; raises ModelError. A cancelled call gives its request up."""
        text = prompt_text(request, self.capabilities())
        pending = Pending(request, text, asyncio.get_running_loop().create_future())
        self._arrived.append(pending)
        if len(self._arrived) == 1:
            self._start(self._plan_after_window())
        try:
            return await pending.done
        except asyncio.CancelledError:
            pending.done.cancel()
            for shared in pending.tasks:
                if all(other.done.done() for other in shared.waiting):
                    shared.task.cancel()
            raise

    def _start(self, work: Any, waiting: Sequence[Pending] = ()) -> asyncio.Task[Any]:
        """Start a task and keep it; requests that wait for it cancel it when none of them is left."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        for pending in waiting:
            pending.tasks.append(Shared(task, waiting))
        return task

    async def _plan_after_window(self) -> None:
        await asyncio.sleep(WINDOW)
        arrived, self._arrived = self._arrived, []
        problems: dict[tuple[str, str], list[Pending]] = {}
        for pending in arrived:
            if not pending.done.done():
                problems.setdefault(problem_of(pending), []).append(pending)
        for cluster in problems.values():
            self._start(self._send_cluster(cluster), cluster)

    async def _send_cluster(self, cluster: Sequence[Pending]) -> None:
        """Send the requests of one problem."""
        prompts: dict[str, list[Pending]] = {}
        for pending in cluster:
            prompts.setdefault(pending.text, []).append(pending)
        problem = problem_of(cluster[0])
        self._problems[problem] += 1
        try:
            if self.capabilities().siblings == "n":
                await asyncio.gather(*map(self._send_chain, prompts.values()))
            else:
                await self._send_primed(cluster, prompts)
        except Exception as error:
            fail(cluster, error)
        finally:
            self._problems -= Counter([problem])

    async def _send_chain(self, own: Sequence[Pending]) -> None:
        """Send the requests of one prompt in groups of siblings, one group after the other."""
        for group in grouped(own, self.capabilities().choices // len(self._problems)):
            waiting = [pending for pending in group if not pending.done.done()]
            for part in [group] if waiting == group else [[pending] for pending in waiting]:
                await asyncio.wait([self._start(self._send_group(part, Usage()), part)])

    async def _send_primed(self, cluster: Sequence[Pending], prompts: Mapping[str, Sequence[Pending]]) -> None:
        """Send requests after a prefix that several prompts share, and after each prompt of several requests."""
        first, *others = prompts
        spent = await self._prime_shared(cluster, first, others) if others else Usage()
        await asyncio.gather(*(self._send_prompt(own, spent if t == first else Usage()) for t, own in prompts.items()))

    async def _prime_shared(self, cluster: Sequence[Pending], first: str, others: Iterable[str]) -> Usage:
        """Compute a prefix that several prompts share and that is new to the server; return the cost."""
        new = max(shared_length(first, other) for other in others) - self.seen.longest(first)
        return await self._prime(cluster[0], cluster) if new >= SHARED else Usage()

    async def _send_prompt(self, own: Sequence[Pending], spent: Usage) -> None:
        """Send the requests of one prompt; what is new of it is computed before, if there are several."""
        if len(own) > 1 and len(own[0].text) - self.seen.longest(own[0].text) >= SHARED:
            spent = spent.plus(await self._prime(own[0], own))
        self.seen.add(own[0].text)
        alone = [[pending] for pending in own if not pending.done.done()]
        for group, cost in zip(alone, [spent] + [Usage()] * len(alone), strict=False):
            self._start(self._send_group(group, cost), group)

    async def _prime(self, pending: Pending, waiting: Sequence[Pending]) -> Usage:
        """Compute a prompt; an error is left to the requests themselves."""
        task = self._start(self.prime(pending.request), waiting)
        try:
            spent: Usage = await task
        except ModelError:
            return Usage()
        self.seen.add(pending.text)
        return spent

    async def _send_group(self, group: Sequence[Pending], spent: Usage) -> None:
        """Send one group and hand out its completions or its error; the first one bears what was spent before it."""
        try:
            completions = await self.send([pending.request for pending in group])
        except Exception as error:
            fail(group, error)
            return
        for pending, done in zip(group, completions, strict=True):
            if not pending.done.done():
                pending.done.set_result(done._replace(usage=done.usage.plus(spent)))
            spent = Usage()


def prompt_text(request: GenerationRequest, can: Capabilities) -> str:
    """Return the text of a request's prompt, up to the marks of turns."""
    body = body_of(request, can)
    if "prompt" in body:
        return str(body["prompt"])
    fields = json.dumps(body.get("chat_template_kwargs"))
    return fields + "\n".join(f"{turn['role']}:{turn['content']}" for turn in body["messages"])


def problem_of(pending: Pending) -> tuple[str, str]:
    """Return what the prompts about one problem have in common: their system text, and the question."""
    prompt = pending.request.prompt
    return prompt.system, pending.request.group or prompt.user


def fail(group: Iterable[Pending], error: Exception) -> None:
    """Give an error to all requests of a group that wait."""
    for pending in group:
        if not pending.done.done():
            pending.done.set_exception(error)


def grouped(own: Sequence[Pending], at_once: int) -> Iterable[list[Pending]]:
    """Return requests of one prompt in groups of at most ``at_once``: consecutive siblings that differ in their seeds.

    Greedy texts are alone: vLLM refuses several of them in one request.
    """
    alike: dict[GenerationRequest, list[Pending]] = {}
    for pending in own:
        alike.setdefault(replace(pending.request, seed=0, sibling=0), []).append(pending)
    for kind, family in alike.items():
        group: list[Pending] = []
        most = at_once if kind.family and kind.temperature > 0 else 1
        for pending in sorted(family, key=lambda pending: pending.request.sibling):
            if group and (len(group) >= most or pending.request.sibling != group[-1].request.sibling + 1):
                yield group
                group = []
            group.append(pending)
        yield group
