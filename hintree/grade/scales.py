# ruff: noqa: E501, RUF001  # tables of words; letters of other scripts
"""Words after a number that make another value of it, in other languages: "2 Millionen", "2万", "2 horas y media"."""

import re
from fractions import Fraction

from hintree.grade.number_words import CHINESE, TENS, chinese_value, spelled
from hintree.grade.numerals import ENGLISH, FRENCH, GERMAN_SCALES, HINDI, SPANISH, folded

WORDS: dict[int | Fraction, str] = {
    100: "hundert cento centos cem сотни сотен শত শো వందల మియా ratus yüz trăm مئة مائة مئات honderd mia",
    1_000: "tausend tsd mille mila mil millares millar milhar milhares migliaia milliers millier тысяча тысячи тысяч тыс "
    "тисяча тисячі тисяч হাজার వేల వేలు వెయ్యి ribu nghìn ngàn ألف ألفا آلاف الف elfu duizend tysiąc tysiące tysięcy "
    "grand",
    100_000: "লক্ষ লাখ లక్షలు లక్షల లక్ష laki",
    1_000_000: "mio mill mln milhão milhões milione milioni миллион миллиона миллионов млн мільйон мільйона мільйонів মিলিয়ন "
    "మిలియన్ మిలియన్లు juta triệu مليون ملايين مليونا milioni milyon miljoen milion miliony milionów मिलियन",
    10_000_000: "কোটি కోట్లు కోటి కోట్ల",
    1_000_000_000: "mrd mia. milliardi miliardo miliardi bilhão bilhões миллиард миллиарда миллиардов млрд мільярд мільярда "
    "мільярдів مليار مليارات miliar milyar miljard miliard miliardy tỷ tỉ bilioni",
    1_000_000_000_000: "billionen billones billón trilhão trilhões триллион триллиона триллионов трлн تريليون triliun trilyon",
    12: "docena docenas douzaine douzaines dutzend dúzia dúzias dozzina dozzine дюжина дюжины дюжин दर्जन",
    Fraction(1, 3): "tercio tercios drittel terço terços terzi terzo",
    Fraction(1, 4): "viertel",
    Fraction(1, 5): "fünftel quinto quintos",
    Fraction(1, 10): "zehntel",
    Fraction(1, 10**4): "bps bp",
}
"""Words by the number that they multiply by, of languages that separate words."""
SCALE: dict[str, Fraction] = {
    word: Fraction(n)
    for table in (SPANISH, FRENCH, HINDI, GERMAN_SCALES)
    for word, n in table.items()
    if n >= 100 and set(str(n)) == {"1", "0"} and word not in ("cent", "cents") and word not in ENGLISH
} | {folded(word): Fraction(n) for n, words in WORDS.items() for word in words.split()}
SIGNS: tuple[tuple[str, int | Fraction], ...] = (
    ("十拾십", 10), ("百佰백", 100), ("千仟천", 10**3), ("万萬만", 10**4), ("亿億억", 10**8), ("兆조", 10**12),
    ("打", 12), ("割成", Fraction(1, 10)),
)  # fmt: skip
JOINED = {sign: Fraction(n) for signs, n in SIGNS for sign in signs}
JOINED |= {"ร้อย": Fraction(100), "พัน": Fraction(1000), "หมื่น": Fraction(10**4), "แสน": Fraction(10**5)}
NOT_SCALE = re.compile(
    "千[克米瓦卡帕赫伏焦牛安]|百[分合貨货]|[成割](?=[^\\W\\d_])|打[印字卡球]|万[能一]|兆[瓦赫字帕欧]"
)
"""Words that start with the character of a scale, and are none."""
JOINED |= {"ล้าน": Fraction(10**6), "ダース": Fraction(12)}
"""The same of languages that write words without blanks between them."""
RANGE = re.compile(
    r"\bo (?:m[áa]s|menos|pi[ùu]|meno)\b|\bou (?:mais|menos|plus|moins)\b|\b(?:oder|und) (?:mehr|weniger|höher)\b"
    r"|\bof (?:meer|minder)\b|\b(?:или|и) (?:больше|более|меньше|менее|выше|ниже|старше)\b|\b(?:або|і) (?:більше|менше)\b"
    r"|\blub (?:więcej|mniej)\b|\b(?:veya|ve) (?:daha|üzeri)|trở (?:lên|xuống)|hoặc (?:nhiều )?hơn"
    r"|\b(?:atau|ke) (?:lebih|kurang|atas|bawah)\b|\b(?:au|na) (?:zaidi|chini|pungufu)\b|أو (?:أكثر|أقل)|فأكثر|فأقل|فما فوق"
    r"|(?:या|से) (?:अधिक|ज्यादा|ज़्यादा|कम)|(?:বা|এর|থেকে) (?:বেশি|কম|তার)|లేదా|ขึ้นไป|ลงมา|หรือ(?:มาก|น้อย)กว่า"
    r"|以上|以下|以内|未満|未满|以外|超え|或更多|或更少|이상|이하|미만|초과|\d ?(?:多|余|餘|几|幾)|折(?![\w])"
    r"|\b(?:medios|sextos?|s[ée]ptimos?|octavos?|novenos?|d[ée]cimos?|avos|demis|\w{3,12}i[èe]mes?|(?:sechs|sieb|ach|neun)tel)\b|半(?![径球島岛])"
)
"""A range or a part that is no unit of the number before it."""
HALF = re.compile(
    r"(?P<number>\d{1,15})(?P<unit>[^\d,;()]{0,20}?) ?(?:半(?![径球島岛数])|\b(?:y medi[oa]|et demie?|e mei[oa]|e mezz[oa]|"
    r"und (?:ein(?:e|en)? )?halbe?s?|с половиной|з половиною|na nusu|rưỡi|buçuk|i pół)(?!\w)|einhalb|ونصف|ครึ่ง| 반(?!\w))"
    r"(?P<rest>[^\d,;()]{0,30})"
)
"""A half after a number or its unit."""
BELOW = re.compile(
    r"(?P<number>\d{1,9}(?:\.\d{1,9})?)(?P<unit>[^\d,;]{0,30}?) "
    r"(?:below (?:zero|0)|bajo cero|unter null|sous z[ée]ro|abaixo de zero|sotto zero|ниже нуля|poniżej zera)",
    re.IGNORECASE,
)
"""A temperature below zero."""
BELOW_FIRST = re.compile(r"(?:零下|氷点下|영하 ?)(?=\d)")
SHARE = re.compile(
    rf"(?P<below>{CHINESE.pattern}|\d{{1,9}}) ?(?:分之|分の|분의) ?(?P<above>{CHINESE.pattern}|\d{{1,9}})(?P<rest>.{{0,40}})"
)
"""A fraction of which the denominator comes first: "五分之一" is 1/5."""
GROSS = re.compile(r"(\d{1,15}) (gross|score)")
PIECE = re.compile(r" ?(?P<number>\d{1,20}(?:[.,]\d{1,20})?)")
HEAD = re.compile(r"[-+]? ?(?:US|C|A)?[$\u20ac\u00a3\u20b9\u00a5]? ?[-+]?(?=\d)")
OF = re.compile(r" (?:de |di |d'|von )")
COUNTERS = "个個只本元块塊張张年天岁歲歳時小分秒米斤人名颗顆棵辆輛把件次円枚匹台杯つ本箱袋支页頁美欧日"
COUNTED = re.compile(rf"[{COUNTERS}][^\W\d_]{{0,3}}")
"""A measure word with what it counts, after a Chinese number."""
LONGEST = 120
"""Characters of an answer that is read here."""


