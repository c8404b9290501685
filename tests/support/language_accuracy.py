# ruff: noqa: RUF001
"""Greedy answers in other languages on a real model: each protocol of ``--language`` beside the usual English one.

::

    python -m tests.support.language_accuracy MODEL

A GGUF file runs on llama.cpp in this process. One JSON object a line: language, protocol, right answers, answers read.
"""

import argparse
import json
from pathlib import Path

from hintree import Budget, Problem, Solver
from hintree.grade import equal
from hintree.models import open_model

ANSWERS = ["31", "47", "15", "6"]
QUESTIONS = {
    "en": [
        "Anna has 12 apples and buys 19 more. How many apples does she have?",
        "A bag of rice costs 7 euros. How much do 6 bags and a bottle of oil for 5 euros cost together?",
        "A class has 28 pupils. 13 of them are girls. How many boys are there?",
        "24 cups are put into boxes of 4 cups each. How many boxes are needed?",
    ],
    "zh": [
        "小明有12个苹果，又买了19个。他现在有多少个苹果？",
        "一袋米7元。6袋米和一瓶5元的油一共多少元？",
        "一个班有28名学生，其中13名是女生。男生有多少名？",
        "24个杯子装进盒子，每盒4个。需要多少个盒子？",
    ],
    "de": [
        "Anna hat 12 Äpfel und kauft 19 weitere. Wie viele Äpfel hat sie?",
        "Ein Sack Reis kostet 7 Euro. Wie viel kosten 6 Säcke und eine Flasche Öl für 5 Euro zusammen?",
        "Eine Klasse hat 28 Kinder. 13 davon sind Mädchen. Wie viele Jungen sind es?",
        "24 Tassen kommen in Kisten zu je 4 Tassen. Wie viele Kisten braucht man?",
    ],
    "es": [
        "Ana tiene 12 manzanas y compra 19 más. ¿Cuántas manzanas tiene?",
        "Un saco de arroz cuesta 7 euros. ¿Cuánto cuestan 6 sacos y una botella de aceite de 5 euros juntos?",
        "Una clase tiene 28 alumnos. 13 de ellos son niñas. ¿Cuántos niños hay?",
        "24 tazas se ponen en cajas de 4 tazas cada una. ¿Cuántas cajas se necesitan?",
    ],
    "fr": [
        "Marie a 12 pommes et en achète 19 de plus. Combien de pommes a-t-elle ?",
        "Un sac de riz coûte 7 euros. Combien coûtent 6 sacs et une bouteille d'huile à 5 euros ensemble ?",
        "Une classe a 28 élèves. 13 d'entre eux sont des filles. Combien y a-t-il de garçons ?",
        "24 tasses sont rangées dans des boîtes de 4 tasses. Combien de boîtes faut-il ?",
    ],
    "hi": [
        "राम के पास 12 सेब हैं और वह 19 और खरीदता है। उसके पास कुल कितने सेब हैं?",
        "चावल की एक बोरी 7 रुपये की है। 6 बोरियाँ और 5 रुपये का तेल कुल कितने का है?",
        "एक कक्षा में 28 बच्चे हैं। उनमें से 13 लड़कियाँ हैं। लड़के कितने हैं?",
        "24 कप डिब्बों में रखे जाते हैं, हर डिब्बे में 4 कप। कितने डिब्बे चाहिए?",
    ],
}
"""Four word problems of one or two steps in each language, with ``ANSWERS``."""


def measure(model, language, protocol):
    """Solve the problems of one language under one protocol; return the figures."""
    solver = Solver("greedy", reasoner=model, protocol=protocol, budget=Budget(tokens=600))
    solutions = list(solver.solve_many([Problem(question) for question in QUESTIONS[language]], progress=False))
    given = [solution.answer for solution in solutions]
    return {
        "model": Path(model.name).name,
        "language": language,
        "protocol": protocol,
        "problems": len(given),
        "right": sum(a is not None and equal(wanted, a) for wanted, a in zip(ANSWERS, given, strict=True)),
        "answers": given,
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model")
    args = parser.parse_args()
    loaded = open_model(args.model)
    for code in QUESTIONS:
        for name in dict.fromkeys(("default", "default" if code == "en" else code)):
            print(json.dumps(measure(loaded, code, name), ensure_ascii=False), flush=True)
