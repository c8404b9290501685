"""hintree as a model provider of Inspect: ``inspect eval TASK --model hintree/PRESET``.

Inspect finds it through the entry point ``inspect_ai`` of this package. Concurrent samples are solved in one batch.

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
from hintree.serve.engine import Engine, Event, SearchJob
from hintree.serve.responses import cut, finish_reason, solution_text, usage
from hintree.serve.solvers import with_sampling
from hintree.solver import Solution, Solver, check_question, problem_of

LIVE = 64
"""Maximum number of concurrent searches."""


@modelapi(name="hintree")
def hintree() -> type[ModelAPI]:
    """Return the provider ``hintree``, whose models are the presets."""
    return HintreeAPI


class HintreeAPI(ModelAPI):
    """Solve the last message of the user with a preset; earlier messages are ignored.

    Supported generation settings: temperature, top_p, seed, max_tokens (of all roles together) and stop_seqs.

    Args:
        model_name: Name of the preset.
        base_url, api_key: Arguments of Inspect, not used.
        config: Default generation settings.
        options: Further arguments of ``Solver``, such as reasoner, scorer, seed or device.
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
        """Solve one question, in one batch with concurrent ones. Raises UsageError for tools or a conversation."""
        if tools:
            raise UsageError("hintree calls no tools: take a solver without tools")
        if not input or input[-1].role != "user":
            raise UsageError("the last message is not the user's: let it be the whole question")
        loop = asyncio.get_running_loop()
        events: asyncio.Queue[Event] = asyncio.Queue()

        def send(event: Event) -> None:
            loop.call_soon_threadsafe(events.put_nowait, event)

        solver = with_sampling(self.solver, config.temperature, config.top_p)
        seed = solver.seed if config.seed is None else config.seed
        budget = Budget(tokens=config.max_tokens)
        job = SearchJob(solver, problem_of(check_question(input[-1].text)), seed, budget, send)
        self.engine.submit(job)
        try:
            solution = await events.get()
        finally:
            self.engine.cancel(job)
        if not isinstance(solution, Solution):
            raise solution if isinstance(solution, Exception) else AssertionError
        return self._output(solution, config.stop_seqs or [])

    def _output(self, solution: Solution, stops: list[str]) -> ModelOutput:
        text, cost = cut(solution_text(solution), stops), usage(solution.ledger)
        message = ChatMessageAssistant(content=text, model=self.model_name, source="generate")
        reason = "max_tokens" if finish_reason(solution) == "length" else "stop"
        return ModelOutput(
            model=self.model_name,
            choices=[ChatCompletionChoice(message=message, stop_reason=reason)],
            usage=ModelUsage(
                input_tokens=cost["prompt_tokens"],
                output_tokens=cost["completion_tokens"],
                total_tokens=cost["total_tokens"],
            ),
            metadata={"answer": solution.answer, "confidence": solution.confidence, "ended": str(solution.stop_reason)},
        )

    async def aclose(self) -> None:
        """Shut the engine down after its running searches."""
        self.engine.close()

    def max_connections(self) -> int:
        """Return the number of concurrent samples."""
        return LIVE
