import itertools
import re
from collections import Counter
from dataclasses import replace

import pytest

from hintree.lab import FAMILIES, SPLITS, problems, solve
from hintree.lab.difficulty import KNOWN_FAMILIES, WIDE, Difficulty
from hintree.lab.families.relations import ITEMS
from hintree.lab.families.sharing import SWEETS, VESSELS
from hintree.lab.families.shopping import GOODS
from hintree.lab.families.wording import NAMES
from hintree.lab.generate import signature

LENGTHS = range(1, 11)


def test_the_same_seed_gives_the_same_problems_and_another_seed_others():
    first, again, other = (list(problems("train", n=60, seed=seed)) for seed in (1, 1, 2))
    assert first == again
    assert not {p.id for p in first} & {p.id for p in other}


def test_a_shorter_draw_is_the_beginning_of_a_longer_one():
    assert list(problems("train", n=5, seed=9)) == list(problems("train", n=8, seed=9))[:5]
    assert list(itertools.islice(problems("train", seed=9), 5)) == list(problems("train", n=5, seed=9))


def test_every_requested_family_and_length_occurs():
    found = Counter((p.family, len(solve(p))) for p in problems("train", (2, 5), n=200))
    assert set(found) == set(itertools.product(KNOWN_FAMILIES, (2, 5)))


def nameless(problem):
    """Replace people and things by numbers in order of appearance."""
    seen = {}
    things = {*NAMES, *(item.rstrip("s") for item in (*ITEMS, *SWEETS)), *GOODS, *VESSELS}

    def anonymous(match):
        stem = match[0].rstrip("s") if match[0].rstrip("s") in things else match[0]
        return f"<{seen.setdefault(stem, len(seen))}>" if stem in things else match[0]

    return re.sub(r"[A-Za-z]+", anonymous, problem.question)


@pytest.fixture(scope="module")
def splits():
    many = {"train": 1500, "validation": 300, "test": 300}
    return {
        split: [
            problem
            for seed in range(2)
            for steps, distractors in (((1, 2), (0,)), (LENGTHS, (0, 1, 2)))
            for problem in problems(
                split,
                steps,
                n=many[split],
                seed=seed,
                families=tuple(FAMILIES),
                difficulty=replace(WIDE, distractors=distractors, dead_ends=0.5),
            )
        ]
        for split in SPLITS
    }


@pytest.mark.parametrize("of", [signature, lambda p: p.id, nameless], ids=["signature", "id", "nameless text"])
def test_no_two_splits_share_a_problem(splits, of):
    train, validation, test = ({of(p) for p in splits[split]} for split in SPLITS)
    assert len(train) > 4000 and len(validation) > 750 and len(test) > 750
    assert not train & validation
    assert not train & test
    assert not validation & test


def test_problems_know_their_split(splits):
    assert all(problem.split == split for split, found in splits.items() for problem in found)


def test_names_alone_do_not_make_another_signature(splits):
    texts = {}
    for problem in splits["train"]:
        texts.setdefault(nameless(problem), set()).add(signature(problem))
    assert all(len(signatures) == 1 for signatures in texts.values())


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        ({"split": "dev"}, "split.*'dev'.*train, validation, test"),
        ({"steps": (0,)}, "steps.*0.*1 to 16"),
        ({"steps": (3, 17)}, "steps.*17.*1 to 16"),
        ({"steps": ()}, "steps.*1 to 16"),
        (
            {"families": ("relations", "physics")},
            "families.*'physics'.*relations, ages, .*sharing",
        ),
        ({"families": ()}, "families.*relations, ages"),
        ({"difficulty": Difficulty(distractors=())}, "distractors"),
        ({"difficulty": Difficulty(distractors=(-1,))}, "distractors"),
        ({"difficulty": Difficulty(distractors=(30,))}, "distractors.*30.*0 to 2"),
        ({"difficulty": Difficulty(shuffle=1.5)}, "shuffle"),
        ({"difficulty": Difficulty(dead_ends=-0.5)}, "dead_ends"),
        ({"difficulty": Difficulty(branching=2)}, "branching"),
        ({"difficulty": Difficulty(largest=20)}, "largest.*60 to 199"),
        ({"difficulty": Difficulty(wordings=0)}, "wordings.*1 to 3"),
    ],
    ids=str,
)
def test_bad_arguments_are_refused_with_the_accepted_values(bad, message):
    with pytest.raises(ValueError, match=message):
        list(problems(**{"split": "train", "n": 8} | bad))
