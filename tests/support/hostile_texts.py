"""Texts that a model could write to break what shows it."""

import random

HOSTILE = [
    "</script><script>window.pwned=1</script>",
    "<img src=x onerror=window.pwned=1>",
    "<svg/onload=window.pwned=1>",
    '"><iframe src="javascript:parent.pwned=1">',
    "</noscript><script>window.pwned=1</script>",
    "</title><script>window.pwned=1</script>",
    "<!--<script>",
    "]]><script>window.pwned=1</script>",
    "\u2028window.pwned=1\u2029",
    "javascript:window.pwned=1",
    "'-window.pwned-'",
    "${window.pwned=1}{{window.pwned=1}}",
    "<style>*{display:none}</style>",
    '<base href="https://example.org/"><link rel=stylesheet href=//example.org/x.css>',
    "<meta http-equiv=refresh content='0;url=https://example.org/'>",
    "\x00\x01\x1b[31m\x7f\x9b",
    "\u202etxet desrever\u2066",
    "\ud800 alone \udfff",
    "&lt;script&gt; &amp;lt; &#60;",
    '__proto__ constructor "\\" \\u003c \\',
]
PIECES = [
    "\x1b[2J\x1b[H",
    "\x1b]0;title\x07",
    "\x1b]8;;https://example.org\x1b\\link\x1b]8;;\x1b\\",
    "\x1b]52;c;cm0gLXJmIC8=\x07",
    "\x1bP$q\x1b\\",
    "\x9b31m",
    "\x90q\x9c",
    "\x00",
    "\x07\x08\x08\x08",
    "\rhintree: all is well",
    "\x0b\x0c\x0e\x0f",
    "\x7f\x7f",
    "\x85",
    "\u2028\u2029",
    "\u202e\u2066",
    "\u200b\u200d\ufeff",
    "\U000e0041\U000e007f",
    "\ud800",
    "\udc80\udcff",
    "\ue000\uffff",
    "=1+1",
    '=HYPERLINK("https://example.org")',
    "@SUM(A1)",
    "+1|cmd",
    "-1+cmd",
    "\t=1",
    "\uff1d1",
    "[red]red[/red][link=https://example.org]x[/link]",
    "[/]",
    "| a | b |\n|---|---|",
    "[a](javascript:alert(1)) ![b](https://example.org/x.png)",
    "```\n# heading\n```",
    "%s %n {0} {x!r} $(touch pwned) `touch pwned`",
    "a" * 300,
    "\n\n\n",
]
"""Parts of hostile outputs: what terminals, spreadsheets and markup take for commands."""


def hostile_outputs(seed: int, count: int) -> list[str]:
    """Outputs of a model that would take over what shows them: the texts above, and mixtures of their parts."""
    draw = random.Random(seed)
    outputs = [*PIECES, *HOSTILE]
    while len(outputs) < count:
        outputs.append("".join(draw.choices([*PIECES, *HOSTILE, "x", " ", "7"], k=draw.randint(2, 6))))
    draw.shuffle(outputs)
    return outputs[:count]
