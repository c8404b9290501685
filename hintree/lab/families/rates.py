"""The family ``rates``: speeds, times and distances."""

import random

from hintree.lab.difficulty import Difficulty
from hintree.lab.families.amounts import Amounts, draw_amounts
from hintree.lab.families.wording import NAMES, SPARE_NAMES, Family, Question, UnlabelledProblem, Wording


def rides(op: str, text: str, *operands: str) -> Wording:
    """Return a wording about the miles that {A} rides in an hour."""
    return Wording(op, text, "In an hour {A} rides", "{A}", operands)


SPEEDS = (
    rides("", "In an hour {A} rides {k} miles", "{k}"),
    rides("+", "{A} is {k} miles an hour faster than {B}", "In an hour {B} rides", "{k}"),
    rides("+", "{A} covers {k} miles more in an hour than {B}", "In an hour {B} rides", "{k}"),
    rides("-", "{A} is {k} miles an hour slower than {B}", "In an hour {B} rides", "{k}"),
    rides("-", "{A} covers {k} miles less in an hour than {B}", "In an hour {B} rides", "{k}"),
    rides("*", "{A} is {times} as fast as {B}", "In an hour {B} rides", "{k}"),
    rides("*", "{A} covers in an hour what takes {B} {k} hours", "In an hour {B} rides", "{k}"),
    rides("/", "{A} is {part} as fast as {B}", "In an hour {B} rides", "{k}"),
    rides("/", "{A} takes {k} hours for what {B} covers in one", "In an hour {B} rides", "{k}"),
    rides("+", "{A} is as fast as {B} and {C} together", "In an hour {B} rides", "In an hour {C} rides"),
    rides("+", "{A} covers in an hour as much as {B} and {C} together", "In an hour {B} rides", "In an hour {C} rides"),
)
TIMED = rides("/", "{A} needs {k} hours for {m} miles", "{m}", "{k}")
TRIPS = (
    Wording("*", "{A} rides for {k} hours", "The trip of {A} is", "the trip of {A}", ("In an hour {A} rides", "{k}")),
    Wording("*", "{A} is on the road for {k} hours", "The trip of {A} is", "the trip of {A}",
            ("In an hour {A} rides", "{k}")),
)  # fmt: skip
BOTH = Wording(
    "+", "The tour is the trips of {A} and {B}", "The tour is", "the tour", ("The trip of {A} is", "The trip of {B} is")
)
LEFT = Wording("-", "The road is {k} miles and {A} stops after the trip", "The rest is", "the rest",
               ("{k}", "The trip of {A} is"))  # fmt: skip
LEFT_OF_BOTH = Wording(
    "-", "The road is {k} miles and holds the tour", "The rest is", "the rest", ("{k}", "The tour is")
)
SPEED_IS = Question("How many miles does {A} ride in an hour?", "In an hour {A} rides")
TRIP_IS = Question("How many miles is the trip of {A}?", "The trip of {A} is")
TOUR_IS = Question("How many miles is the tour?", "The tour is")
REST_IS = Question("How many miles is the rest of the road?", "The rest is")


WORDS = Amounts(SPEEDS, TIMED, TRIPS, BOTH, LEFT, LEFT_OF_BOTH, SPEED_IS, TRIP_IS, TOUR_IS, REST_IS)


def draw(rng: random.Random, steps: int, distractors: int, difficulty: Difficulty) -> UnlabelledProblem:
    """Draw a problem: In an hour Kira rides 12 miles. ... How many miles is the trip of Kira?"""
    return draw_amounts(rng, steps, distractors, difficulty, WORDS, (NAMES, SPARE_NAMES))


rates = Family(draw, WORDS.wordings(), WORDS.questions())
