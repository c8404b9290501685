"""Completions of the server on the shipped models, requested by OpenAI's own client over a real socket."""

import json

import openai
import pytest

from hintree.solver import Solver
from tests.support.server import QUESTION, assert_error, fetch, user_message


def test_a_chat_completion_holds_the_solution_and_its_cost(client, solvers):
    done = client.chat.completions.create(model="hintree", messages=user_message(), seed=3)
    direct = Solver("hintree", seed=3, pool=solvers["hintree"].pool).solve(QUESTION)
    steps = "\n\n".join(node.step.text for node in direct.steps)
    assert done.choices[0].message.content == f"{steps}\n\nAnswer: {direct.answer}"
    assert done.choices[0].finish_reason == "stop" and done.model == "hintree" and done.object == "chat.completion"
    assert done.usage.completion_tokens == direct.ledger.total("generated_tokens") > 0
    assert done.usage.prompt_tokens == direct.ledger.total("prompt_tokens") > 0
    assert done.usage.total_tokens == done.usage.prompt_tokens + done.usage.completion_tokens
    extra = done.model_extra["hintree"]
    assert extra["answer"] == direct.answer and extra["confidence"] == direct.confidence
    assert extra["stop_reason"] == "complete" and extra["warnings"] == []
    assert set(extra["ledger"]) == {"reasoner", "hinter", "teacher", "scorer"}


@pytest.mark.parametrize("preset", ["greedy", "hintree", "beam"])
def test_a_stream_is_the_same_text_in_steps_and_ends_with_the_usage(client, preset):
    whole = client.chat.completions.create(model=preset, messages=user_message())
    stream = client.chat.completions.create(
        model=preset, messages=user_message(), stream=True, stream_options={"include_usage": True}
    )
    chunks = list(stream)
    texts = [c.choices[0].delta.content or "" for c in chunks if c.choices]
    assert "".join(texts) == whole.choices[0].message.content
    assert chunks[0].choices[0].delta.role == "assistant"
    assert [c.choices[0].finish_reason for c in chunks if c.choices][-1] == "stop"
    assert chunks[-1].choices == [] and chunks[-1].usage == whole.usage
    assert all(c.usage is None for c in chunks[:-1]) and len({c.id for c in chunks}) == 1
    steps = whole.choices[0].message.content.split("\n\n")
    if preset == "greedy" and len(steps) > 3:
        assert texts[1] == steps[0] and texts[2].startswith(f"\n\n{steps[1]}")
    assert chunks[-2].model_extra["hintree"]["answer"] == whole.model_extra["hintree"]["answer"]


def test_several_choices_are_the_solutions_of_consecutive_seeds(client):
    fields = {"model": "greedy", "messages": user_message(), "temperature": 1.5}
    several = client.chat.completions.create(**fields, seed=4, n=2)
    alone = [client.chat.completions.create(**fields, seed=seed) for seed in (4, 5)]
    assert [choice.message.content for choice in several.choices] == [one.choices[0].message.content for one in alone]
    assert [choice.index for choice in several.choices] == [0, 1] and "hintree" not in several.model_extra
    assert several.usage.completion_tokens == sum(one.usage.completion_tokens for one in alone)
    trees = [fetch(choice.model_extra["hintree"]["tree"])[2] for choice in several.choices]
    assert [json.loads(tree)["seed"] for tree in trees] == [4, 5]


def test_the_completions_endpoint_works_whole_and_streamed(client):
    whole = client.completions.create(model="greedy", prompt=QUESTION)
    assert whole.object == "text_completion" and "Answer: " in whole.choices[0].text
    stream = list(client.completions.create(model="greedy", prompt=[QUESTION], stream=True))
    assert "".join(chunk.choices[0].text for chunk in stream) == whole.choices[0].text
    assert stream[-1].choices[0].finish_reason == "stop" and stream[-1].usage is None


def test_models_are_the_presets(client):
    assert [model.id for model in client.models.list()] == ["hintree", "greedy", "beam"]
    assert client.models.retrieve("beam").owned_by == "hintree"
    with pytest.raises(openai.NotFoundError, match="there are hintree, greedy, beam"):
        client.chat.completions.create(model="gpt-4", messages=user_message())


def test_a_tree_link_leads_to_the_tree_as_json_and_as_a_page(client, url):
    done = client.chat.completions.create(model="beam", messages=user_message())
    link = done.model_extra["hintree"]["tree"]
    assert link.startswith(f"{url}/trees/")
    status, headers, text = fetch(link)
    tree = json.loads(text)
    assert status == 200 and headers["Cache-Control"] == "no-store" and tree["problem"]["question"] == QUESTION
    last, answer = done.choices[0].message.content.split("\n\n")[-2:]
    assert tree["nodes"][tree["chosen"]]["step"]["text"] == last and answer.startswith("Answer: ")
    status, headers, text = fetch(f"{link}?format=html")
    assert status == 200 and headers["Content-Type"].startswith("text/html") and "<html" in text
    assert_error(link, 400, "invalid_value", path="?format=exe")
    assert_error(url, 404, "tree_not_found", path="/trees/guess")


def test_max_tokens_ends_the_search_with_finish_reason_length(client):
    done = client.chat.completions.create(model="hintree", messages=user_message(), max_tokens=1)
    assert done.choices[0].finish_reason == "length"
    assert done.model_extra["hintree"]["stop_reason"] == "budget: tokens"


def test_the_shipped_reasoner_is_not_given_earlier_messages_and_a_warning_says_so(client):
    messages = [
        {"role": "system", "content": "Be brief."},
        *user_message("x"),
        {"role": "assistant", "content": "y"},
        *user_message(),
    ]
    done = client.chat.completions.create(model="greedy", messages=messages)
    alone = client.chat.completions.create(
        model="greedy", messages=[{"role": "user", "content": [{"type": "text", "text": QUESTION}]}]
    )
    assert done.choices[0].message.content == alone.choices[0].message.content
    assert "3 earlier messages were not read" in done.model_extra["hintree"]["warnings"][0]


def test_a_question_outside_the_lab_gets_a_warning(client):
    done = client.chat.completions.create(model="greedy", messages=user_message("Why is the sky blue?"))
    assert "only the lab's word problems" in done.model_extra["hintree"]["warnings"][0]


def test_the_metrics_count_requests_and_tokens_and_hold_no_text(url, client):
    done = client.chat.completions.create(model="greedy", messages=user_message())
    _, headers, text = fetch(url.removesuffix("/v1"), "/metrics")
    from prometheus_client.parser import text_string_to_metric_families

    values = {
        (sample.name, *sorted(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }
    assert values["hintree_requests_total", "200", "greedy"] >= 1
    assert values["hintree_tokens_total", "generated", "reasoner"] >= done.usage.completion_tokens
    assert (
        values["hintree_live_searches",] == 0
        and QUESTION[:20] not in text
        and headers["Content-Type"].startswith("text/")
    )
