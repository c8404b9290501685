"""Dates and times of day: "2021-05-06" is "May 6, 2021", "9:05 AM" is "9:05 a.m."; neither is a sum or a quotient."""

import re

MONTHS = "january february march april may june july august september october november december".split()
MONTH = {name[:size]: n for n, name in enumerate(MONTHS, 1) for size in (3, 4, len(name))}
DAYS = r"(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day,? )?"
NAME = r"(?P<month>[a-z]{3,9})\.?"
ISO = re.compile(r"(?P<year>\d{4})[-/.](?P<month>\d{1,2})[-/.](?P<day>\d{1,2})")
SLASHED = re.compile(r"(?P<first>\d{1,2})(?P<sign>[-/.])(?P<second>\d{1,2})(?P=sign)(?P<year>\d{4}|\d{2})")
NAMED = re.compile(
    rf"{DAYS}(?:{NAME} (?P<day>\d{{1,2}})(?:,? ?(?P<year>\d{{4}}))?"
    rf"|(?:the )?(?P<day2>\d{{1,2}}) (?:of )?(?P<month2>[a-z]{{3,9}})\.?,?(?: (?P<year2>\d{{4}}))?"
    rf"|(?P<month3>[a-z]{{3,9}})\.?,? (?P<year3>\d{{4}}))",
    re.IGNORECASE,
)
CLOCK = re.compile(
    r"(?P<hour>\d{1,2})(?:[:.](?P<minute>\d\d)(?::(?P<second>\d\d))?)? ?(?P<half>[ap])\.? ?m\.?(?: ?(?:est|gmt|utc))?"
    r"|(?P<h>\d{1,2}):(?P<m>\d\d)(?::(?P<s>\d\d))?(?: ?(?:h|hours|o'clock))?"
    r"|(?P<noon>(?:12(?::00)? )?noon|midday|(?:12(?::00)? )?midnight)",
    re.IGNORECASE,
)
ORDINAL = re.compile(r"(?<=\d)(?:st|nd|rd|th)(?![a-zA-Z])")

Date = tuple[int | None, int, int | None]
Time = tuple[int, int, int, bool]


def read_date(text: str) -> Date | None:
    """Return (year, month, day) of a date, None where a part is not named; None if the text is no date.

    Numbers with slashes are read with the month first unless it would be above 12, with points the day first.
    """
    if len(text) > 40 or not any(c.isdigit() for c in text):
        return None
    if match := ISO.fullmatch(text):
        return valid(int(match["year"]), int(match["month"]), int(match["day"]))
    if match := SLASHED.fullmatch(text):
        first, second = int(match["first"]), int(match["second"])
        year = int(match["year"]) + (2000 if len(match["year"]) == 2 else 0)
        day_first = match["sign"] == "." or first > 12
        return valid(year, *((second, first) if day_first else (first, second)))
    if match := NAMED.fullmatch(ORDINAL.sub("", text)):
        month = MONTH.get((match["month"] or match["month2"] or match["month3"]).lower())
        year_text, day = match["year"] or match["year2"] or match["year3"], match["day"] or match["day2"]
        return valid(int(year_text) if year_text else None, month or 0, int(day) if day else None)
    return None


def valid(year: int | None, month: int, day: int | None) -> Date | None:
    """Return a date if its parts are in their ranges."""
    return (year, month, day) if 1 <= month <= 12 and (day is None or 1 <= day <= 31) else None


def read_time(text: str) -> Time | None:
    """Return (hour, minute, second, whether it is fixed to a half of the day) of a time of day; None for other texts."""  # noqa: E501
    match = CLOCK.fullmatch(text) if len(text) <= 30 else None
    if match is None:
        return None
    if match["noon"]:
        return (0 if "midnight" in match["noon"].lower() else 12, 0, 0, True)
    hour, minute = int(match["hour"] or match["h"]), int(match["minute"] or match["m"] or 0)
    second = int(match["second"] or match["s"] or 0)
    if minute > 59 or second > 59 or hour > 24 or (match["half"] and not 1 <= hour <= 12):
        return None
    if match["half"]:
        hour = hour % 12 + (12 if match["half"].lower() == "p" else 0)
    return (hour, minute, second, bool(match["half"]) or hour > 12 or hour == 0)


def same_time(left: Time, right: Time) -> bool:
    """Return whether two times are the same; one without a half of the day may be in either."""
    if left[1:3] != right[1:3]:
        return False
    return left[0] == right[0] or (left[3] != right[3] and left[0] % 12 == right[0] % 12)
