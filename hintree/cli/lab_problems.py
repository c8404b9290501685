"""The parts of ``hintree lab`` that need no model: problems, book, card, solve, check, perturb."""

import argparse
import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hintree.bounded_files import parse_json, read_text
from hintree.cli.options import add_json, add_seed, positive
from hintree.cli.output import print_json
from hintree.errors import UsageError
from hintree.whole_files import write_whole

if TYPE_CHECKING:
    from hintree.lab.problem import LabProblem

LONGEST = 1 << 26
"""Bytes of a file of problems or solutions."""
EXAMPLE = "example:\n  hintree lab "


def add_problem_parts(parts: Any) -> None:
    """Add the parts that generate, describe, solve, check and perturb problems."""
    problems = parts.add_parser(
        "problems", help="print problems as JSON lines", epilog=f"{EXAMPLE}problems --steps 6 --n 5 --family ages"
    )
    add_sample(problems, n=10)
    problems.add_argument(
        "--hops",
        help="problems about the fact book (`hintree lab book`): entries that lead to a number, 1 to 3 or a "
        "range; with --steps 0 to 16 (default 1-3), 0 without arithmetic",
    )
    problems.set_defaults(run=run_problems)
    book = parts.add_parser(
        "book",
        help="write the fact book as passages (JSON lines with id and text)",
        epilog=f"{EXAMPLE}book --out book.jsonl",
    )
    book.add_argument("--out", metavar="FILE", type=Path, help="file to write (default: standard output)")
    add_seed(book, "seed of the book; questions are about book 0")
    book.add_argument("--poison", metavar="KIND", help="put a lure behind every entry: answer, control or names")
    book.set_defaults(run=run_book)
    card = parts.add_parser(
        "card", help="print statistics of a sample of problems", epilog=f"{EXAMPLE}card --wide --n 200"
    )
    add_sample(card, n=1000)
    add_json(card)
    card.set_defaults(run=run_card)
    solve = parts.add_parser(
        "solve",
        help="print the exact solution of any lab question",
        epilog=f"{EXAMPLE}problems --n 1 | jq -r .question | hintree lab solve - --hints",
    )
    solve.add_argument("question", help="the question; - reads questions from standard input, one per line")
    solve.add_argument("--hints", action="store_true", help="print the exact hint before every step")
    solve.add_argument("--plan", action="store_true", help="print the whole-problem plan first")
    add_json(solve, "print JSON lines as `hintree lab problems` does")
    solve.set_defaults(run=run_solve)
    check = parts.add_parser(
        "check",
        help="check every step of a solution, and name the kind of each error",
        epilog=f"{EXAMPLE}problems --n 100 | hintree lab check -",
    )
    check.add_argument("file", help="JSON lines with question and steps; - reads standard input")
    add_json(check, "print JSON lines instead of text")
    check.set_defaults(run=run_check)
    perturb = parts.add_parser(
        "perturb",
        help="change one quantity or relation, so that the answer changes, or add a fact that it does not need",
        epilog=f"{EXAMPLE}problems --n 20 | hintree lab perturb -",
    )
    perturb.add_argument(
        "--variant",
        choices=("counterfactual", "distractor"),
        default="counterfactual",
        help="counterfactual: another answer; distractor: one unneeded fact, the same answer (default %(default)s)",
    )
    perturb.add_argument("file", help="JSON lines with question; - reads standard input")
    add_seed(perturb, "seed of the changes: the same seed gives the same counterfactuals")
    perturb.set_defaults(run=run_perturb)


def add_sample(parser: argparse.ArgumentParser, n: int) -> None:
    """Add the options of ``hintree.lab.generate.problems``."""
    parser.add_argument("--split", default="test", help="one of $lab_splits (default %(default)s)")
    parser.add_argument("--steps", help="a number from 1 to 16, or a range (default 2-8, with --easy 1-3)")
    parser.add_argument("--n", type=positive, default=n, help="number of problems (default %(default)s)")
    add_seed(parser, "seed: the same seed gives the same problems")
    parser.add_argument(
        "--family", help="one of $lab_families (default: those in the training data of the shipped models)"
    )
    add_difficulty(parser.add_argument_group("difficulty"))