def in_digits(text: str) -> str:
    """Return an answer with the number words of other languages that it starts with, and words of scale, in digits.

    >>> [in_digits(text) for text in ("2,5 Millionen Euro", "3万2千円", "cinco manzanas", "2 horas y media", "2x")]
    ['2500000 Euro', '32000 円', '5 manzanas', '5/2 horas', '2x']
    """
    if len(text) > LONGEST or "\\" in text or "=" in text:
        return text
    text = BELOW_FIRST.sub("-", text, count=1)
    if share := SHARE.fullmatch(text):
        above, below = whole(share["above"]), whole(share["below"])
        return f"{above}%{share['rest']}" if below == 100 else f"{above}/{below}{share['rest']}"
    head = HEAD.match(text)
    if head is None:
        return worded(text)
    body = text[head.end() :]
    if gross := GROSS.fullmatch(body):
        return head[0] + str(int(gross[1]) * (144 if gross[2] == "gross" else 20))
    if cold := BELOW.fullmatch(body):
        return f"-{cold['number']}{cold['unit']}"
    if half := HALF.fullmatch(body):
        return f"{head[0]}{2 * int(half['number']) + 1}/2 {(half['unit'] + half['rest']).strip()}".strip()
    value, rest = scaled(body)
    return text if value is None else f"{head[0]}{value} {OF.sub(' ', rest, count=1).strip()}".strip()


def whole(text: str) -> int:
    """Return the value of a number in digits or in Chinese characters."""
    return int(text) if text.isdecimal() else chinese_value(text.lstrip("第"))


def scaled(body: str) -> tuple[Fraction | None, str]:
    """Return the value of numbers with their words of scale, "3万2千", and the text after them; None for no scale."""
    total, place, found = Fraction(0), 0, False
    while piece := PIECE.match(body, place):
        number = Fraction(piece["number"].replace(",", "."))
        factor, place = scale_after(body, piece.end())
        total, found = total + number * factor, found or factor != 1
        if factor == 1:
            break
    return (total, body[place:]) if found else (None, body)


def scale_after(body: str, end: int) -> tuple[Fraction, int]:
    """Return the product of the words of scale at a place, and where they end."""
    factor = Fraction(1)
    while factor < 1_000_000_000_000_000:
        start = end + (body[end : end + 1] == " ")
        if NOT_SCALE.match(body, start):
            break
        joined = next((word for word in JOINED if body.startswith(word, start)), None)
        word = joined or body[start:].split(" ", 1)[0]
        value = JOINED.get(word) or SCALE.get(folded(word)) or SCALE.get(folded(word.rstrip(".")))
        if value is None:
            break
        factor, end = factor * value, start + len(word)
    return factor, end


def worded(text: str) -> str:
    """Return an answer that starts with a number in words with that number in digits; other texts as they are.

    A single word that may be an article is a number only by itself: "uno", but not "un chien". A number in Chinese
    characters stands by itself or before a measure word: "十八个", but not "三角形".
    """
    if not text[:1].isalpha() or any(c.isdigit() for c in text) or folded(text.split(" ", 1)[0]) in ENGLISH:
        return text
    numbers = spelled(text, ())
    if len(numbers) != 1 or numbers[0].start or RANGE.search(text):
        return text
    number = numbers[0]
    rest = text[number.end :].strip()
    if CHINESE.match(text) and rest and not COUNTED.fullmatch(rest):
        return text
    if rest and number.value == 1 and not CHINESE.match(text):
        return text
    if all(c in TENS for c in text[: number.end]) and rest:  # 千克 is a unit
        return text
    return f"{number.value} {rest}".strip()
