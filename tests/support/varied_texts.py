"""Texts on which tokenizers tend to differ: blanks, line breaks, numbers, scripts, emoji, code, control tokens."""

# ruff: noqa: RUF001
import random

PLAIN = [
    *(
        "",
        " ",
        "  two",
        "   ",
        "\n",
        "\n\n",
        "\n\n\n",
        "\tTab",
        "a\tb",
        "end \n",
        "end\n\n",
        "\r\nwindows\r\n",
        "a\r\n\r\nb",
    ),
    *("Hello world", " leading", "He has 12.\n\n", "mixed \t \n spaces", "    \n    \n", "x = 3\n    y = 4\n        z"),
    *(
        "1234567890",
        "3.14159",
        "$1,234.56",
        "100%",
        "1+1=2",
        "2^10=1024",
        "007",
        "12 34 567 8901",
        "1 000 000",
        "-5",
        "1e-9",
    ),
    *("12a34b", "3rd 1st 2nd", "v1.2.3", "0x1F", "½ cup", "x₁ x²", "①②③", "Ⅷ", "٣٤٥", "१२३", "一二三", "±5", "5°C"),
    *(
        "café",
        "naïve",
        "Ünïcödé",
        "你好，世界",
        "こんにちは世界",
        "안녕하세요 세계",
        "Привет, мир",
        "مرحبا بالعالم",
        "नमस्ते दुनिया",
    ),
    *(
        "🙂",
        "👩‍👩‍👧‍👦 family",
        "🇩🇪 flag",
        "e\u0301",
        "\u200bzero",
        "a\u00a0b",
        "\u3000wide",
        "ﬁ",
        "Ａｂｃ",
        "İstanbul",
        "ß",
        "ǅ",
        "ʼn",
    ),
    *("don't", "DON'T", "I'll we've you're he'd I'm it's", "CamelCaseWords", "snake_case_words", "kebab-case"),
    *(
        "https://example.com/a?b=c&d=e#f",
        "user@example.com",
        "C:\\path\\file",
        "/usr/bin/env",
        "def f(x):\n\treturn x*2\n",
    ),
    *(
        "\\frac{1}{2}",
        "$$x^2+y^2=z^2$$",
        "\\boxed{42}",
        "∑_{i=1}^n i",
        "→ ⇒ ↔",
        "π≈3.14",
        "αβγ",
        "“quotes” ‘single’",
        "–—",
    ),
    *("a,b;c:d.e!f?", "...", "!!!???", "(((nested)))", '{"a": 1, "b": [true, null]}', "<html><body>Hi</body></html>"),
    *(
        "\x00nul",
        "\x1besc",
        "A" * 50,
        "ab" * 40,
        "Step 1: add.\n\nStep 2: 3 + 4 = 7.\n\n## Step 3: done",
        "Q: 2+2?\nA: 4\n\nQ:",
    ),
    *(
        "<|im_start|>user\nHi<|im_end|>\n",
        "<|im_end|>",
        "<|endoftext|>",
        "<bos>",
        "[INST] hi [/INST]",
        "<think>\nok\n</think>\n",
    ),
]
WORDS = (
    "the quick brown fox jumps over 12 lazy dogs, and 3.5 cats! It's <b> \n \n\n \t  x=1; "
    "你好 é 🙂 'tis don't 2024-01-02 $5 #tag @me"
).split(" ")


def varied_texts(number=200):
    """The plain texts, then random sequences of words, blanks and line breaks."""
    draw = random.Random(1)
    texts = list(PLAIN)
    while len(texts) < number:
        words = [draw.choice(WORDS) + draw.choice(["", " ", "\n", "  "]) for _ in range(draw.randint(1, 14))]
        texts.append(draw.choice(["", " ", "\n\n"]).join(words))
    return texts