def add_difficulty(group: argparse._ArgumentGroup) -> None:
    """Add the options of ``hintree.lab.difficulty``."""
    group.add_argument("--easy", action="store_true", help="the easy split: no distractor")
    group.add_argument(
        "--wide",
        action="store_true",
        help="all families, wordings and numbers, also those outside the training data of the shipped models",
    )
    group.add_argument(
        "--distractors", help="facts that the answer does not need, e.g. 2 or 0-2 (default: one in a third of them)"
    )
    group.add_argument("--dead-ends", type=float, help="share of distractors that look like a next step (default 0)")
    group.add_argument("--shuffle", type=float, help="share of problems with facts in random order (default 0)")
    group.add_argument("--branching", type=float, help="probability that a second chain opens (default 0)")
    group.add_argument("--largest", type=int, help="largest number, 60 to 199 (default 99)")
    group.add_argument("--wordings", type=int, help="wordings of each fact, 1 to 3 (default 1)")


def sample(args: argparse.Namespace) -> dict[str, Any]:
    """Return the arguments of ``hintree.lab.generate.problems`` that the options stand for."""
    from hintree.lab.difficulty import EASY, EASY_STEPS, KNOWN_FAMILIES, STANDARD, WIDE, make_difficulty, parse_range
    from hintree.lab.generate import FAMILIES

    return {
        "split": args.split,
        "steps": parse_range(args.steps) if args.steps else EASY_STEPS if args.easy else range(2, 9),
        "n": args.n,
        "seed": args.seed,
        "families": (args.family,) if args.family else tuple(FAMILIES) if args.wide else KNOWN_FAMILIES,
        "difficulty": make_difficulty(WIDE if args.wide else EASY if args.easy else STANDARD, vars(args)),
    }


def run_problems(args: argparse.Namespace) -> None:
    """Print problems as JSON lines: id, question, answer, steps, hints, family, split, entries. Raises UsageError."""
    from hintree.lab.generate import problems

    try:
        for problem in problems(**sample(args)) if args.hops is None else about_the_book(args):
            print_json(as_row(problem))
    except ValueError as error:
        raise UsageError(str(error)) from error


def about_the_book(args: argparse.Namespace) -> Iterator["LabProblem"]:
    """Return the problems about the fact book that the options stand for. Raises UsageError or ValueError."""
    from hintree.lab.book_problems import book_problems
    from hintree.lab.difficulty import parse_range

    steps = parse_range(args.steps, numbers="0 to 16", example="1-3") if args.steps else range(1, 4)
    hops = parse_range(args.hops, "hops", "1 to 3", "2-3")
    return book_problems(args.split, steps, hops, n=args.n, seed=args.seed)


def run_book(args: argparse.Namespace) -> None:
    """Write the entries of the fact book as JSON lines, to a file or to standard output. Raises UsageError."""
    from hintree.lab.book import make_book
    from hintree.lab.poison import LURES, poisoned

    if args.poison not in (None, *LURES):
        raise UsageError(f"--poison {args.poison!r} is not one of {', '.join(LURES)}")
    book = make_book(args.seed)
    texts = poisoned(book, args.poison) if args.poison else ((entry.id, f"{entry.text}.") for entry in book.entries())
    lines = [json.dumps({"id": name, "text": text}) for name, text in texts]
    if args.out is None:
        print("\n".join(lines))
        return
    try:
        write_whole(args.out, "\n".join(lines) + "\n")
    except OSError as error:
        raise UsageError(f"--out {args.out}: cannot be written: {error}") from error
    print(f"written: {len(lines)} passages into {args.out}")


def run_card(args: argparse.Namespace) -> None:
    """Print the statistics of a sample of problems. Raises UsageError."""
    from hintree.lab.card import as_text, statistics

    try:
        figures = statistics(**sample(args))
    except ValueError as error:
        raise UsageError(str(error)) from error
    if args.json:
        print_json(figures)
    else:
        print(as_text(figures))


