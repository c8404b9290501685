"""Speeds, times and distances."""

import random

from hintree.experiments.lab.families.draft import NAMES, Draft, Family, Question, Story, Wording
from hintree.experiments.lab.graph import random_graph
from hintree.experiments.lab.knobs import Knobs


def rides(op: str, text: str, *operands: str) -> Wording:
    """A wording about how many miles {A} rides in an hour."""
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
TRIPS = [
    Wording("*", "{A} rides for {k} hours", "The trip of {A} is", "the trip of {A}", ("In an hour {A} rides", "{k}")),
    Wording("*", "{A} is on the road for {k} hours", "The trip of {A} is", "the trip of {A}",
            ("In an hour {A} rides", "{k}")),
]  # fmt: skip
BOTH = Wording(
    "+", "The tour is the trips of {A} and {B}", "The tour is", "the tour", ("The trip of {A} is", "The trip of {B} is")
)
LEFT = Wording("-", "The road is {k} miles and {A} stops after the trip", "The rest is", "the rest",
               ("{k}", "The trip of {A} is"))  # fmt: skip
LEFT_OF_BOTH = Wording(
    "-", "The road is {k} miles and holds the tour", "The rest is", "the rest", ("{k}", "The tour is")
)
TRIP_IS = Question("How many miles is the trip of {A}?", "The trip of {A} is")
TOUR_IS = Question("How many miles is the tour?", "The tour is")
REST_IS = Question("How many miles is the rest of the road?", "The rest is")


def draw(rng: random.Random, steps: int, distractors: int, knobs: Knobs) -> Draft:
    """In an hour Kira rides 12 miles. ... Kira rides for 4 hours. How many miles is the trip of Kira?

    The last one to four steps are the trips; those before find the speeds, sometimes the first one from a time and a
    distance.
    """
    trips = rng.randint(1, min(4, steps))
    by_time = knobs.wordings > 1 and steps > trips and rng.random() < 0.3
    graph = random_graph(rng, steps - trips - by_time, knobs, high=30)
    riders = len(graph.values)
    if trips >= 3 and riders == 1:
        graph.given(high=20)
        riders = 2
    graph.distract(distractors, high=30)
    people = rng.sample(NAMES, len(graph.values))
    story = Story(rng, knobs)
    story.tell_graph(graph, people, SPEEDS)
    if by_time:
        hours = rng.randint(2, min(9, knobs.largest // graph.values[0]))
        story.sentences[0] = TIMED.write({"A": people[0], "k": hours, "m": graph.values[0] * hours})
    return travel(story, people, riders, trips)


def travel(story: Story, people: list[str], riders: int, trips: int) -> Draft:
    """The trips, in 1 to 4 steps: of one rider, or of two with their sum; without or with the rest of the road."""
    last = people[riders - 1]
    way = ride(story, last)
    if trips >= 3:
        other = story.rng.choice(people[: riders - 1])
        ride(story, other)
        way = story.tell([BOTH], A=last, B=other)
    if trips in (2, 4):
        most = story.knobs.largest
        road = story.rng.randint(min(story.values[way] + 1, most), most)
        story.tell([LEFT_OF_BOTH if trips == 4 else LEFT], k=road, A=last)
    return story.ask({1: TRIP_IS, 3: TOUR_IS}.get(trips, REST_IS), A=last)


def ride(story: Story, who: str) -> str:
    """Add a trip of some hours; the key of its miles."""
    most = min(9, (story.knobs.largest - 2) // story.values[f"In an hour {who} rides"])
    return story.tell(TRIPS, A=who, k=story.rng.randint(2, max(2, most)))


WORDINGS = (*SPEEDS, TIMED, *TRIPS, BOTH, LEFT, LEFT_OF_BOTH)
rates = Family(draw, WORDINGS, (TRIP_IS, TOUR_IS, REST_IS))
