# ruff: noqa: E501, RUF001  # texts of other scripts
"""Questions, hints and steps in Chinese, Spanish, German, French and Hindi, and questions in like languages."""

PHRASES = {
    "zh": "答案是 X。",
    "es": "La respuesta es X.",
    "de": "Die Antwort ist X.",
    "fr": "La réponse est X.",
    "hi": "उत्तर X है।",
}
QUESTIONS = {
    "zh": [
        "小明有3个苹果，又买了5个。他现在有多少个？",
        r"求 $\frac{1}{2} + \sin x$ 的值",
        "Janet 的鸭子每天下 16 颗蛋。她每天赚多少美元？",
        "每輛車有四個輪子，三輛車共有幾個？",
    ],
    "es": [
        "¿Cuánto es 12 * 7?",
        "Ana tiene 3 manzanas y compra 5 más. ¿Cuántas tiene?",
        "Calcula 12 por 7",
        "Resuelve x^2 - 5x + 6 = 0 en los números reales.",
    ],
    "de": [
        "Wie viel ist 12 mal 7?",
        "Anna hat 3 Äpfel und kauft 5 weitere. Wie viele hat sie?",
        "Berechne das Integral von x^2.",
        "Löse die Gleichung 2x + 3 = 7.",
    ],
    "fr": [
        "Combien font 12 fois 7 ?",
        "Marie a 3 pommes et en achète 5 de plus. Combien en a-t-elle ?",
        "Calcule la somme des entiers de 1 à 100.",
        "Résous l’équation 2x + 3 = 7.",
    ],
    "hi": ["राम के पास 3 सेब हैं। कुल कितने सेब हैं?", "12 गुणा 7 कितना है?"],
    "": [
        "",
        "12 * 7 = ?",
        "How many apples does José have in total?",
        "Translate 'el gato de la casa' into English: how many words are in it?",
        "The Chinese word 苹果 means apple. How many letters does it have?",
        "Marianne was 20 years old when Bella was 8 years old. How old will Marianne be when Bella turns 18?",
        "x + y = 10, x - y = 2",
        r"$1 \le x \le 5$, $2 \le y \le 3$",
        "O João tem 3 maçãs e compra mais 5. Quantas maçãs ele tem?",
        "Maria ha 3 mele e ne compra altre 5. Quante mele ha?",
        "Hoeveel is 12 keer 7?",
        "ボールは全部で何個ありますか",
    ],
}
PROBLEMS = {
    "zh": "小红有12个苹果，又买了十九个。每个苹果3万元。她一共有多少个苹果？",
    "es": "Ana tiene 12 manzanas y compra diecinueve más. Cada una cuesta 1,50 euros. ¿Cuántas manzanas tiene en total?",
    "de": "Anna hat 12 Äpfel und kauft neunzehn weitere zu 1,50 Euro, alle 1.250 Gramm. Wie viele Äpfel hat sie?",
    "fr": "Anne a 12 pommes et en achète dix-neuf de plus. Chacune coûte 1,50 euro. Combien de pommes a-t-elle en tout ?",
    "hi": "अनीता के पास १२ सेब हैं और वह उन्नीस सेब और खरीदती है। एक सेब की कीमत 1,00,000 है। कुल कितने सेब हैं?",
}
STEPS = {
    "zh": "一共三十一个。",
    "es": "En total son treinta y una.",
    "de": "Zusammen sind es einunddreißig.",
    "fr": "Cela fait trente et une.",
    "hi": "कुल इकतीस हुए।",
}
LEAKS = {
    "zh": ["一共三十一个。", "得到31。", "得３１。", "一共两百五。", "共31万。", "答案是12。", "是二〇二六。"],
    "es": [
        "Son treinta y uno.",
        "Da 31.",
        "Quedan once.",
        "Son dos mil veintiséis.",
        "La respuesta es 12.",
        "Da 1,25.",
    ],
    "de": [
        "Es sind einunddreißig.",
        "Das ergibt 31.",
        "Es bleiben elf.",
        "Zweitausendsechsundzwanzig.",
        "31 Millionen",
    ],
    "fr": [
        "Cela fait trente et un.",
        "Il en reste seize.",
        "Quatre-vingt-dix-sept.",
        "Deux cent trente.",
        "Soixante-dix.",
    ],
    "hi": ["कुल इकतीस होंगे।", "कुल ३१ होंगे।", "दो सौ पचास", "३१ लाख", "उत्तर 12 है।", "अड़तीस"],
}
"""Hints that state one number which the problem does not, or an answer."""
FINE = {
    "zh": [
        "把十二和19相加。",
        "看第三十一个条件。",
        "这十分重要。",
        "用三万元。",
        "用30000。",
        "千万不要漏掉一个。",
        "有三四个。",
    ],
    "es": [
        "Suma doce y 19.",
        "Suma una cantidad a otra.",
        "Fíjate en el vigésimo primer dato.",
        "Usa 1,5 o 1.5 euros.",
    ],
    "de": ["Addiere zwölf und neunzehn.", "Nimm eine Zahl.", "Der einunddreißigste Apfel.", "Rechne mit 1250 und 1,5."],
    "fr": [
        "Additionne douze et 19.",
        "Ajoute une quantité.",
        "La vingt et unième pomme.",
        "La dix-septième.",
        "Prends 1,5.",
    ],
    "hi": ["१२ और उन्नीस जोड़ें।", "12 और 19 जोड़ें।", "एक संख्या लें।", "इकतीसवाँ पद देखें।", "एक लाख लें।", "100000 लें।"],
    "en": ["Once you have it, seize the elf.", "Think of six cents.", "See the twenty-first line.", "A quince."],
}
PROBLEMS["en"] = "Noah has 10 pens. Luis gets 15 more pens than Noah. How many pens does Luis have?"
SPELLED = {
    "en": {17: "seventeen", 40: "forty", 205: "two hundred and five", 1984: "one thousand nine hundred eighty-four"},
    "es": {
        16: "dieciséis",
        22: "veintidós",
        99: "noventa y nueve",
        100: "cien",
        111: "ciento once",
        746: "setecientas cuarenta y seis",
        2001: "dos mil uno",
        30500: "treinta mil quinientos",
        2000000000: "dos mil millones",
    },
    "de": {
        12: "zwölf",
        17: "siebzehn",
        66: "sechsundsechzig",
        101: "hunderteins",
        730: "siebenhundertdreißig",
        1984: "tausendneunhundertvierundachtzig",
        21005: "einundzwanzigtausendfünf",
        3200000: "drei Millionen zweihunderttausend",
    },
    "fr": {
        17: "dix-sept",
        71: "soixante et onze",
        76: "soixante-seize",
        80: "quatre-vingts",
        81: "quatre-vingt-un",
        99: "quatre-vingt-dix-neuf",
        92: "nonante-deux",
        200: "deux cents",
        385: "trois cent quatre-vingt-cinq",
        1789: "mille sept cent quatre-vingt-neuf",
        80000: "quatre-vingt mille",
        3000000: "trois millions",
    },
    "hi": {
        19: "उन्नीस",
        28: "अट्ठाईस",
        35: "पैंतीस",
        49: "उनचास",
        58: "अट्ठावन",
        69: "उनहत्तर",
        74: "चौहत्तर",
        89: "नवासी",
        99: "निन्यानवे",
        205: "दो सौ पाँच",
        1250: "एक हज़ार दो सौ पचास",
        250000: "दो लाख पचास हज़ार",
        10000000: "एक करोड़",
    },
    "zh": {
        10: "十",
        17: "十七",
        205: "二百零五",
        250: "两百五十",
        1003: "一千零三",
        20310: "两万零三百一十",
        100000: "十万",
        30000000: "三千万",
        120000000: "一亿二千万",
        300000000000: "三千亿",
    },
}
"""Numbers and their words."""
ORDINALS = {
    "en": "the twenty-first, one hundred and fifth",
    "es": "el vigésimo primero, la décima, el trigésimo",
    "de": "der einunddreißigste, die zwölfte, am zwanzigsten",
    "fr": "la vingt et unième, le dix-septième, les trente-deuxièmes, la deux centième",
    "hi": "दसवाँ, इकतीसवें, बीसवीं",
    "zh": "第十，第三十一步，第一百零二",
}
