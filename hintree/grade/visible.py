"""The part of an output that counts: without thinking, control tokens, calculator notes and turns of other speakers."""

import re

THINKING = re.compile(
    r"(?P<close></(?:think|thinking|thought|reasoning|seed:think)>|\[/THINK\]|◁/think▷|<\|end_of_thought\|>"
    r"|<\|channel\|>final<\|message\|>)"
    r"|<(?:think|thinking|thought|reasoning|seed:think)>|\[THINK\]|◁think▷|<\|begin_of_thought\|>"
    r"|<\|channel\|>(?:analysis|commentary)<\|message\|>",
    re.IGNORECASE,
)
"""Tags around thinking that is no part of the answer."""
TOKENS = re.compile(
    r"<[|\uff5c][^|\uff5c<>\n]{1,40}[|\uff5c]>|</?s>|<(?:eos|bos|pad|end_of_turn|start_of_turn|eot)>|\[/?INST\]|\[EOS\]",
    re.IGNORECASE,
)
"""Control tokens that some servers leave in the text."""
CALCULATOR = re.compile(r"<<[^<>\n]{0,200}>>")
"""Calculator annotations of GSM8K: ``<<3*4=12>>``."""
TURN = re.compile(r"\n[#* ]{0,6}(?:Q|Question|Problem|User|Human|Exercise)(?: ?\d{1,3})?[* ]{0,3}[:.](?=[*\s])")
"""Start of another question, with which base models go on after their answer."""


def visible(text: str) -> str:
    """Return the text outside thinking tags, without control tokens.

    An opening tag that is never closed hides the rest of the text; a closing tag without an opening one hides all that
    stands before it, since chat templates open the tag in the prompt.
    """
    if "<" in text or "[" in text or "◁" in text:
        text = TOKENS.sub("\n", without_thinking(text))
        if "<<" in text:
            text = CALCULATOR.sub("", text)
    return text


def without_thinking(text: str) -> str:
    """Return the text outside thinking tags."""
    kept: list[str] = []
    start, hidden = 0, False
    for tag in THINKING.finditer(text):
        if tag["close"]:
            if not hidden:
                kept.clear()
            start, hidden = tag.end(), False
        elif not hidden:
            kept.append(text[start : tag.start()])
            hidden = True
    if not hidden:
        kept.append(text[start:])
    return "\n".join(kept)


def turns(text: str) -> list[str]:
    """Return the text cut before each line that starts another question."""
    starts = [match.start() for match in TURN.finditer(text)]
    return [text[a:b] for a, b in zip([0, *starts], [*starts, len(text)], strict=True)]
