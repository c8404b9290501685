"""Declarations of the known PRM families, and the family of each known model.

A new family is one entry in ``FAMILIES``; docs/scorers.md describes the fields and how a declaration is checked.
"""

from dataclasses import replace
from pathlib import Path

from hintree.bounded_files import read_text
from hintree.errors import UsageError
from hintree.scorers.spec import FILE, PRMSpec, read_spec
from hintree.yaml_file import LONGEST

BOXED = "Please reason step by step, and put your final answer within \\boxed{}."
GRADE_PROMPT = (
    "Problem:\n{question}\n\nSolution so far:\n{steps}\n\nRate the last step of this solution. Look only at whether it "
    "is correct and valid, and answer with one digit from 0 (wrong) to 9 (certainly right)."
)
YES_NO_PROMPT = (
    "Problem:\n{question}\n\nSolution so far:\n{steps}\n\nIs the last step of this solution correct? "
    "Answer with Yes or No."
)
MED_PRM_SYSTEM = (
    "You are an evaluator assessing the logicality and validity of the reasoning in each step of the given "
    "explanation. In order to support the evaluation, the relevant documents, the question, and the explanation are "
    "provided sequentially. If the reasoning contains errors, output - after that step. If the reasoning in a step is "
    "logical and valid, output + after that step. "
)

FAMILIES = {
    "trl": PRMSpec(source="TRL's PRMTrainer (trl.experimental.prm): token classification, the last label is right"),
    "lab": PRMSpec(prompt="{question}\n", source="hintree's lab: TRL's format with a line break after the question"),
    "qwen-math-prm": PRMSpec(
        layout="solution",
        system=BOXED,
        separator="<extra_0>",
        head="tensors",
        tensors="score",
        right=(1,),
        source="Qwen2.5-Math-PRM, arXiv 2501.07301: two linear layers, read at <extra_0>",
    ),
    "skywork": PRMSpec(
        prompt="{question}\n",
        flatten=True,
        head="tensors",
        tensors="v_head",
        activation="sigmoid",
        source="Skywork-o1-Open-PRM: a value head, read at the line break after each step",
    ),
    "math-shepherd": PRMSpec(
        prompt="{question} ",
        separator=" ки",
        between="\n",
        whole=True,
        head="tokens",
        labels=("+", "-"),
        right=(0,),
        source="Math-Shepherd, arXiv 2312.08935: + against - as the token after the tag ки",
    ),
    "er-prm": PRMSpec(
        prompt="{question} ",
        separator=" ки",
        whole=True,
        head="tokens",
        labels=(" +", " -"),
        right=(0,),
        source="ER-PRM, arXiv 2412.11006: as Math-Shepherd, on Llama 3.1",
    ),
    "math-psa": PRMSpec(
        prompt="{question} ",
        separator=" \n\n\n\n\n",
        whole=True,
        head="tokens",
        labels=(" +", " -"),
        right=(0,),
        source="Math-psa (OpenR, arXiv 2410.09671): as Math-Shepherd, the tag is five line breaks",
    ),
    "rlhflow": PRMSpec(
        layout="turns",
        prompt="{question} ",
        head="tokens",
        labels=("+", "-"),
        right=(0,),
        source="RLHFlow's PRMs (RLHF-Reward-Modeling/math-rm): the assistant answers every step with + or -",
    ),
    "pqm": PRMSpec(
        prompt="{question}\n",
        step="{step} ",
        separator="[PRM]",
        between="\n",
        head="tensors",
        tensors="v_head",
        activation="sigmoid",
        source="PQM, arXiv 2410.11287: a Q value without bounds at [PRM]; its sigmoid",
    ),
    "rstar-ppm": PRMSpec(
        prompt="{question}\n",
        separator="",
        between="\n",
        head="tensors",
        tensors="v_head",
        activation="tanh",
        scale=5.0,
        source="rStar-Math's PPM, arXiv 2501.04519: a value at the last token; (1 + tanh(v / 5)) / 2",
    ),
    "ppm": PRMSpec(
        prompt="{question}\n",
        activation="tanh",
        scale=5.0,
        source="`hintree train ppm`: rStar-Math's loss in TRL's format; (1 + tanh(v / 5)) / 2",
    ),
    "med-prm": PRMSpec(
        layout="user",
        system=MED_PRM_SYSTEM,
        prompt="{passages}Question: {question}\n\nExplanation:",
        passage="Document {number}: {passage}\n\n",
        step=" Step {number}: {step}",
        separator=" ки",
        head="tokens",
        labels=(" +", " -"),
        right=(0,),
        source="Med-PRM, arXiv 2506.11474: reads the retrieved passages; + against - after the tag ки",
    ),
    "reasoneval": PRMSpec(
        prompt="Question:\n{question}\nAnswer:\nLet's think step by step.\n",
        separator="",
        head="tensors",
        tensors="score_head",
        right=(1, 2),
        source="ReasonEval, arXiv 2404.05692: P(neutral) + P(positive) at a step's last token",
    ),
    "digits": PRMSpec(
        layout="judge",
        prompt=GRADE_PROMPT,
        prefill="Score:",
        head="tokens",
        labels=tuple("0123456789"),
        activation="expectation",
        source="self-evaluation as in SpecReason, arXiv 2504.07891: the expected digit, over 9",
    ),
    "yes-no": PRMSpec(
        layout="judge",
        prompt=YES_NO_PROMPT,
        prefill="Answer:",
        head="tokens",
        labels=("Yes", "No"),
        right=(0,),
        source="self-evaluation, arXiv 2207.05221: Yes against No as the next word",
    ),
}
"""Declarations by the name of the family, for ``--prm-spec``.

A study stores its declaration whole: a change of any field, even ``source``, makes it a different study.
"""

