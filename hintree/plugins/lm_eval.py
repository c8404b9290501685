"""hintree as a model of lm-evaluation-harness: ``python -m hintree.plugins.lm_eval --model hintree --tasks TASK``.

The harness finds models of other packages only after their import, so run this module instead of it: it registers the
model and then runs the harness's own command line.

Example runs:
    python -m hintree.plugins.lm_eval --model hintree --tasks lab --include_path . --log_samples --output_path out
    python -m hintree.plugins.lm_eval --model hintree --model_args preset=beam,seed=1 --tasks lab --include_path .
"""

from collections.abc import Sequence
from typing import Any

from lm_eval.__main__ import cli_evaluate
from lm_eval.api.instance import Instance
from lm_eval.api.model import LM
from lm_eval.api.registry import register_model

from hintree.errors import UsageError
from hintree.search import Budget
from hintree.serve.responses import cut, solution_text
from hintree.solver import Solver

LIVE = 64
"""Maximum number of concurrent searches."""


@register_model("hintree")
class HintreeLM(LM):
    """Solve the questions of a task with a preset; the whole context is the question.

    Of a task's generation settings only ``until`` is used: the preset determines the sampling, and ``max_gen_toks``
    limits one text, not a search, for which ``budget`` is the limit.

    Args:
        preset: Name of the preset.
        budget: Limits of each search, such as "tokens=4000", separated by semicolons.
        batch_size, max_batch_size: Arguments of the harness, not used.
        options: Further arguments of ``Solver``, such as reasoner, scorer, seed or device.
    """

    def __init__(
        self,
        preset: str = "hintree",
        budget: str = "",
        batch_size: Any = None,
        max_batch_size: Any = None,
        **options: Any,
    ) -> None:
        super().__init__()
        self.solver = Solver(preset, budget=Budget.parse(budget.replace(";", ",")), **options)

    def generate_until(self, requests: Sequence[Instance], disable_tqdm: bool = False) -> list[str]:
        """Return the solution of every request's context, cut at the task's stop texts."""
        solutions = self.solver.solve_many([r.args[0] for r in requests], live=LIVE, progress=not disable_tqdm)
        texts = []
        for request, solution in zip(requests, solutions, strict=True):
            stops = request.args[1].get("until") or ()
            texts.append(cut(solution_text(solution), [stops] if isinstance(stops, str) else stops))
            self.cache_hook.add_partial("generate_until", request.args, texts[-1])
        return texts

    def loglikelihood(self, requests: Sequence[Instance], disable_tqdm: bool = False) -> list[tuple[float, bool]]:
        """Raise UsageError, as a search has no likelihood."""
        raise UsageError("hintree answers questions and has no likelihood of a text: take tasks of type generate_until")

    def loglikelihood_rolling(self, requests: Sequence[Instance], disable_tqdm: bool = False) -> list[float]:
        """Raise UsageError, as a search has no likelihood."""
        raise UsageError("hintree answers questions and has no likelihood of a text: take tasks of type generate_until")


if __name__ == "__main__":
    cli_evaluate()
