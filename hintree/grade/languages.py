# ruff: noqa: E501, RUF001  # tables of words; letters of other scripts
"""Phrases with which the languages state a final answer: the noun, what may stand around it, and what follows the value.

A phrase is ``before? noun after? link value``. The links of a language name the verbs; a colon, a dash or "=" is a link
in each. ``tails`` are verbs and particles that follow the value, ``waits`` the words with which a correction starts.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Language:
    """The words with which one language states answers. All but the tails are pieces of regular expressions.

    Attributes:
        name: English name.
        nouns: Words for "answer".
        adjectives: Words for "final", "correct", ... that may follow the noun.
        links: Verbs between the noun and the value.
        tails: Words that may follow the value.
        waits: Words that start the correction of what was stated.
        bare: Whether a number may follow the noun without a link ("答案 42").
        noun_first: Whether the unit stands before its number ("dola 18").
    """

    name: str
    nouns: tuple[str, ...]
    links: tuple[str, ...]
    adjectives: tuple[str, ...] = ()
    tails: tuple[str, ...] = ()
    waits: tuple[str, ...] = ()
    bare: bool = False
    noun_first: bool = False


ENGLISH = Language(
    "english",
    (
        "answers?",
        "correct (?:option|choice)",
        "right (?:option|choice)",
        "best (?:option|choice)",
        "final result",
        "answer choice",
        "option that is correct",
    ),
    (
        "is given by",
        "is found to be",
        "was found to be",
        "is calculated to be",
        "can be written as",
        "is equal to",
        "is",
        "are",
        "(?:will|would|should|must|can only|has to)(?: (?:therefore|thus|then|hence|indeed|simply|now|also))? be",
        "comes out to be",
        "comes out to",
        "comes to",
        "to be",
        "remains",
        "becomes",
        "turns out to be",
        "works out to be",
        "works out to",
        "equals",
        "was",
        "'s",
        r"of(?= ?[-$\\]{0,2}\d)",
    ),
    (
        ", (?:then|therefore|thus|hence|however|of course|indeed|finally|in fact|as expected),",
        "then",
        "here",
        "therefore",
        "thus",
        "obtained",
        "found",
        ",(?= is )",
        "(?:that |which )?(?:we|you|i|they)(?:'re|'ve)? (?:[a-z']{1,15} ){0,4}?[a-z']{1,15}(?= is\\b| are\\b|:)",
    ),
    waits=(
        "wait",
        "hmm+",
        "hm",
        "hold on",
        "oops",
        "no",
        "nope",
        "actually",
        "sorry",
        "my mistake",
        "correction",
        "scratch that",
        "on second thought",
        "not so fast",
        "let me (?:recalculate|redo|reconsider|re-?check|rethink|re-?examine|try again|correct|fix|start over|re-?think)",
        "let's (?:recalculate|redo|reconsider|re-?check|rethink|re-?examine|try again|correct|fix|start over)",
        "but (?:wait|no|hold on|that's|that is|that can't|this is (?:wrong|not)|is (?:that|this|it)|let)",
        "oh,? (?:wait|no)",
        "ah,? (?:wait|no)",
        "(?:that|this|it)(?:'s| is| was| can't be| cannot be| isn't| is not| must be| seems| looks| doesn't look|"
        " does not look| doesn't seem| does not seem)(?: be| clearly| obviously)? ?"
        "(?:wrong|incorrect|not right|not correct|right\\?|correct\\?|a mistake|an error|impossible)",
        "(?:that|this) (?:can't|cannot|doesn't|isn't) (?:be )?(?:right|correct)",
        "i (?:made|think i made|have made|see) (?:a|an|my) (?:mistake|error)",
    ),
)
OTHERS = (
    Language(
        "spanish",
        ("respuesta", "resultado final"),
        ("es igual a", "es de", "es", "son", "sería", "será", "debe ser"),
        ("final", "correcta", "definitiva", "a la pregunta", "al problema"),
        waits=("espera", "esperen?", "un momento", "no,", "perdón", "en realidad", "déjame"),
    ),
    Language(
        "german",
        ("antwort", "endergebnis", "endgültiges ergebnis", "lösung"),
        (
            "lautet",
            "ist",
            "wäre",
            "beträgt",
            "sind",
            r"(?:(?<=ist die antwort)|(?<=lautet die antwort)|(?<=beträgt die antwort))(?= [-$\\]{0,2}\d)",
        ),
        ("auf die frage", "zur frage"),
        waits=("warte", "moment", "halt", "nein", "stopp?", "tatsächlich", "lass mich", "das ist falsch"),
    ),
    Language(
        "french",
        ("r[ée]ponse", "résultat final"),
        ("est égale à", "est donc", "est alors", "est de", "est", "sont", "serait", "sera"),
        ("finale", "correcte", "définitive", "à la question", "au problème"),
        waits=("attends", "attendez", "un instant", "non,", "pardon", "en fait"),
    ),
    Language(
        "portuguese",
        ("resposta", "resultado final"),
        ("é igual a", "é de", "é", "são", "será", "seria"),
        ("final", "correta", "certa", "definitiva", "à pergunta", "da pergunta", "do problema"),
        waits=("espere?", "um momento", "não,", "desculpe", "na verdade"),
    ),
    Language(
        "russian",
        ("ответ(?:ом)?",),
        ("равен", "равняется", "это", "будет", "является", "составляет"),
        ("на вопрос", "на задачу", "задачи", "к задаче"),
        waits=("подожди(?:те)?", "стоп", "нет,", "минутку", "хотя", "погоди(?:те)?"),
        bare=True,
    ),
    Language(
        "chinese",
        (
            "答案",
            "正确选项",
            "正確選項",
            "答(?=[:\uff1a])",
            "故选",
            "故選",
            "应选",
            "應選",
            "所以选",
            "因此选",
            "本题选",
        ),
        (
            "应该是",
            "應該是",
            "应为",
            "應為",
            "就是",
            "是",
            "为",
            "為",
            "等于",
            "等於",
            "选",
            "選",
            r"择?(?=[ (\uff08]?[A-J](?![a-zA-Z]))",
        ),
        tails=("吗",),
        waits=("等等", "等一下", "不对", "不對", "不是", "错了", "稍等", "且慢"),
        bare=True,
    ),
    Language(
        "japanese",
        ("答え", "解答", "回答", "答(?=[:\uff1a])", "正解"),
        ("は", "が"),
        tails=("となります", "になります", "であります", "でしょう", "である", "です", "だ", "となる", "になる"),
        waits=("待って", "待てよ", "ちょっと待", "いや", "いいえ", "違う", "違います"),
    ),
    Language(
        "hindi",
        ("उत्तर", "जवाब"),
        ("है", "होगा", "यह है", "बराबर है"),
        tails=("होगा", "होंगे", "होगी", "हैं", "है"),
        waits=("रुको", "रुकिए", "रुकें", "नहीं", "ठहरो"),
        bare=True,
    ),
    Language(
        "bengali",
        ("উত্তরটি", "উত্তরটা", "উত্তর", "জবাব"),
        ("হলো", "হল", "হবে", "হচ্ছে", "হ'ল"),
        tails=("হবে", "হয়"),
        waits=("দাঁড়াও", "দাঁড়ান", "অপেক্ষা", "না,", "থামো"),
        bare=True,
    ),
    Language(
        "arabic",
        ("ال[إا]جابة", "الجواب", "[إا]جابة", "جواب"),
        ("هي", "هو", "تساوي", "يساوي", "ستكون", "سيكون"),
        ("النهائية", "النهائي", "الصحيحة", "الصحيح", "عن السؤال", "على السؤال"),
        waits=("انتظر", "لحظة", "لا،", "مهلا", "عفوا"),
        bare=True,
    ),
    Language(
        "swahili",
        ("jibu", "jawabu"),
        ("ni sawa na", "ni", "litakuwa", "itakuwa"),
        ("la mwisho", "sahihi", "la swali", "kwa swali"),
        waits=("subiri", "ngoja", "hapana", "samahani"),
        noun_first=True,
    ),
    Language(
        "telugu",
        ("సమాధానం", "జవాబు"),
        ("అంటే",),
        tails=("అవుతుంది", "అవుతాయి", "ఉంటుంది", "ఉంది", "అవును"),
        waits=("ఆగండి", "ఆగు", "కాదు", "వేచి"),
        bare=True,
    ),
    Language(
        "thai",
        ("คำตอบ", "ตอบ(?= ?(?:[-+$]?\\d|[:=\uff1a]))"),
        ("ก็คือ", "คือ", "เท่ากับ", "เป็น"),
        ("สุดท้าย", "ที่ถูกต้อง", "ที่ได้", "ของคำถาม", "ของคำถามนี้", "ของข้อนี้"),
        waits=("เดี๋ยวก่อน", "เดี๋ยว", "รอก่อน", "รอเดี๋ยว", "ไม่ใช่", "ไม่,"),
        bare=True,
    ),
    Language(
        "italian",
        ("risposta",),
        ("è", "sono", "sarebbe"),
        ("finale", "corretta", "alla domanda"),
        waits=("aspetta", "no,"),
    ),
    Language(
        "dutch",
        ("antwoord",),
        ("is", "luidt", r"(?<=is het antwoord)(?= \d)"),
        ("op de vraag",),
        waits=("wacht", "nee,"),
    ),
    Language(
        "polish",
        ("odpowiedź", "odpowiedzią"),
        ("to", "jest", "wynosi"),
        ("końcowa", "na pytanie"),
        waits=("czekaj", "nie,"),
    ),
    Language(
        "turkish",
        ("cevap", "yanıt"),
        (),
        tails=("'dir", "'dır", "dir", "dır"),
        waits=("bekle", "dur", "hayır"),
        bare=True,
    ),
    Language(
        "vietnamese",
        ("đáp án", "câu trả lời", "đáp số"),
        ("là",),
        ("cuối cùng", "đúng"),
        waits=("khoan", "đợi đã", "không,"),
    ),
    Language(
        "korean",
        ("정답", "최종 답", "답변", "답"),
        ("은", "는"),
        tails=("입니다", "이다", "이에요", "예요"),
        waits=("잠깐", "잠시만", "아니"),
    ),
    Language(
        "indonesian",
        ("jawaban(?:nya)?",),
        ("adalah", "ialah"),
        ("akhir", "akhirnya", "yang benar"),
        waits=("tunggu", "bukan"),
    ),
    Language("ukrainian", ("відповідь",), ("дорівнює", "це"), waits=("зачекай(?:те)?", "стоп", "ні,"), bare=True),
)
LANGUAGES = (ENGLISH, *OTHERS)
