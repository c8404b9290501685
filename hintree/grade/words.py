"""Numbers in words: "twenty-one apples" is "21 apples", "two thirds" is 2/3, "5 million" is 5000000."""

import re
from fractions import Fraction

UNITS = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen"
)
ONES = {word: n for n, word in enumerate((UNITS + " eighteen nineteen").split())}
TENS = {word: 10 * n for n, word in enumerate("twenty thirty forty fifty sixty seventy eighty ninety".split(), 2)}
SCALES = {
    "hundred": 100,
    "thousand": 10**3,
    "million": 10**6,
    "billion": 10**9,
    "trillion": 10**12,
    "quadrillion": 10**15,
    "dozen": 12,
    "lakh": 10**5,
    "crore": 10**7,
    "mn": 10**6,
    "bn": 10**9,
}
"""Words that multiply the number before them."""
PARTS = {"half": 2, "halve": 2, "third": 3, "quarter": 4, "fourth": 4, "fifth": 5, "sixth": 6, "seventh": 7}
PARTS |= {"eighth": 8, "ninth": 9, "tenth": 10, "twelfth": 12, "hundredth": 100, "thousandth": 1000}
"""Words that divide the number before them."""
ORDINALS = {
    word: n for n, word in enumerate("first second third fourth fifth sixth seventh eighth ninth tenth".split(), 1)
}
WORD = re.compile(r"[a-z]+")
DIGITS = re.compile(r"\d{1,30}(?:\.\d{1,30})?")
LETTER_SCALE = {"k": 10**3, "m": 10**6, "b": 10**9}
SHORT_SCALE = re.compile(
    r"([-+]?[$\u20ac\u00a3] ?[-+]?\d{1,20}(?:\.\d{1,20})?) ?([kKmMbB])(?![a-zA-Z])|(\d{1,20}(?:\.\d{1,20})?)([kK])(?![a-zA-Z])"  # noqa: E501
)


PLACE = re.compile(r"\A(\d{1,9}) ?(?:\^ ?\{? ?)?(?:st|nd|rd|th)(?![a-zA-Z])(?: ?\})?")
"""The place "2nd"."""
ONE = re.compile(
    r"\A(?:an?|one) (?=(?:second|minute|hour|day|week|month|year|mile|meter|dollar|cent|kilogram)\Z)", re.IGNORECASE
)
HALF_MORE = re.compile(r"\A([a-z]{1,9}|\d{1,9}) ([a-z]{2,12}) and (?:a|one)[ -]half\Z", re.IGNORECASE)
"""The half of "an hour and a half"."""


def spelled(text: str) -> str:
    """Return an answer with the number words that it starts with, and words of scale after a number, in digits.

    >>> spelled("twenty-one apples"), spelled("5 million dollars"), spelled("two thirds"), spelled("blue")
    ('21 apples', '5000000 dollars', '2/3', 'blue')
    """
    if text.lower() in ORDINALS:
        return str(ORDINALS[text.lower()])
    text = ONE.sub("1 ", PLACE.sub(r"\1", text))
    text = HALF_MORE.sub(half_more, short_scales(text))
    sign, currency, body = split_sign(text)
    tokens = body.replace("-", " ").split() if body[:1].isalpha() else body.split()
    value, used = leading(tokens)
    if value is None or not used:
        return sign + currency + body if sign and not text.startswith("-") and body[:1].isdigit() else text
    if tokens[used:] and tokens[used].lower() in ONES | TENS:  # "twelve thirty"
        return text
    rest = " ".join(tokens[used:])
    return " ".join(f"{sign}{currency}{exact(value)} {rest}".split())


def is_ordinal(text: str) -> bool:
    """Return whether an answer is a place in an order, "second" or "2nd"."""
    return text.lower() in ORDINALS or PLACE.fullmatch(text) is not None


def half_more(match: re.Match[str]) -> str:
    """Return "an hour and a half" as "one and a half hour"."""
    number = "one" if match[1].lower() in ("a", "an") else match[1]
    return f"{number} and a half {match[2]}"


def short_scales(text: str) -> str:
    """Return "$5M" and "5k" with their zeros."""
    match = SHORT_SCALE.fullmatch(text)
    if match is None:
        return text
    number, letter = match[1] or match[3], match[2] or match[4]
    digits = DIGITS.search(number)
    if digits is None:
        return text
    return number[: digits.start()] + exact(Fraction(digits[0]) * LETTER_SCALE[letter.lower()])


def split_sign(text: str) -> tuple[str, str, str]:
    """Return the sign, the currency sign, and the rest of an answer."""
    sign = ""
    for word in ("-", "negative ", "minus "):
        if text.lower().startswith(word):
            sign, text = "-", text[len(word) :].lstrip()
            break
    currency = text[0] if text[:1] in ("$", "\u20ac", "\u00a3", "\u20b9") else ""
    return sign, currency, text[len(currency) :].lstrip()


def leading(tokens: list[str]) -> tuple[Fraction | None, int]:
    """Return the number that tokens start with and how many they are; (None, 0) if it has no word that is a number."""
    total, group = Fraction(0), Fraction(0)
    used, said, scaled = 0, False, False
    for i, token in enumerate(tokens):
        word = token.lower().strip(",.")
        following = tokens[i + 1].lower().strip(",.") if i + 1 < len(tokens) else ""
        if word in ONES or word in TENS:
            if (
                said
                and not scaled
                and not (group % 100 >= 20 and word in ONES and 0 < ONES[word] < 10 and group % 10 == 0)
            ):
                break
            group += ONES.get(word, 0) + TENS.get(word, 0)
            said, scaled = True, False
        elif i == 0 and DIGITS.fullmatch(word):
            group, said = Fraction(word), True
        elif i == 0 and word in ("a", "an") and (following in SCALES or following in PARTS):
            group, said = Fraction(1), True
        elif i == 0 and word == "half" and whole(tokens, 1):
            return Fraction(1, 2), 1
        elif said and singular(word) in SCALES:
            scale = SCALES[singular(word)]
            if scale in (100, 12):
                group *= scale
            else:
                total, group = total + group * scale, Fraction(0)
            scaled = True
        elif said and word == "and" and (following in ONES or following in TENS) and scaled:
            continue
        elif (
            said
            and word == "and"
            and following in ("a", "one")
            and i + 2 < len(tokens)
            and singular(tokens[i + 2]) in PARTS
        ):
            return total + group + Fraction(1, PARTS[singular(tokens[i + 2])]), i + 3
        elif said and singular(word) in PARTS and whole(tokens, i + 1):
            return (total + group) / PARTS[singular(word)], i + 1
        else:
            break
        used = i + 1
    worded = any(WORD.fullmatch(token.lower().strip(",.")) for token in tokens[:used])
    return (total + group, used) if said and worded else (None, 0)


def whole(tokens: list[str], i: int) -> bool:
    """Return whether a part ends here, or is of one whole: "a third of an hour", and not "a third of 12"."""
    return tokens[i : i + 1] != ["of"] or (len(tokens) > i + 1 and tokens[i + 1].lower() in ("a", "an", "the"))


def singular(word: str) -> str:
    """Return a word in lower case without the ending of its plural."""
    word = word.lower().strip(",.")
    return word[:-1] if word.endswith("s") else word


def exact(value: Fraction) -> str:
    """Return a fraction as it is written in an answer."""
    return str(value)