KNOWN = {
    "embedded:prm": "lab",
    "embedded:prm-small": "lab",
    "Qwen/Qwen2.5-Math-PRM-7B": "qwen-math-prm",
    "Qwen/Qwen2.5-Math-PRM-72B": "qwen-math-prm",
    "Qwen/Qwen2.5-Math-7B-PRM800K": "qwen-math-prm",
    "Skywork/Skywork-o1-Open-PRM-Qwen-2.5-1.5B": "skywork",
    "Skywork/Skywork-o1-Open-PRM-Qwen-2.5-7B": "skywork",
    "peiyi9979/math-shepherd-mistral-7b-prm": "math-shepherd",
    "HanningZhang/Llama3.1-Math-PRM": "er-prm",
    "openreasoner/Math-psa": "math-psa",
    "RLHFlow/Llama3.1-8B-PRM-Mistral-Data": "rlhflow",
    "RLHFlow/Llama3.1-8B-PRM-Deepseek-Data": "rlhflow",
    "dmis-lab/llama-3.1-medprm-reward-v1.0": "med-prm",
    "GAIR/ReasonEval-7B": "reasoneval",
    "GAIR/ReasonEval-34B": "reasoneval",
}
"""Family of each known model, by the model's name."""


def known_family(model: str) -> str | None:
    """Return the family of a known model by its name, or by the last part of it, in any case; None for others.

    Servers may show a model under a path or a short name.
    """
    last_parts = {name.rpartition("/")[2].lower(): family for name, family in KNOWN.items()}
    return KNOWN.get(model) or last_parts.get(model.rpartition("/")[2].lower())


def find_spec(model: str, spec: str | PRMSpec | None = None) -> PRMSpec:
    """Return the declaration of a model: the given one, else that of its folder, of its known family, or of ``trl``.

    Args:
        model: Name of the model: a folder, a hub id or ``embedded:NAME``.
        spec: A declaration, the name of a family, or the path of a YAML file.

    Raises:
        UsageError: ``spec`` is neither a family nor a file, or the file is not a declaration.
    """
    if isinstance(spec, PRMSpec):
        return spec
    if spec is not None and spec in FAMILIES:
        return FAMILIES[spec]
    if spec is not None:
        if not Path(spec).is_file():
            raise UsageError(f"--prm-spec {spec!r} is no file, and not one of {', '.join(FAMILIES)}")
        return from_file(Path(spec))
    if (Path(model) / FILE).is_file():
        return from_file(Path(model) / FILE)
    return FAMILIES[KNOWN.get(model, "trl")]


def from_file(path: Path) -> PRMSpec:
    """Read a declaration from a file. Raises UsageError if it cannot be read or is not a declaration."""
    try:
        text = read_text(path, LONGEST)
    except (OSError, ValueError) as error:
        raise UsageError(f"{path}: cannot be read as a PRM declaration: {error}") from error
    return read_spec(text, FAMILIES, str(path))


def calibrated(spec: PRMSpec, **calibration: object) -> PRMSpec:
    """Return the declaration with its calibration replaced; ``temperature`` and ``isotonic`` not given are reset."""
    return replace(spec, **({"temperature": 1.0, "isotonic": ()} | calibration))  # type: ignore[arg-type]
