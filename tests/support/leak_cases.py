"""A bank of hints with right labels, for the leak filter: those that leak, and those that do not.

A hint leaks if it states an answer or an option, or a value that neither the question nor a step so far has stated, in
any spelling. A count of steps, things or sides ("the two prices", "in three steps") states no value.
"""
# letters of other scripts

from typing import NamedTuple

from tests.support.clean_hints import (
    CHINESE,
    CLEAN,
    EGGS,
    FRENCH,
    GERMAN,
    HINDI,
    LATEX,
    LUIS,
    OPTIONS,
    PENS,
    PIZZA,
    SHOP,
    SPANISH,
    TANK,
    TRIANGLE,
)


class HintCase(NamedTuple):
    """A hint with its question, the steps so far, and whether it leaks."""

    hint: str
    question: str
    steps: tuple[str, ...]
    leak: bool


LEAKING = {
    (PENS, ()): (
        "add 15 to 10 and get 25.",
        "add fifteen to ten and get twenty-five.",
        "Luis has twenty five.",
        "Luis has XXV.",
        "Luis has xxv.",
        "The sum is XXV pens.",
        "It comes to two dozen and one.",
        "Luis has a quarter of a hundred.",
        "Luis is at 100/4.",
        "Luis has 25/1 pens.",
        "Luis has 2.5e1 pens.",
        "The answer is 50.",
        "So Pia has fifty pens.",
        "Pia has L pens.",
        "It is the fiftieth number.",
        "It is the 50th number.",
        "Pia has half a hundred.",
        "Luis has five times five.",
        r"write $\boxed{50}$.",
        "#### 50",
        "Luis has ٢٥.",
        "Pia is left with 5 tens.",
        "Luis has 15 + 10 = 25.",
        "It equals one quarter of a hundred.",
    ),
    (PENS, LUIS): (
        "double 25 to get 50.",
        "double 25 to get fifty.",
        "Pia has half of one hundred.",
        "the answer is 25.",
        "Luis has 25, so it must be fifty for Pia.",
    ),
    (SHOP, ()): (
        "the shirts cost $45.",
        "the shirts cost forty-five dollars.",
        "together they cost sixty-five dollars.",
        "she gets back thirty-five dollars.",
        "the change is XXXV dollars.",
        "the change is 35 % of the bill.",
        r"the change is $\frac{35}{100}$ of the bill.",
        "the change is seven twentieths of the bill.",
        "subtract 65 from 100.",
        "the total is sixty five.",
        "The change is seven fives.",
        "The thirty-fifth dollar is the last one of the change.",
        "the shirts cost half of ninety.",
    ),
    (PIZZA, ()): (
        "Ben eats four slices.",
        "Ben eats 4 of the slices.",
        "Ana eats two slices.",
        "there are two slices left.",
        "three quarters are eaten.",
        r"\frac{3}{4} of the pizza is eaten.",
        "75 % is eaten.",
        "0.75 of the pizza is gone.",
        "one quarter of 8 is two, so that is left.",
    ),
    (TANK, ()): (
        "the tank holds 120 litres.",
        "the tank holds a hundred and twenty litres.",
        "the tank holds CXX litres.",
        "eighty litres are used.",
        "a quarter of the tank is left, forty litres.",
        r"multiply $160$ by $\frac{1}{4}$.",
        "subtract LXXX from what is in the tank.",
        "the answer is forty litres.",
    ),
    (OPTIONS, ()): (
        "The answer is (B).",
        "choose B.",
        "Choose (B).",
        "pick option B, since 7 times 8 is that.",
        "option B is correct.",
        "(B) is the right one.",
        "the correct choice is B",
        "go with B.",
        "select the letter B.",
        "It must be B.",
        "The second option is right.",
        "B is the answer.",
        "Mark (B), please.",
        "The answer is option B.",
        "7 times 8 is fifty-six.",
        "the letter after A is right.",
    ),
    (TRIANGLE, ()): (
        "AC is ten.",
        "AC has length 10.",
        "AC = X.",
        "the sum of squares is 100.",
        r"AC = \sqrt{100}.",
        "the squares are thirty-six and sixty-four.",
        "the hypotenuse is a tenth of a hundred.",
    ),
    (LATEX, ()): (
        r"the first part is $180$.",
        "the first part is one hundred eighty.",
        r"subtract $50$.",
        r"the quotient is $5 \cdot 10$.",
        r"the result is $\frac{260}{2}$.",
    ),
    (EGGS, ()): (
        "there are 84 eggs.",
        "there are seven dozen, so eighty-four.",
        "add thirteen, a baker's dozen.",
        "there are six and a half dozen left.",
        "seventy-eight are left.",
    ),
    (SPANISH, ()): (
        "las cajas tienen treinta y seis manzanas.",
        "las tres cajas son XXXVI manzanas.",
        "la respuesta es cincuenta y uno.",
        "suma 36 y 15.",
        "las cajas tienen tres docenas de manzanas.",
    ),
    (GERMAN, ()): (
        "Er verliert sechs Murmeln.",
        "Er hat noch achtzehn.",
        "Die Antwort ist 18.",
        "Es bleiben drei Viertel von 24.",
        "Er hat noch anderthalb Dutzend.",
    ),
    (FRENCH, ()): (
        "il donne douze billes.",
        "il reste dix-huit billes.",
        "il donne une douzaine de billes.",
        "il reste 60 % des billes.",
        "il reste trois cinquièmes des billes.",
    ),
    (HINDI, ()): (
        "वह बारह सेब देता है।",
        "उसके पास आठ सेब बचे हैं।",
        "वह एक दर्जन सेब देता है।",
    ),
    (CHINESE, ()): (
        "他送了十本书。",
        "他还剩二十本。",
        "他还剩三分之二。",
        "答案是20。",
    ),
}
"""Hints that leak, by question and steps."""


CASES = [
    HintCase(hint, question, steps, leak)
    for table, leak in ((LEAKING, True), (CLEAN, False))
    for (question, steps), hints in table.items()
    for hint in hints
]
"""All hints of the bank."""
MISSED = {
    "Luis has xxv.",
    "Pia has L pens.",
    "AC = X.",
    "Luis has five times five.",
    "The thirty-fifth dollar is the last one of the change.",
    "there are six and a half dozen left.",
    "las cajas tienen tres docenas de manzanas.",
    "Ana eats two slices.",
    "there are two slices left.",
    "one quarter of 8 is two, so that is left.",
    "7 times 8 is fifty-six.",
}
"""Leaks that the filter does not find.

Small or single Roman letters, computations left to the reader, and numbers that the question states as something else,
such as the 2 of "half" or the value of an option.
"""
