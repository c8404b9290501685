"""Hints that do not leak, by question and steps; leak_cases.py holds those that leak."""
# ruff: noqa: RUF001  # letters of other scripts

PENS = "(1) Noah has 10 pens. (2) Luis gets 15 more pens than Noah. (3) Pia gets twice as many pens as Luis. How many?"
LUIS = ("(2) Luis gets 15 more pens than Noah. Noah has 10. 10 + 15 = 25. Luis has 25.",)
SHOP = (
    "Mia buys three shirts at $15 each and a belt for $20. She pays with a $100 bill on the 12th of May. "
    "How much change does she get?"
)
PIZZA = "Ben eats half of a pizza of 8 slices, and Ana eats 25% of it. How many slices are left?"
TANK = "A tank holds 0.75 of its 160 litres. Two thirds of that are used. How many litres are left?"
OPTIONS = "What is 7 times 8? (A) 54 (B) 56 (C) 58 (D) 64"
TRIANGLE = "In triangle ABC, AB = 6, BC = 8 and the angle at B is a right angle. How long is AC?"
LATEX = r"Compute $\frac{3}{4}$ of $240$ and subtract $1{,}250 \div 25$."
EGGS = "A farm packs 7 boxes of a dozen eggs each and sells half a dozen of the eggs. How many are left?"
SPANISH = "Ana tiene 15 manzanas y compra tres cajas de 12 manzanas cada una. ¿Cuántas manzanas tiene?"
GERMAN = "Tom hat 24 Murmeln und verliert ein Viertel davon. Wie viele Murmeln hat er noch?"
FRENCH = "Léa a 30 billes et en donne 40 % à son frère. Combien de billes a-t-elle encore ?"
HINDI = "राम के पास 20 सेब हैं और वह 3 दोस्तों को 4-4 सेब देता है। उसके पास कितने सेब बचे हैं?"
CHINESE = "小明有三十本书，他把三分之一送给朋友。他还剩多少本书？"

CLEAN = {
    (PENS, ()): (
        "use (2) and Noah to find Luis.",
        "add 15 to 10.",
        "add fifteen to ten.",
        "add the two numbers.",
        "first find Luis, then Pia.",
        "the second fact comes first.",
        "Pia has two times what Luis has.",
        "there are three people and two relations.",
        "check (2) again.",
        "I would begin with Noah.",
        "give the answer.",
        "the answer needs one more step.",
        "15 more than 10",
    ),
    (PENS, LUIS): (
        "double 25.",
        "take 25 twice.",
        "twenty-five times two",
        "Luis has XXV; double it.",
        "25 + 25",
    ),
    (SHOP, ()): (
        "multiply 3 by 15.",
        "multiply three by fifteen dollars.",
        "subtract the total from one hundred.",
        "subtract all from $100.00.",
        "the belt costs twenty dollars more than nothing.",
        "the twelfth of May does not matter.",
        "the date, May XII, does not matter.",
        "add the prices of both articles.",
        "she buys 3 things of one kind and one of another.",
    ),
    (PIZZA, ()): (
        "Ben eats 1/2 of it.",
        r"Ben eats $\frac{1}{2}$ of 8.",
        "Ben eats ½ of the pizza.",
        "Ana eats a quarter of eight slices.",
        "Ana eats 1/4 of 8.",
        "Ana eats 0.25 of it.",
        "take 50 % for Ben.",
        "subtract both shares from 8.",
        "25 per cent of 8",
    ),
    (TANK, ()): (
        "take 75 % of 160.",
        r"take $\frac34$ of 160.",
        "take three quarters of 160.",
        "2/3 of it is used.",
        r"$\frac{2}{3}$ of what is in the tank",
        "first find what the tank holds now.",
        "one hundred and sixty litres times 0.75",
    ),
    (OPTIONS, ()): (
        "compute 7 times 8 first.",
        "compare option A with option B.",
        "7 times 8 is between 54 and 64.",
        "check whether it is even.",
        "choose the option that equals 7 + 7 + 7 + 7 + 7 + 7 + 7 + 7.",
        "Options A and D are far away.",
    ),
    (TRIANGLE, ()): (
        "choose B as the origin.",
        "use the theorem of Pythagoras on AB and BC.",
        "the two squares make the third.",
        "let C be the point with BC = 8.",
        "a triangle has three sides.",
        "AC is the longest side.",
        "draw CD and the segment DC.",
        "square 6 and 8.",
        "Select B, which has the right angle.",
    ),
    (LATEX, ()): (
        r"take $\dfrac{3}{4}$ of $240$.",
        r"take $\tfrac34 \cdot 240$.",
        "take 75% of 240.",
        "take 0.75 times 240.",
        "divide 1,250 by 25.",
        r"divide $1{,}250$ by $25$.",
        r"divide $1\,250$ by $25$.",
        "three quarters of two hundred forty",
    ),
    (EGGS, ()): (
        "multiply 7 by 12.",
        "seven times twelve",
        "subtract 6 at the end.",
        "subtract six at the end.",
        "a dozen is 12.",
        "seven dozen, less half a dozen",
    ),
    (SPANISH, ()): (
        "multiplica 3 por 12.",
        "multiplica tres por doce y suma quince.",
        "cada caja tiene una docena.",
        "primero calcula las tres cajas.",
        "usa los dos números.",
    ),
    (GERMAN, ()): (
        "Teile 24 durch 4.",
        "Nimm ein Viertel von vierundzwanzig.",
        "Ziehe 25 % ab.",
        "Es gibt zwei Schritte.",
        "Rechne zuerst aus, wie viele er verliert.",
    ),
    (FRENCH, ()): (
        "prends 40 pour cent de trente.",
        "multiplie 30 par 0,4.",
        "prends deux cinquièmes de 30.",
        "il y a deux étapes.",
    ),
    (HINDI, ()): (
        "पहले 3 को 4 से गुणा करो।",
        "तीन और चार का गुणा बीस में से घटाओ।",
        "दो चरण हैं।",
    ),
    (CHINESE, ()): (
        "用30乘以三分之一。",
        "三十除以3。",
        "先算送了多少本，再做减法。",
    ),
}
"""Hints that do not leak, by question and steps."""