def run_solve(args: argparse.Namespace) -> None:
    """Print the exact solution of a question, or of each line of standard input."""
    from hintree.lab.parse import parse_problem
    from hintree.lab.problem import gold, write_plan

    for text in (line.strip() for line in sys.stdin) if args.question == "-" else [args.question]:
        if not text:
            continue
        problem = parse_problem(text)
        if args.json:
            print_json(as_row(problem))
            continue
        lines = [write_plan(problem)] if args.plan else []
        for hint, step in gold(problem):
            lines += [f"Hint: {hint}", step] if args.hints else [step]
        print("\n".join(lines))


def run_check(args: argparse.Namespace) -> None:
    """Print the exact checker's verdict on every step of every solution."""
    from hintree.lab.checker import check_step
    from hintree.lab.parse import parse_problem
    from hintree.view.text import json_text

    for number, row in read_rows(args.file, {"question": str, "steps": list}):
        problem, steps = parse_problem(row["question"]), [str(step) for step in row["steps"]]
        verdicts = [check_step(problem, steps[:i], step) for i, step in enumerate(steps)]
        first = next((i for i, verdict in enumerate(verdicts) if not verdict.right), -1)
        if args.json:
            kinds = [verdict.kind or "right" for verdict in verdicts]
            print_json({"line": number, "id": problem.id, "verdicts": kinds, "first_error": first})
            continue
        print(f"{problem.id}: " + ("every step is right" if first < 0 else f"first error in step {first + 1}"))
        for step, verdict in zip(steps, verdicts, strict=True):
            print(f"  {verdict.kind or 'right':10} {json_text(step)[1:-1]}")


def run_perturb(args: argparse.Namespace) -> None:
    """Print a variant of every question as JSON lines, with the id of its original in ``twin_of``.

    A question without one is left out; standard error says so, and counts them.
    """
    from hintree.lab.parse import parse_problem
    from hintree.lab.perturb import distract, perturb

    change = distract if args.variant == "distractor" else perturb
    rows = list(read_rows(args.file, {"question": str}))
    without = 0
    for number, row in rows:
        problem = parse_problem(row["question"])
        try:
            twin = change(problem, args.seed)
        except UsageError as error:
            without += 1
            print(f"line {number} is left out: {error}", file=sys.stderr)
        else:
            print_json({**as_row(twin), "twin_of": problem.id, "variant": args.variant})
    if without:
        print(f"{without} of {len(rows)} problems have no {args.variant}", file=sys.stderr)


def read_rows(file: str, needs: Mapping[str, type]) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield the JSON lines of a file or standard input, numbered from 1. Raises UsageError with the line's number."""
    try:
        text = sys.stdin.read(LONGEST) if file == "-" else read_text(Path(file), LONGEST, pipe=True)
    except (OSError, ValueError) as error:
        raise UsageError(f"{file}: cannot be read: {error}") from error
    for number, line in enumerate(text.splitlines(), 1):
        try:
            row = parse_json(line)
        except ValueError as error:
            raise UsageError(f"line {number} is no JSON: {error}") from error
        bad = [key for key, kind in needs.items() if not isinstance(row, dict) or not isinstance(row.get(key), kind)]
        if bad:
            raise UsageError(f"line {number} has no {bad[0]!r}; lines are as `hintree lab problems` prints them")
        yield number, row


def as_row(problem: "LabProblem") -> dict[str, Any]:
    """Return a problem as a JSON object; the last step and the last hint are those of the answer."""
    from hintree.lab.problem import gold

    pairs = list(gold(problem))
    return {
        "id": problem.id,
        "question": problem.question,
        "answer": str(problem.answer),
        "steps": [step for _, step in pairs],
        "hints": [hint for hint, _ in pairs],
        "family": problem.family,
        "split": problem.split,
        **({"entries": entries} if (entries := [fact.entry for fact in problem.facts if fact.entry]) else {}),
    }
