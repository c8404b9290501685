"""First contact with servers of each supported thinking style: what is probed, sent, and read."""

import json
from dataclasses import replace

import pytest

from hintree.cli import main
from hintree.models import Completion, GenerationRequest, Prompt, Turn
from hintree.models.remote.body import assistant_text, body_of
from hintree.models.remote.capabilities import Capabilities, Thoughts
from hintree.models.remote.model import RemoteModel
from hintree.models.thinking import HARMONY, MAGISTRAL, SWITCHED, THINK, split_thought, style_of_name, style_of_text
from hintree.policies import find_protocol
from hintree.policies.formats import format_for
from hintree.search import Problem
from tests.support.thinking_server import ANSWER, QUESTION, THOUGHT, Trace, thinking_server

STYLES = {
    "Qwen3": Trace(SWITCHED, "Qwen/Qwen3-8B", opened=False, switch=True, inserts=True),
    "Qwen3.5": Trace(SWITCHED, "Qwen/Qwen3.5-4B", opened=True, switch=True, parser="reasoning"),
    "R1 distill": Trace(THINK, "deepseek-ai/DeepSeek-R1-Distill-Qwen-1.5B", opened=True, strips=True),
    "SmolLM3": Trace(SWITCHED, "HuggingFaceTB/SmolLM3-3B", opened=False, switch=True, prefill=""),
    "Phi-4-reasoning": Trace(THINK, "microsoft/Phi-4-mini-reasoning", opened=False),
    "Magistral": Trace(MAGISTRAL, "mistralai/Magistral-Small-2507", opened=False, parts=True, parser="reasoning"),
    "gpt-oss": Trace(HARMONY, "openai/gpt-oss-20b", opened=False, parser="reasoning", prefill="", effort=True),
    "gpt-oss, no parser": Trace(HARMONY, "openai/gpt-oss-20b", opened=False, prefill=""),
}
FOUND = {
    "Qwen3": Thoughts("qwen3", "text", off="template", closed=True),
    "Qwen3.5": Thoughts("qwen3", "field", off="template", closed=True),
    "R1 distill": Thoughts("think", "text", opened=True),
    "SmolLM3": Thoughts("qwen3", "text", off="template"),
    "Phi-4-reasoning": Thoughts("think", "text", continued=True, closed=True),
    "Magistral": Thoughts("magistral", "field", closed=True),
    "gpt-oss": Thoughts("harmony", "field", off="none"),
    "gpt-oss, no parser": Thoughts("harmony", "text"),
}


@pytest.mark.parametrize("kind", STYLES)
def test_first_contact_with_each_style(kind):
    with thinking_server(STYLES[kind]) as server:
        model = RemoteModel(f"{server.url}#{STYLES[kind].name}")
        form = format_for(model, find_protocol("default"))
        prompt = form.step(Problem(QUESTION), [], None)
        asked = GenerationRequest(prompt, max_tokens=300, thinking_tokens=0 if model.continues_thoughts else 500)
        [done] = model.generate([asked])
        body = server.seen[-1][2]
    can = model.capabilities
    assert can.thoughts == FOUND[kind]
    assert isinstance(done, Completion) and done.ended == "end"
    thought, answer = (done.thought, done.text) if done.thought else split_thought(done.text, STYLES[kind].style)
    assert thought is not None and thought.strip() == THOUGHT and answer == ANSWER
    assert body["messages"][-1]["role"] == ("assistant" if model.continues_thoughts else "user")
    assert body["max_tokens"] == (300 if model.continues_thoughts else 800)
    kwargs = {"enable_thinking": True} if can.thoughts.off == "template" else None
    assert body.get("chat_template_kwargs") == kwargs and "reasoning_effort" not in body


@pytest.mark.parametrize(
    ("name", "style"),
    [
        ("Qwen/Qwen3.5-4B", SWITCHED),
        ("qwen3:0.6b", SWITCHED),
        ("Qwen/Qwen3-4B-Instruct-2507", None),
        ("Qwen/Qwen2.5-1.5B-Instruct", None),
        ("deepseek-r1:1.5b", THINK),
        ("microsoft/Phi-4-mini-reasoning", THINK),
        ("microsoft/Phi-4-mini-instruct", None),
        ("magistral-small", MAGISTRAL),
        ("gpt-oss:20b", HARMONY),
    ],
)
def test_thinking_models_are_known_by_name(name, style):
    assert style_of_name(name) is style


