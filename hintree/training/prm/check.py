"""Check that a PRM computes what its spec says. Each check reports what it found and how to fix it."""

import random
import time
from collections.abc import Sequence
from typing import Literal, NamedTuple

from hintree.errors import ModelError
from hintree.lab.generate import problems
from hintree.lab.inject_error import inject_error
from hintree.lab.problem import gold
from hintree.models.labels import LOW_MASS
from hintree.models.local.classifier import LocalClassifier
from hintree.models.local.text import unknown_words
from hintree.scorers import PRM
from hintree.scorers.layout import judge_prompt
from hintree.statistics.intervals import share

QUESTION = "Ana has 4 pens and buys 3 more. How many pens does Ana have?"
STEPS = ("Ana has 4 pens.", "4 + 3 = 7.", "The answer is 7.")
PAIRS = 24
"""Number of pairs of a right and a wrong step."""


class CheckResult(NamedTuple):
    """The result of one check: name, state, finding, and the fix ("" if none is needed)."""

    name: str
    state: Literal["ok", "warn", "fail"]
    found: str
    todo: str = ""


class StepPair(NamedTuple):
    """A right and a wrong last step of the same solution."""

    question: str
    steps: tuple[str, ...]
    right: str
    wrong: str


def check(prm: PRM[LocalClassifier]) -> list[CheckResult]:
    """Run all checks, in order."""
    model = prm.model
    return [
        check_score_count(prm),
        check_separator(prm, model),
        check_labels(prm, model),
        check_template(prm, model),
        check_tree_cache(prm, model),
        check_order(prm, model),
        measure_speed(prm, model),
    ]


def check_score_count(prm: PRM[LocalClassifier]) -> CheckResult:
    """Check that there is one score per step, whatever the text of the steps."""
    hostile = [f"{prm.spec.separator.strip() or 'a'} b", "<|im_end|>", "one\n\ntwo", "\u2403", *STEPS]
    try:
        counts = [len(prm.score(QUESTION, steps)) for steps in (STEPS[:1], STEPS, hostile)]
    except ModelError as error:
        return CheckResult("one score per step", "fail", str(error), "fix the declaration or fetch the model again")
    wanted = [1, len(STEPS), len(hostile)]
    if counts != wanted:
        return CheckResult("one score per step", "fail", f"{counts} scores for {wanted} steps", "report this as a bug")
    return CheckResult("one score per step", "ok", f"{wanted} steps, {counts} scores")


def check_separator(prm: PRM[LocalClassifier], model: LocalClassifier) -> CheckResult:
    """Check that the separator is one token where it marks a scoring position."""
    name, text, tokenizer = "separator is one token", prm.spec.separator, model.tokenizer
    if prm.spec.layout in ("turns", "judge") or not text:
        return CheckResult(name, "ok", "none: read at the end of a step or turn")
    ids = tokenizer.encode(text, add_special_tokens=False)
    shown = f"{text!r} is {tokenizer.convert_ids_to_tokens(ids)}"
    if len(ids) == 1 and ids[0] != tokenizer.unk_token_id:
        return CheckResult(name, "ok", shown)
    if tokenizer.unk_token_id in ids or (text.strip()[:1] in ("<", "[") and len(ids) > 1):
        return CheckResult(
            name, "fail", shown, "this tokenizer has no such token: give the right family with --prm-spec"
        )
    return CheckResult(name, "warn", shown, "read at the last of them; right only if the PRM was trained so")


def check_labels(prm: PRM[LocalClassifier], model: LocalClassifier) -> CheckResult:
    """Check that each label is one token, and that they differ."""
    labels, tokenizer = prm.spec.labels, model.tokenizer
    if prm.spec.head != "tokens":
        head = f"tensors {prm.spec.tensors!r}" if prm.spec.head == "tensors" else "token classification"
        return CheckResult(
            "labels resolve", "ok", f"no label tokens: {head}, {prm.spec.activation}, right={prm.spec.right}"
        )
    if prm.spec.reads_words:
        return check_words(prm, model)
    ids = [tokenizer.encode(label, add_special_tokens=False) for label in labels]
    shown = ", ".join(f"{label!r} {i}" for label, i in zip(labels, ids, strict=True))
    if all(len(i) == 1 for i in ids):
        return CheckResult("labels resolve", "ok", shown)
    return CheckResult(
        "labels resolve", "warn", shown, "only the last token of each is read; choose labels of one token"
    )


def check_words(prm: PRM[LocalClassifier], model: LocalClassifier) -> CheckResult:
    """Check that the labels of a judge have first tokens of their own, and that the model would write them."""
    prompts = [judge_prompt(prm.spec, QUESTION, STEPS[: i + 1]) for i in range(len(STEPS))]
    name, masses = "labels resolve", list[float]()
    for found in model.read_labels(prompts, prm.spec.labels):
        if isinstance(found, ModelError):
            return CheckResult(name, "fail", str(found), "choose labels that differ from their first letter on")
        masses.append(found.mass)
    shown = f"the model writes one of them with probability {min(masses):.3f} to {max(masses):.3f}"
    state: Literal["ok", "warn"] = "ok" if min(masses) >= LOW_MASS else "warn"
    return CheckResult(name, state, shown, "" if state == "ok" else "change prompt or prefill, or use another model")


