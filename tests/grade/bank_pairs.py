# ruff: noqa: E501, RUF001
r"""Classes of spellings that mean the same, labelled by hand, each with near misses that mean something else.

A class gives pairs of its first spelling with every other, in both directions, and of its first spelling with every
near miss, in both directions where order says nothing.
"""

CLASSES = [
    # numbers
    (["1250", "1,250", "1250.0", "1 250", r"1{,}250", r"1\,250", "1.25e3", r"1.25 \times 10^3", "$1,250"], ["125", "1.25", "12,50.5"]),
    (["20500", r"20,\! 500", r"20,\!500", "20,500.00", "20 500"], ["2050", "20,50"]),
    (["120000", "1.2 x 10^5", "1.2 × 10⁵", "1.2*10^5", "1.2E5", r"1.2\cdot10^{5}", "120,000"], ["1.2", "12000", "1.2 x 10^6"]),
    (["1/2", r"\frac{1}{2}", r"\frac12", "0.5", ".5", "50%", "½", r"\dfrac{1}{2}", "one half", "half"], ["2", "1/3", "0.05", "2/1"]),
    (["7/3", "2 1/3", r"2\frac{1}{3}", r"2 \frac13", "2⅓", r"2.\overline{3}", "2.333..."], ["21/3", "7/2", "2.3", "2/3"]),
    (["1/6", "0.1666...", r"0.1\overline{6}", r"0.1\bar{6}", "0.1(6)", "0.16666667"], ["0.16", "1/7", "0.1777..."]),
    (["1/3", "0.333...", r"0.\bar{3}", r"0.\overline{3}", "0.(3)", "one third", "0.3333333"], ["0.33", "3", "0.3"]),
    (["-3", "\u22123", "- 3", "negative three", "minus 3", "-3.0"], ["3", "-30"]),
    (["7", "seven", "Seven", "7.", "7.0", "+7", r"\boxed{7}", "about 7", "approximately 7", r"\approx 7", "~7"], ["eight", "70", "17"]),
    (["21", "twenty-one", "twenty one", "Twenty-one", "21.00"], ["20", "twenty", "12"]),
    (["105", "one hundred and five", "one hundred five", "105.0"], ["15", "150"]),
    (["3.5", "3,5", "7/2", "3 1/2", "three and a half"], ["35", "3, 6", "5,3"]),
    (["1000.5", "1.000,50", "1,000.5", "1 000.5"], ["1000", "100050"]),
    (["1234567", "1.234.567", "1'234'567", "12,34,567", "1_234_567"], ["1234", "123456"]),
    (["2516_8", "2516_{8}", "2516 base 8", r"2516_{\text{eight}}", "2516₈", "2516 in base 8"], ["2517_8", "2516_9", "2516 base 7"]),
    (["31", "0x1F", "31.0"], ["0x1E", "1F"]),
    (["100", "10^2", "1e2", "10²", r"10^{2}"], ["10", "1000"]),
    # units
    (["5", "5 m", "5 N", "5 J", "5 kg", "5 meters", "5 apples", "5 (apples)", r"5\text{ cm}", "Rs. 5", "5 USD", "€5", "5 K"], ["5 million", "5 or more", "5 out of 7", "5 dozen", "5 thousand dollars", "5 halves", "5 squared"]),
    (["5000000", "5 million", "5 million dollars", "$5 million", "five million", "$5M", "5,000,000 dollars"], ["5", "5 billion", "500000"]),
    (["60", "5 dozen", "five dozen eggs", "60 eggs"], ["5", "12"]),
    (["10 cm", "10 centimeters", r"10\text{ cm}", r"10\,\mathrm{cm}", "10"], ["10 m", "10 cm^2", "10 kg"]),
    (["10 ft^2", "10 square feet", r"10 \text{ ft}^2", "10 sq ft"], ["10 ft", "10 ft^3"]),
    (["60 km/h", "60 kilometers per hour", "60 kph", "60"], ["60 mph", "60 m/s"]),
    (["30 mph", "30 miles per hour", "30 mi/h"], ["30 km/h", "3 mph"]),
    (["200 minutes", "3 hours and 20 minutes", "3 hours 20 minutes", "3 h 20 min", "three hours and twenty minutes"], ["3 hours", "20 minutes", "3 hours and 30 minutes"]),
    (["5 ft 6 in", "5 feet 6 inches", "5' 6\"", "66 inches"], ["5 feet", "6 ft 5 in"]),
    (["$2.50", "2.5 dollars", "2 dollars and 50 cents", "2.50"], ["2.50 euros", "25 cents", "$25"]),
    (["90 minutes", "1.5 hours", "1 hour and 30 minutes"], ["90 hours", "1 hour"]),
    (["45°", r"45^\circ", r"45^{\circ}", "45 degrees", "45"], ["54°", "45 meters"]),
    (["12.5%", r"12.5\%", "12.5 percent", "0.125", "12.5"], ["1.25", "125%"]),
    (["18 eggs", "18 duck eggs", "18 eggs per day", "18"], ["18 hours", "81 eggs"]),
    (["Rs. 7", "Rs 7", "₹7", "7 rupees", "INR 7", "7"], ["$7", "Rs. 70"]),
    # dates, times, ratios
    (["2021-05-06", "May 6, 2021", "6 May 2021", "May 6th, 2021", "the 6th of May 2021", "5/6/2021", "2021/05/06"], ["2021-06-05", "May 7, 2021", "2010", "May 6, 2022"]),
    (["July 4", "4 July", "July 4th", "the 4th of July"], ["July 5", "June 4", "4"]),
    (["9:05 AM", "9:05 am", "9:05 a.m.", "09:05", "9:05"], ["9:05 PM", "9:50 AM", "9.05 dollars"]),
    (["3 PM", "3:00 PM", "15:00", "3 p.m.", "3pm"], ["3 AM", "15 minutes", "5 PM"]),
    (["4:5", "4 : 5", "4 to 5", "4/5"], ["5:4", "4:6", "45"]),
    (["1:2:3", "1 : 2 : 3", "1 to 2 to 3"], ["3:2:1", "1:2"]),
    # lists and brackets
    (["6, -1", "-1, 6", r"\{6, -1\}", "6 and -1", "-1 and 6", r"\{-1,6\}", "x = 6 or x = -1", "x=-1, x=6"], ["6", "6, 1", "(-1, 6)", "6, -1, 0"]),
    (["1, 2, 3", "1, 2, and 3", "3, 2, 1", r"\{1,2,3\}", "1; 2; 3"], ["1, 2", "123", "1, 2, 4"]),
    ([r"\pm 3", "3, -3", r"x = \pm 3", "-3 and 3", "±3"], ["3", "-3", r"\pm 4"]),
    ([r"1 \pm \sqrt{2}", r"1+\sqrt{2}, 1-\sqrt{2}", r"x = 1 \pm \sqrt{2}"], [r"1+\sqrt{2}", r"\pm\sqrt{2}"]),
    (["(1, 2)", "(1,2)", r"\left(1, 2\right)", "(1.0, 4/2)", "(x, y) = (1, 2)"], ["(2, 1)", "2, 1", "[1, 2]", r"\{1, 2\}", "(1, 2, 3)"]),
    (["(1, 2, 3)", r"\left( 1, 2, 3 \right)", r"\langle 1, 2, 3 \rangle", "[1, 2, 3]"], ["(3, 2, 1)", "(1, 2)"]),
    (["(1, 2]", r"1 < x \le 2", r"\{x : 1 < x \leq 2\}", r"x \in (1, 2]", "1 < x <= 2"], ["[1, 2)", "(1, 2)", "[1, 2]"]),
    ([r"(3, \infty)", "x > 3", "x>3", r"\{x \mid x > 3\}", "3 < x", r"(3,+\infty)", r"\{x \in \mathbb{R} : x > 3\}"], [r"[3, \infty)", "x < 3", r"(-\infty, 3)", "x > 4"]),
    ([r"(-\infty, 2) \cup (2, \infty)", r"x \ne 2", "x ≠ 2", r"(2,\infty)\cup(-\infty,2)"], [r"(-\infty, 2)", r"x \ne 3"]),
    ([r"(-\infty, 1) \cup (3, \infty)", "x < 1 or x > 3", r"x > 3 \text{ or } x < 1"], ["1 < x < 3", "x < 1"]),
    ([r"\emptyset", r"\varnothing", "∅", r"\{\}", "no solution", "no solutions", "No real solutions"], ["0", r"\{0\}", "infinitely many solutions"]),
    ([r"\begin{pmatrix} 2 \\ 3 \end{pmatrix}", r"\begin{pmatrix}2\\3\end{pmatrix}", r"\begin{bmatrix} 2 \\ 3\end{bmatrix}", "[[2], [3]]"], [r"\begin{pmatrix} 3 \\ 2 \end{pmatrix}", r"\begin{pmatrix} 2 & 3 \end{pmatrix}", "2"]),
    ([r"\begin{pmatrix} 1 & 2 \\ 3 & 4 \end{pmatrix}", "[[1, 2], [3, 4]]", r"\begin{bmatrix}1&2\\3&4\end{bmatrix}", r"\begin{pmatrix} 1.0 & \frac{4}{2} \\[2pt] 3 & 4 \end{pmatrix}", r"\left(\begin{array}{cc} 1 & 2 \\ 3 & 4 \end{array}\right)"], [r"\begin{pmatrix} 1 & 3 \\ 2 & 4 \end{pmatrix}", "[[1, 2], [4, 3]]", "1, 2, 3, 4"]),
    # equations
    (["5", "x = 5", "x=5", "5 = x", "n = 5", "f(2) = 5", "Total cost = $5"], ["2x = 5", "x^2 = 5", "xy = 5", "x = 6"]),
    (["2x+3y=6", "3y+2x=6", "4x+6y=12", "2x + 3y - 6 = 0", r"y = 2 - \frac{2x}{3}", "6 = 2x + 3y"], ["2x+3y=7", "2x-3y=6", "6", "3x+2y=6"]),
    (["y = 2x + 1", "y=1+2x", "2x - y + 1 = 0", "y - 2x = 1"], ["y = 2x - 1", "x = 2y + 1", "y = 2x"]),
    (["x^2 + y^2 = 25", "y^2 + x^2 = 25", "x^2+y^2-25=0"], ["x^2 + y^2 = 5", "x^2 - y^2 = 25", "25"]),
    (["x^2+1=0", "x^2 = -1", "2x^2+2=0"], ["x^2+2=0", "x^2=1", "0"]),
    (["3+4=7", "3 + 4 = 7"], ["1+1=2", "3+5=8", "4+4=8"]),
    (["2x + 1", "f(x) = 2x + 1", "y = 2x + 1", "1 + 2x"], ["2x - 1", "f(x) = x + 1", "2x"]),
    # formulas
    ([r"\sqrt{8}", r"2\sqrt{2}", "2√2", "sqrt(8)", r"2\sqrt2"], [r"\sqrt{6}", "4", r"2\sqrt{3}"]),
    ([r"\frac{\sqrt{3}}{2}", r"\frac{\sqrt3}2", "sqrt(3)/2", r"\sin 60^\circ", r"\sin(60°)", r"\cos 30^\circ"], [r"\frac{\sqrt{2}}{2}", r"\sin 60", "1/2"]),
    ([r"2\pi", "2π", "2 pi", r"2 \pi", "6.2831853"], ["6.28", r"\pi", "2"]),
    (["x^2 + 2x + 1", "(x+1)^2", "1 + 2x + x^2", "x²+2x+1"], ["x^2 + 1", "(x-1)^2", "x^2 + 2x"]),
    ([r"\frac{x}{2}", "x/2", "0.5x", r"\frac{1}{2}x"], ["2x", r"\frac{2}{x}", "x"]),
    (["3+4i", "4i+3", "3 + 4i"], ["3-4i", "4+3i", "7"]),
    (["2^{10}", "1024", "2^10", "2**10"], ["20", "1023"]),
    ([r"\log_2 8", "3"], [r"\log_2 9", "8"]),
    # words and choices
    (["blue whale", "Blue Whale", "the blue whale", "Blue  whale.", r"\text{Blue Whale}", "**blue whale**", '"Blue Whale"'], ["whale", "green whale", "blue"]),
    (["C", "(C)", "C.", "C. 12", "C) 12", "(C) 12", r"\text{(C)}", r"\textbf{C}"], ["D", "(B)", "B) 12", "A cat"]),
    (["yes", "Yes", "YES", "Yes."], ["no", "y"]),
    (["Alice and Bob", "Bob and Alice", "Bob, Alice"], ["Alice", "Alice and Carol"]),
    (["undefined", "Undefined", "does not exist", "DNE"], ["0", r"\infty"]),
    ([r"\infty", "∞", "infinity", r"+\infty"], [r"-\infty", "0"]),
]  # fmt: skip
ORDERED = ("(1, 2, 3)", "6, -1")


def pairs():
    """Yield (reference, answer, whether it is right)."""
    for same, other in CLASSES:
        for spelling in same[1:]:
            yield same[0], spelling, True
            if not same[0].startswith(("6, -1", "(1, 2, 3)", "(1, 2)", "4:5", "1 \\pm", "12.5%")):
                yield spelling, same[0], True
        for miss in other:
            yield same[0], miss, False
            yield miss, same[0], False


PAIRS = list(dict.fromkeys(pairs()))
