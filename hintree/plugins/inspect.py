"""hintree as a model provider of Inspect: ``inspect eval TASK --model hintree/PRESET``.

The entry point ``inspect_ai`` of this package lets Inspect find it. All samples that are asked at once are solved in
one batch.

Example runs:
    inspect eval task.py --model hintree/hintree
    inspect eval task.py --model hintree/beam -M seed=1 --max-connections 64
"""

import asyncio
from typing import Any

from inspect_ai.model import (
    ChatCompletionChoice,
    ChatMessage,
    ChatMessageAssistant,
    GenerateConfig,
    ModelAPI,
    ModelOutput,
    ModelUsage,
    modelapi,
)
from inspect_ai.tool import ToolChoice, ToolInfo

from hintree.errors import UsageError
from hintree.search import Budget
from hintree.serve.engine import Engine, Event, Job
from hintree.serve.responses import cut, finish, text_of, usage
from hintree.serve.solvers import drawn_with
from hintree.solver import Solution, Solver, check_question

LIVE = 64
"""Questions that are solved together."""


@modelapi(name="hintree")
def hintree() -> type[ModelAPI]:
    """The provider ``hintree``; a model is the name of a preset."""
    return HintreeAPI


class HintreeAPI(ModelAPI):
    """A preset that answers the last message of the user; earlier messages are not read.

    Of the generation settings temperature, top_p, seed, max_tokens (of all roles together) and stop_seqs are heeded.

    Args:
        model_name: The preset's name.
        base_url, api_key: Of Inspect; not used.
        config: Default settings.
        options: Further options of ``Solver``, such as reasoner, scorer, seed or device.
    """

    def __init__(
        self,
        model_name: str,
        base_url: str | None = None,
        api_key: str | None = None,
        config: GenerateConfig | None = None,
        **options: Any,
    ) -> None:
        super().__init__(model_name, base_url, api_key, [], config or GenerateConfig())
        self.solver = Solver(model_name, **options)
        self.engine = Engine(LIVE, 10**9)
        self.engine.thread.start()

    async def generate(
        self, input: list[ChatMessage], tools: list[ToolInfo], tool_choice: ToolChoice, config: GenerateConfig
    ) -> ModelOutput:
        """Solve one question, together with all that are asked meanwhile."""
        if tools:
            raise UsageError("hintree calls no tools: take a solver without tools")
        if not input or input[-1].role != "user":
            raise UsageError("the last message is not the user's: let it be the whole question")
        loop = asyncio.get_running_loop()
        line: asyncio.Queue[Event] = asyncio.Queue()

        def tell(event: Event) -> None:
            loop.call_soon_threadsafe(line.put_nowait, event)

        solver = drawn_with(self.solver, config.temperature, config.top_p)
        seed = solver.seed if config.seed is None else config.seed
        budget = Budget(tokens=config.max_tokens)
        job = Job(solver, check_question(input[-1].text), seed, budget, tell)
        self.engine.submit(job)
        try:
            solution = await line.get()
        finally:
            self.engine.cancel(job)
        if not isinstance(solution, Solution):
            raise solution if isinstance(solution, Exception) else AssertionError
        return self._output(solution, config.stop_seqs or [])

    def _output(self, solution: Solution, stops: list[str]) -> ModelOutput:
        text, cost = cut(text_of(solution), stops), usage(solution.ledger)
        message = ChatMessageAssistant(content=text, model=self.model_name, source="generate")
        reason = "max_tokens" if finish(solution) == "length" else "stop"
        return ModelOutput(
            model=self.model_name,
            choices=[ChatCompletionChoice(message=message, stop_reason=reason)],
            usage=ModelUsage(
                input_tokens=cost["prompt_tokens"],
                output_tokens=cost["completion_tokens"],
                total_tokens=cost["total_tokens"],
            ),
            metadata={"answer": solution.answer, "confidence": solution.confidence, "ended": solution.stop_reason},
        )

    async def aclose(self) -> None:
        """Let the engine end."""
        self.engine.close()

    def max_connections(self) -> int:
        """Samples that are asked at once."""
        return LIVE