def check_template(prm: PRM[LocalClassifier], model: LocalClassifier) -> CheckResult:
    """Check that the encoded text has the same tokens as the tokenizer's encoding of the whole text."""
    name = "template agrees with the tokenizer"
    if prm.spec.layout != "text" and not model.chat:
        todo = "the model was trained in conversations: add its chat_template to the tokenizer, or use layout: text"
        return CheckResult(
            name, "fail" if prm.spec.layout != "judge" else "warn", "the tokenizer has no chat template", todo
        )
    if prm.spec.reads_words:
        return CheckResult(name, "ok", "the whole prompt is tokenized at once")
    texts = prm.texts(QUESTION, STEPS)
    ((ids, marks), *_) = model.encode(texts, whole=prm.spec.whole, bos=False)
    at_once = model.tokenizer.encode("".join(piece.text for piece in texts[0]), add_special_tokens=False)
    read_at = model.tokenizer.convert_ids_to_tokens([ids[mark] for mark in marks])
    if ids == at_once:
        return CheckResult(name, "ok", f"{len(ids)} tokens, read at {read_at}")
    odd = next((i for i, (a, b) in enumerate(zip(ids, at_once, strict=False)) if a != b), min(len(ids), len(at_once)))
    found = f"piece by piece {len(ids)} tokens, at once {len(at_once)}; the first difference is token {odd}"
    return CheckResult(name, "warn", found, "if the PRM was trained on whole texts, say whole: true")


def check_tree_cache(prm: PRM[LocalClassifier], model: LocalClassifier) -> CheckResult:
    """Check that scores computed step by step with the KV cache equal those of the whole text."""
    name = "same step by step as at once"
    if model.adapter is None:
        return CheckResult(name, "ok", "this architecture runs without the tree cache: every text is read as a whole")
    model.forget()
    whole = prm.score(QUESTION, STEPS)
    model.forget()
    grown = [prm.score(QUESTION, STEPS[: i + 1])[-1] for i in range(len(STEPS))]
    most = max(abs(a - b) for a, b in zip(whole, grown, strict=True))
    limit = 1e-5 if str(model.model.dtype) in ("torch.float32", "torch.float64") else 0.03
    state: Literal["ok", "warn"] = "ok" if most <= limit else "warn"
    return CheckResult(
        name, state, f"largest difference {most:.1e}", "" if state == "ok" else "use float32 if it matters"
    )


def check_order(prm: PRM[LocalClassifier], model: LocalClassifier) -> CheckResult:
    """Check that right steps score above wrong ones."""
    pairs = plain_pairs()
    if unknown_words(model.tokenizer, " ".join(pair.question for pair in pairs)):  # a model that knows only the lab
        pairs = lab_pairs()
    won = 0.0
    for pair in pairs:
        right, wrong = (prm.score(pair.question, [*pair.steps, last])[-1] for last in (pair.right, pair.wrong))
        won += 1.0 if right > wrong else 0.5 if right == wrong else 0.0
    found = share(round(won), len(pairs))
    text = f"{won:g} of {len(pairs)} pairs, {found}"
    if found.value < 0.5:
        todo = "below chance: right may be the wrong label (right: 0 or 1), or the format is not the trained one"
        return CheckResult("right above wrong", "fail", text, todo)
    if found.low < 0.5:
        return CheckResult(
            "right above wrong", "warn", text, "not above chance: check separator, prompt and where it is read"
        )
    return CheckResult("right above wrong", "ok", text)


def measure_speed(prm: PRM[LocalClassifier], model: LocalClassifier) -> CheckResult:
    """Measure steps and tokens per second on texts that are not cached."""
    model.forget()
    before, clock = model.usage.forwarded_tokens, time.perf_counter()
    for i in range(8):
        prm.score(f"{QUESTION} ({i})", STEPS)
    seconds = time.perf_counter() - clock
    tokens = model.usage.forwarded_tokens - before
    text = f"{8 * len(STEPS) / seconds:.0f} steps/s, {tokens / seconds:.0f} tokens/s on {model.model.device.type}"
    return CheckResult("speed", "ok", f"{text}, {str(model.model.dtype).removeprefix('torch.')}")


def plain_pairs() -> list[StepPair]:
    """Return sums in plain English, each with a right and a wrong result."""
    rng, pairs = random.Random(0), []
    for i in range(PAIRS):
        a, b, off = rng.randint(11, 60), rng.randint(3, 9), rng.choice((-10, -2, -1, 1, 2, 10))
        sign, result = [("+", a + b), ("-", a - b), ("*", a * b)][i % 3]
        question = f"Ana has {a} pens. What is {a} {sign} {b}?"
        steps = ("Ana has " + str(a) + " pens.",)
        pairs.append(StepPair(question, steps, f"{a} {sign} {b} = {result}.", f"{a} {sign} {b} = {result + off}."))
    return pairs


def lab_pairs() -> list[StepPair]:
    """Return gold steps of lab problems, each with the same step after an injected error."""
    rng, pairs = random.Random(0), []
    for problem in problems("validation", range(2, 6), n=3 * PAIRS, seed=11):
        steps = [step for _, step in gold(problem)]
        wrong = inject_error(rng, problem, steps[: rng.randint(1, len(steps) - 1)])
        odd = next((i for i, (a, b) in enumerate(zip(steps, wrong, strict=False)) if a != b), None)
        if odd is not None:
            pairs.append(StepPair(problem.question, tuple(steps[:odd]), steps[odd], wrong[odd]))
    return pairs[:PAIRS]


def table(model: str, findings: Sequence[CheckResult]) -> None:
    """Print the results of the checks as a table."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from hintree.view.text import visible

    shown = Table(title=Text(f"PRM check: {visible(model)}"), box=None, title_justify="left")
    for column in ("check", "", "found", "what to do"):
        shown.add_column(column, overflow="fold")
    for finding in findings:
        shown.add_row(*(Text(visible(cell)) for cell in finding))
    Console(highlight=False).print(shown)
