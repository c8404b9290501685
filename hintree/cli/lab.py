"""The command line of the lab: ``hintree lab problems | check | solve | perturb | card | train | evaluate``."""

import argparse
from importlib.resources import files
from pathlib import Path
from typing import Any

from hintree.cli.options import check_new, positive

EXAMPLES = """examples:
  hintree lab problems --steps 6 --n 1
  hintree lab problems --steps 1-3 --easy --n 100 > easy.jsonl
  hintree lab problems --n 1 | jq -r .question | hintree lab solve - --hints
  hintree lab problems --n 100 | hintree lab check -      # every step of every solution, a verdict each
  hintree lab problems --n 20 | hintree lab perturb -     # the same problems with one quantity or relation changed
  hintree lab card --split test --n 1000
"""


def add_lab(commands: Any) -> None:
    """The commands of ``hintree lab``."""
    lab = commands.add_parser(
        "lab",
        help="the small world of word problems, and the training of the shipped models",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parts = lab.add_subparsers(dest="part", required=True, metavar="PART")
    problems = parts.add_parser("problems", help="print problems as JSON lines")
    add_sample(problems, n=10)
    problems.set_defaults(run=run_problems)
    card = parts.add_parser("card", help="print the world's statistics")
    add_sample(card, n=1000)
    card.add_argument("--json", action="store_true", help="print one JSON object instead of lines")
    card.set_defaults(run=run_card)
    solve = parts.add_parser("solve", help="print the exact solution of any lab question")
    solve.add_argument("question", help="the question; - reads questions from standard input, a line each")
    solve.add_argument("--hints", action="store_true", help="print the exact hint before every step")
    solve.add_argument("--plan", action="store_true", help="print the whole-problem plan first")
    solve.add_argument("--json", action="store_true", help="print JSON lines as `hintree lab problems` does")
    solve.set_defaults(run=run_solve)
    check = parts.add_parser("check", help="say of every step of a solution whether it is right, and why not")
    check.add_argument("file", help="JSON lines with question and steps; - reads standard input")
    check.add_argument("--json", action="store_true", help="print JSON lines instead of text")
    check.set_defaults(run=run_check)
    perturb = parts.add_parser("perturb", help="change one quantity or relation, so that the answer changes")
    perturb.add_argument("file", help="JSON lines with question; - reads standard input")
    perturb.add_argument("--seed", type=int, default=0, help="same seed, same twins (default %(default)s)")
    perturb.set_defaults(run=run_perturb)
    add_models(parts)


def add_sample(parser: argparse.ArgumentParser, n: int) -> None:
    """The options that say which problems to draw."""
    parser.add_argument("--split", default="test", help="train, validation or test (default %(default)s)")
    parser.add_argument("--steps", help="a number from 1 to 10, or a range (default 2-8, with --easy 1-3)")
    parser.add_argument("--n", type=positive, default=n, help="how many (default %(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="same seed, same problems (default %(default)s)")
    parser.add_argument("--family", help="only one of relations, ages, totals, shopping; rates, sharing")
    parser.add_argument("--easy", action="store_true", help="the easy split: no distractor")
    parser.add_argument(
        "--wide",
        action="store_true",
        help="all families, wordings and numbers, whether the shipped models know them or not",
    )
    parser.add_argument(
        "--distractors", help="facts that the answer does not need, e.g. 2 or 0-2 (default: in a third)"
    )
    parser.add_argument("--dead-ends", type=float, help="share of distractors that look like a next step (default 0)")
    parser.add_argument("--shuffle", type=float, help="share of problems told in any order (default 0)")
    parser.add_argument("--branching", type=float, help="how often a second chain opens (default 0)")
    parser.add_argument("--largest", type=int, help="largest number, 60 to 199 (default 99)")
    parser.add_argument("--wordings", type=int, help="ways to say the same, 1 to 3 (default 1)")


def add_models(parts: Any) -> None:
    """The commands that train and measure the shipped models."""
    train = parts.add_parser("train", help="train all shipped models from nothing; resumes where it was stopped")
    train.add_argument("--out", default="build/lab", help="folder of logs and models (default %(default)s)")
    train.add_argument("--stage", help="only this one: student, student-2, teacher, hinter or prm")
    train.add_argument(
        "--from", dest="start", metavar="FOLDER", help="teacher and student go on from earlier models in this folder"
    )
    train.set_defaults(run=run_train)
    judge = parts.add_parser(
        "judge", help="write the shipped PRM as it was before training, a base for PRMs on other labels"
    )
    judge.add_argument("--out", metavar="FOLDER", type=Path, required=True, help="a new folder")
    judge.add_argument("--seed", type=int, default=0, help="of what is to be trained (default %(default)s)")
    judge.set_defaults(run=run_judge)
    evaluate = parts.add_parser("evaluate", help="measure the models on held-out problems")
    evaluate.add_argument(
        "--models", metavar="FOLDER", help="folder with the trained models (default: the shipped ones)"
    )
    evaluate.add_argument("--n", type=positive, default=1000, help="test problems (default %(default)s)")
    evaluate.add_argument("--seed", type=int, default=0, help="seed of the problems (default %(default)s)")
    evaluate.add_argument("--json", action="store_true", help="print one JSON object instead of a table")
    evaluate.set_defaults(run=run_evaluate)
    router = parts.add_parser(
        "router-parameters",
        aliases=["gates"],
        help="fit the parameters of the routers in the presets arbitrage, steer and glimprouter",
    )
    router.add_argument("--n", type=positive, default=400, help="training problems (default %(default)s)")
    router.add_argument("--seed", type=int, default=0, help="seed of problems and fits (default %(default)s)")
    router.add_argument("--out", metavar="FILE", type=Path, help="default: the shipped file")
    router.set_defaults(run=run_router_parameters)


def run_problems(args: argparse.Namespace) -> None:
    """Print lab problems."""
    from hintree.cli.lab_commands import print_problems

    print_problems(**sample(args))


def run_card(args: argparse.Namespace) -> None:
    """Print the world's statistics."""
    from hintree.cli.lab_commands import print_card

    print_card(**sample(args), as_json=args.json)


def sample(args: argparse.Namespace) -> dict[str, Any]:
    """Which problems to draw, as arguments of ``generate.problems``."""
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


def run_solve(args: argparse.Namespace) -> None:
    """Print exact solutions."""
    from hintree.cli.lab_commands import print_solutions

    print_solutions(args.question, hints=args.hints, plan=args.plan, as_json=args.json)


def run_check(args: argparse.Namespace) -> None:
    """Check solutions."""
    from hintree.cli.lab_commands import print_verdicts

    print_verdicts(args.file, as_json=args.json)


def run_perturb(args: argparse.Namespace) -> None:
    """Print twins."""
    from hintree.cli.lab_commands import print_twins

    print_twins(args.file, args.seed)


def run_train(args: argparse.Namespace) -> None:
    """Train the shipped models."""
    from hintree.training.shipped.pipeline import train_all

    train_all(Path(args.out), args.stage, Path(args.start) if args.start else None)


def run_router_parameters(args: argparse.Namespace) -> None:
    """Fit the router parameters of the presets."""
    from hintree.cli.lab_commands import write_router_parameters

    shipped = Path(str(files("hintree.presets") / "router_parameters.json"))
    write_router_parameters(args.out or shipped, args.n, args.seed)


def run_judge(args: argparse.Namespace) -> None:
    """Write an untrained PRM."""
    check_new(args.out)
    from hintree.training.shipped.pipeline import write_untrained_prm

    write_untrained_prm(args.out, args.seed)
    print(f"written: {args.out}; train it with `hintree train prm --base {args.out} --prm-spec lab --layers 1`")


def run_evaluate(args: argparse.Namespace) -> None:
    """Measure the models."""
    from hintree.cli.lab_commands import print_evaluation

    print_evaluation(args.models, args.n, args.seed, as_json=args.json)
