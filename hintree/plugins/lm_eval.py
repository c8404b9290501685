"""hintree as a model of lm-evaluation-harness: ``python -m hintree.plugins.lm_eval --model hintree --tasks TASK``.

The harness finds models of other packages only once they are imported, so this module is run in its place: it
registers the model, and then is the harness's own command line.

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
from hintree.serve.responses import cut, text_of
from hintree.solver import Solver

LIVE = 64
"""Questions that are solved together."""


@register_model("hintree")
class HintreeLM(LM):
    """A preset that answers the questions of a task; the whole context is the question.

    Of a task's generation settings only ``until`` is heeded: how texts are drawn is the preset's, and ``max_gen_toks``
    is made for one text, not for a search; limit that with ``budget``.

    Args:
        preset: Its name.
        budget: Such as "tokens=4000"; with several limits, separated by semicolons.
        batch_size, max_batch_size: Of the harness; not used.
        options: Further options of ``Solver``, such as reasoner, scorer, seed or device.
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
        """The solution of every request's context, cut at the task's stop texts."""
        solutions = self.solver.solve_many([r.args[0] for r in requests], live=LIVE, progress=not disable_tqdm)
        texts = []
        for request, solution in zip(requests, solutions, strict=True):
            stops = request.args[1].get("until") or ()
            texts.append(cut(text_of(solution), [stops] if isinstance(stops, str) else stops))
            self.cache_hook.add_partial("generate_until", request.args, texts[-1])
        return texts

    def loglikelihood(self, requests: Sequence[Instance], disable_tqdm: bool = False) -> list[tuple[float, bool]]:
        """Raises UsageError: a search has no likelihood."""
        raise UsageError("hintree answers questions and rates no given text: take tasks of type generate_until")

    def loglikelihood_rolling(self, requests: Sequence[Instance], disable_tqdm: bool = False) -> list[float]:
        """Raises UsageError: a search has no likelihood."""
        raise UsageError("hintree answers questions and rates no given text: take tasks of type generate_until")


if __name__ == "__main__":
    cli_evaluate()
