# ruff: noqa: E501, RUF001  # tables of texts; letters of other scripts
"""Scale, range, units and number words of other languages, and two spellings of one number."""

import pytest

from hintree.grade import Verdict, find_answer, grade

SCALED = {
    2_000_000: "2 millones|2 Millionen|2 Mio.|2百万|2 milhões|2 milioni|2 миллиона|2 млн|2 ล้าน|2 مليون|2 milyon|2 triệu|2 millions|"
    "2 miljoen|2 miliony|2 juta|2 milioni",
    20_000: "2万|2만|2万円|2萬|2 หมื่น",
    200_000_000: "2億|2亿|2억",
    2000: "2千|2 tausend|2 mille|2 mil|2 тысячи|2 тыс.|2 ألف|2 elfu|2 nghìn|2 हज़ार|2 grand|2천",
    200_000: "2 लाख|2 লক্ষ",
    20_000_000: "2 करोड़|2千万",
    2_000_000_000: "2 Milliarden|2 Mrd.|2 mil millones|2 milliards|2 tỷ",
}
PARTS = {
    "5/2": "2半|2 horas y media|2 heures et demie|2個半|2時間半|2 с половиной",
    "24": "2 docenas|2 Dutzend|2打|2 dozen",
    "288": "2 gross",
    "40": "2 score",
    "-2": "2 degrees below zero|零下2度|2 grados bajo cero",
    "0.0002": "2 bps",
    "2/3": "2 tercios|2 Drittel",
    "0.2": "2割|2成",
}
RANGES = (
    "2 o más|2以上|2以下|2個以上|2 oder mehr|2 или больше|2 ou plus|2 ou mais|2 o più|2 of meer|2 lub więcej|2 veya daha fazla|"
    "2 trở lên|2 atau lebih|2 au zaidi|2 أو أكثر|2 या अधिक|2 বা তার বেশি|2 ขึ้นไป|2 이상|2多个|20余|2 or more"
)
VALUES = [(str(n), text) for n, texts in (SCALED | PARTS).items() for text in texts.split("|")]


@pytest.mark.parametrize(("value", "text"), VALUES)
def test_a_word_of_scale_or_part_belongs_to_its_number(value, text):
    assert (grade("2", text), grade(value, text)) == (Verdict.WRONG, Verdict.RIGHT)


@pytest.mark.parametrize("text", RANGES.split("|"))
def test_a_range_is_no_number(text):
    assert grade(text.split()[0].rstrip("以上下個多个余"), text) is Verdict.WRONG


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("3万2千", "32000"),
        ("1亿2000万", "120000000"),
        ("2,5 Millionen Euro", "2500000"),
        ("€2,5 Mio.", "2500000"),
        ("2 करोड़ 50 लाख", "25000000"),
        ("2.5万元", "25000"),
        ("5 por ciento", "5%"),
        ("18美元", "$18"),
        ("18 Dollar", "$18"),
        ("1 234,5", "1234.5"),
        ("1 234,5", "1234,5"),
        ("1 234 567,25 €", "1234567.25"),
        ("十八", "18"),
        ("五个", "5"),
        ("两万三千元", "23000"),
        ("cinco", "5"),
        ("veintiún", "21"),
        ("cinco manzanas", "5"),
        ("fünf Äpfel", "5"),
        ("einunddreißig", "31"),
        ("quatre-vingt-dix", "90"),
        ("इकतीस", "31"),
        ("5 pairs", "5"),
        ("5人", "5"),
        ("5千克", "5 kg"),
        ("5千米", "5"),
        ("五分之一", "1/5"),
        ("5分之1", "1/5"),
        ("百分之五十", "50%"),
        ("5분의 1", "1/5"),
        ("5 bins", "5"),
        ("半径5", "半径5"),
    ],
)
def test_the_value_of_a_text_in_another_language(text, value):
    assert grade(value, text) is Verdict.RIGHT
    assert grade(text, value) is Verdict.RIGHT


@pytest.mark.parametrize(
    ("reference", "given"),
    [
        ("3", "三角形"),
        ("5", "五分之一"),
        ("5", "cinco sextos"),
        ("5", "cinco o seis"),
        ("5", "5 sextos"),
        ("5", "5 a 6"),
        ("5", "第五"),
        ("1", "un chien"),
        ("11", "once"),
        ("1000", "千克"),
        ("1", "一月"),
        ("5", "twelve"),
        ("18", "18欧元 8"),
        ("18欧元", "$18"),
        ("1234", "1 234,5"),
        ("0.5", "1/2 or 3"),
        ("2", "2 or 3"),
        ("1/2", "1/2 (0.6)"),
        ("1 year", "10 months"),
        ("1 month", "30 days"),
        ("1 m^2", "100 cm^2"),
        ("1 m", "100 cm^2"),
        ("5 radians", "5 degrees"),
        (r"\pi \text{ radians}", r"90^\circ"),
    ],
)
def test_other_values_stay_different(reference, given):
    assert grade(reference, given) is not Verdict.RIGHT


@pytest.mark.parametrize(
    ("reference", "given"),
    [
        ("1/2", "1/2 (0.5)"),
        ("1/2", "0.5, or 1/2"),
        ("0.5", "1/2 or 0.5"),
        ("1/3", "1/3 (about 0.33)"),
        ("1/2", "0.5 (50%)"),
        ("1/2", r"\frac{1}{2} (0.5)"),
        ("1/2 (0.5)", "0.5"),
        ("1 m", "100 cm (1 m)"),
        ("1 year", "12 months"),
        ("5 years", "60 months"),
        ("1 decade", "10 years"),
        ("2 centuries", "200 years"),
        ("1 gallon", "4 quarts"),
        ("2 cups", "1 pint"),
        ("1 tablespoon", "3 teaspoons"),
        ("1 ha", "10000 m^2"),
        ("1 hectare", "10000 square meters"),
        ("1 m^2", "10000 cm^2"),
        ("1 square foot", "144 square inches"),
        ("1 L", "1000 cm^3"),
        ("1 m^3", "1000 liters"),
        ("2 tonnes", "2000 kg"),
        (r"\pi \text{ radians}", r"180^\circ"),
        (r"180^\circ", r"\pi \text{ radians}"),
        (r"\pi", r"180^\circ"),
        (r"\frac{\pi}{2}", r"\frac{\pi}{2} \text{ rad}"),
    ],
)
def test_two_spellings_and_two_units_are_one_value(reference, given):
    pytest.importorskip("math_verify", reason="angles in parts of pi need hintree[study]")
    assert grade(reference, given) is Verdict.RIGHT


@pytest.mark.parametrize(
    ("text", "letter"),
    [
        ("The answer is 5.0", "B"),
        ("The answer is 10/2", "B"),
        (r"The answer is $\frac12$.", "D"),
        ("The answer is 7", "7"),
    ],
)
def test_the_value_of_an_option_is_its_letter(text, letter):
    assert find_answer(text, ["4", "5", "6", "1/2"]) == letter


def test_a_value_of_two_options_is_no_letter():
    assert find_answer("The answer is 5.0", ["5 m", "5 km"]) == "5.0"