@pytest.mark.parametrize(
    ("text", "style", "parts"),
    [
        ("<think>\nIt is 26.\n</think>\n\n18", THINK, ("It is 26.", "18")),
        ("It is 26.</think>18", THINK, ("It is 26.", "18")),
        ("<think>It is 26.", THINK, ("It is 26.", "")),
        ("<think>a</think>26<think>b</think>18", THINK, ("a</think>26<think>b", "18")),
        ("[THINK]It is 26.[/THINK]18", MAGISTRAL, ("It is 26.", "18")),
        (
            "<|channel|>analysis<|message|>It is 26.<|end|><|start|>assistant<|channel|>final<|message|>18",
            HARMONY,
            ("It is 26.", "18"),
        ),
        ("analysisThe final answer is 26.assistantfinal18", HARMONY, ("The final answer is 26.", "18")),
        ("analysisThe final answer is 26", HARMONY, ("The final answer is 26", "")),
        ("The answer is 18.", THINK, (None, "The answer is 18.")),
    ],
)
def test_a_thought_is_split_from_the_answer(text, style, parts):
    assert split_thought(text, style) == parts


def test_marks_in_a_text_show_its_style():
    assert style_of_text("[THINK]a") is MAGISTRAL and style_of_text("a</think>b") is THINK
    assert style_of_text("<|channel|>analysis<|message|>a") is HARMONY and style_of_text("2 < 3") is None


CHAT = Capabilities("m", chat=True, endpoint="chat/completions", prefill="flags", stop="removed", ending="field")


def test_turns_template_arguments_and_further_fields_are_sent():
    turns = (Turn("user", "1 + 1?"), Turn("assistant", "2"))
    prompt = Prompt("2 + 2?", "", "Add.", (), turns, (("custom", 1),), (("repetition_penalty", "1.1"),))
    body = body_of(GenerationRequest(prompt), CHAT)
    assert [turn["content"] for turn in body["messages"]] == ["Add.", "1 + 1?", "2", "2 + 2?"]
    assert body["chat_template_kwargs"] == {"custom": 1} and body["repetition_penalty"] == 1.1
    assert "chat_template_kwargs" not in body_of(GenerationRequest(prompt), replace(CHAT, template="refused"))
    raw = body_of(GenerationRequest(prompt), replace(CHAT, endpoint="completions"))
    assert raw["prompt"] == "Add.\n1 + 1?\n2\n\n2 + 2?\n" and "chat_template_kwargs" not in raw


@pytest.mark.parametrize(
    ("thoughts", "given", "sent"),
    [
        (Thoughts("think", "text", continued=True, closed=True), "<think>\nSo", "<think>\nSo"),
        (Thoughts("think", "text"), "<think>\n", ""),
        (Thoughts("think", "text", closed=True), "<think>\n\n</think>\n\nStep 1.", "<think>\n\n</think>\n\nStep 1."),
        (Thoughts("think", "text"), "<think>\n\n</think>\n\nStep 1.", "Step 1."),
        (Thoughts(), "<think>\n", "<think>\n"),
    ],
)
def test_marks_of_a_thought_are_sent_where_the_server_keeps_them(thoughts, given, sent):
    assert assistant_text(Prompt("Q", given), replace(CHAT, thoughts=thoughts)) == sent


def test_doctor_has_rows_about_thoughts(capsys):
    with thinking_server(STYLES["Qwen3"]) as server:
        assert main(["doctor", f"{server.url}#Qwen/Qwen3-8B", "--json"]) == 0
    rows = {row["what"]: row["found"] for row in json.loads(capsys.readouterr().out)["findings"]}
    assert rows["thinking"] == "style qwen3, in the text" and rows["thinking turned off"] == "yes, by enable_thinking"
    assert rows["thought continued"] == "no" and rows["template arguments"] == "yes"
    assert rows["thinking_token_budget"] == "no" and rows["limit of tokens"] == "max_tokens"
