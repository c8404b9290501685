"""Models on servers: quirks of a server are probed and do not change the generated text."""

import json
import math
from dataclasses import replace

import pytest
import torch

from hintree.cli import main
from hintree.errors import LabelError, ServerError, UsageError
from hintree.models import Completion, GenerationRequest, Prompt, Scored, load_classifier, open_served
from hintree.models.local.text import plain
from hintree.models.remote.body import body_of
from hintree.models.remote.capabilities import Capabilities
from hintree.models.remote.model import RemoteModel
from hintree.scorers import FAMILIES, PRM
from hintree.search import Problem, ScoreRequest, Tree
from hintree.solver import Solver
from tests.support.scripted import written
from tests.support.shared_models import shared_pool
from tests.support.small_server import Quirks, SmallServer, lab_server, student

QUESTION = "(1) Ana has 4 pens. (2) Ben gets 3 more pens than Ana. How many pens does Ben have?"
RAW = Quirks(chat=False)
CHAT = Quirks(completions=False)
SERVERS = {
    "vllm": (RAW, {"stop": "removed", "ending": "field", "logprobs": "tokens", "endpoint": "completions"}),
    "llama.cpp": (replace(RAW, ending="count", logprobs="content"), {"ending": "count", "logprobs": "content"}),
    "transformers": (
        replace(RAW, ending="no", logprobs="", sampling="generation_config", extras=False, stop="kept"),
        {"sampling": "generation_config", "stop": "kept", "ending": "text", "extras": False, "logprobs": ""},
    ),
    "stop refused": (replace(RAW, stop="refused", ending="no"), {"stop": "refused"}),
    "stop ignored": (replace(RAW, stop="ignored", ending="no", logprobs=""), {"stop": "ignored"}),
    "greedy": (replace(RAW, sampling="no"), {"sampling": "no"}),
    "no seeds": (replace(RAW, seed=False), {"sampling": "yes", "seed": False}),
    "wrong usage": (replace(RAW, usage="wrong"), {"usage": "wrong"}),
    "no usage": (replace(RAW, usage="missing", logprobs=""), {"usage": "missing"}),
    "flags": (Quirks(), {"endpoint": "chat/completions", "prefill": "flags", "echo": False}),
    "last, echoed": (replace(CHAT, prefill="last", echo=True), {"prefill": "last", "echo": True, "completions": False}),
    "new turn": (replace(CHAT, prefill="no"), {"prefill": "", "endpoint": "chat/completions"}),
    "new turn, but raw": (Quirks(prefill="no"), {"prefill": "", "endpoint": "completions", "chat": True}),
}


@pytest.mark.parametrize("kind", SERVERS)
def test_quirks_of_a_server_are_probed_and_change_no_text(kind):
    quirks, wanted = SERVERS[kind]
    with lab_server(quirks) as server:
        model = RemoteModel(f"{server.url}#student")
        assert {name: getattr(model.capabilities, name) for name in wanted} == wanted
        prefix = "" if kind == "new turn" else "(2) Ben gets 3 more pens than Ana. "
        requests = [
            GenerationRequest(Prompt(QUESTION, prefix), stop=("\n",), max_tokens=60),
            GenerationRequest(Prompt(QUESTION, prefix), max_tokens=60),
            GenerationRequest(Prompt(QUESTION, prefix), max_tokens=5),
        ]
        remote, local = model.generate(requests), student().generate(requests)
    assert len(remote) == len(requests)
    for there, here in zip(remote, local, strict=True):
        assert isinstance(there, Completion) and (there.text, there.ended) == (here.text, here.ended)
        if there.probabilities and quirks.stop == "removed":
            expected = here.probabilities[: len(there.probabilities)]
            assert there.probabilities == pytest.approx(expected, abs=1e-5)
            assert len(expected) >= len(here.probabilities) - 1
        if quirks.stop == "removed" and quirks.usage == "right" and kind != "new turn":
            assert there.usage.generated_tokens == here.usage.generated_tokens
        assert there.usage.generated_tokens > 0 and there.usage.prompt_tokens > 0
    assert model.usage.calls == 3


def test_the_same_seed_gives_the_same_text_and_requests_hold_all_sampling_settings():
    with lab_server(RAW) as server:
        model = RemoteModel(f"{server.url}#student")
        requests = [
            GenerationRequest(Prompt(QUESTION), seed=s, temperature=4, top_p=0.9, max_tokens=20)
            for s in (2**63, 2**63, 7)
        ]
        texts = [done.text for done in model.generate(requests)]
    assert texts[0] == texts[1] != texts[2]
    capabilities = replace(model.capabilities, extras=False)
    assert "top_k" not in body_of(requests[0], capabilities) and body_of(requests[0], capabilities)["top_p"] == 0.9
    assert body_of(replace(requests[0], top_k=5), capabilities)["top_k"] == 5  # refused rather than ignored
    drawn = json.loads(body_of(requests[0], replace(capabilities, sampling="generation_config"))["generation_config"])
    assert drawn["do_sample"] and drawn["top_k"] == 0


def test_where_a_turn_cannot_be_continued_the_steps_go_into_the_users_turn():
    capabilities = Capabilities("m", chat=True, endpoint="chat/completions")
    [system, user] = body_of(GenerationRequest(Prompt("How many?", "One step.\n\n", "Solve it.")), capabilities)[
        "messages"
    ]
    assert system == {"role": "system", "content": "Solve it."}
    assert user["role"] == "user" and "How many?" in user["content"] and "One step." in user["content"]


def test_without_log_probabilities_there_is_no_confidence():
    with lab_server(replace(RAW, logprobs="")) as server:
        solution = Solver("beam", reasoner=f"{server.url}#student", scorer="confidence").solve(QUESTION)
    assert str(solution.stop_reason).startswith("failed: the reasoner's server returns no log-probabilities")


def test_a_search_over_a_server_and_local_models_grows_the_tree_of_the_local_one():
    local = Solver("hinted", reasoner="embedded:student", pool=shared_pool()).solve(QUESTION)
    with lab_server(RAW) as server:
        there = Solver("hinted", reasoner=f"{server.url}#student", hinter="embedded:hinter").solve(QUESTION)
    assert [(n.step.text, n.hint) for n in there.tree] == [(n.step.text, n.hint) for n in local.tree]
    assert there.ledger["reasoner"].generated_tokens == local.ledger["reasoner"].generated_tokens


def test_the_only_model_needs_no_name_and_several_do():
    with lab_server(RAW) as server:
        assert RemoteModel(server.url).capabilities.model == "student"
    two = 200, {"data": [{"id": "a"}, {"id": "b"}]}
    with SmallServer(lambda path, body: two) as server, pytest.raises(UsageError, match="it has a, b"):
        RemoteModel(server.url)


def pooling_server(folder, steps_only=False):
    """vLLM's /tokenize and /pooling as documented, backed by a real classifier; no vLLM was available."""
    model = load_classifier(str(folder), device="cpu")

    def answer(path, body):
        if path == "/tokenize":
            return 200, {"tokens": plain(model.tokenizer, body["prompt"]), "max_model_len": 4096}
        if path != "/pooling":
            return 404, {"error": "not here"}
        ids = body["input"] if isinstance(body["input"], list) else plain(model.tokenizer, body["input"])
        with torch.inference_mode():
            rows = model.model(torch.tensor([ids])).logits[0].softmax(-1).tolist()
        newline = plain(model.tokenizer, "\n")[-1]
        rows = [row for i, row in enumerate(rows) if ids[i] == newline][1:] if steps_only else rows
        return 200, {"data": [{"index": 0, "object": "pooling", "data": rows}], "usage": {"prompt_tokens": len(ids)}}

    return SmallServer(answer)


@pytest.mark.parametrize("steps_only", [False, True])
def test_pooled_scores_are_those_of_the_model(tiny_prm, steps_only):
    local = load_classifier(str(tiny_prm), device="cpu")
    texts = [PRM(local, FAMILIES["lab"]).texts("How many?", steps)[-1] for steps in (["one step", "two"], ["three"])]
    with pooling_server(tiny_prm, steps_only) as server:
        remote = open_served(f"{server.url}#prm")
        remote_scores = remote.classify(texts)
        assert main(["doctor", f"{server.url}#prm", "--json"]) == 0
    for there, here in zip(remote_scores, local.classify(texts), strict=True):
        assert isinstance(there, Scored) and there.probabilities == pytest.approx(here.probabilities, abs=1e-5)
    assert remote.usage.calls == 2
    with pytest.raises(ServerError, match="writes no text"):
        RemoteModel(f"{server.url}#prm")


@pytest.mark.parametrize("data", [[], [[0.5, 0.5]] * 3, [[0.5, float("inf")]] * 2, [["a"]], None])
def test_pooled_rows_that_cannot_be_right_are_errors(tiny_prm, data):
    def answer(path, body):
        if path == "/tokenize":
            return 200, {"tokens": [1, 2]}
        return 200, json.dumps({"data": [{"data": data}]}).replace("Infinity", "1e999")

    with SmallServer(answer) as server:
        remote = open_served(f"{server.url}#prm")
        remote.server.limits = replace(remote.server.limits, tries=2, wait=0.01)
        [found] = remote.classify([PRM(remote).texts("q", ["one", "two"])[-1]])
    assert isinstance(found, ServerError)


def test_label_tokens_are_scored_after_every_step_and_requested_once():
    prompts = []

    def answer(path, body):
        prompts.append(body["prompt"])
        tops = {"+": -0.1, " -": -2.0, "x": -9.0} if body["prompt"].endswith("good\n") else {"-": -0.2, "x": -5.0}
        logprobs = {"tokens": ["+"], "token_logprobs": [-0.1], "top_logprobs": [tops]}
        return 200, {"choices": [{"text": "+", "finish_reason": "length", "logprobs": logprobs}]}

    with SmallServer(answer) as server:
        remote = open_served(f"{server.url}#m?labels=-,+")
        prm = PRM(remote, FAMILIES["lab"])
        [found] = remote.classify([prm.texts("q", ["good", "bad"])[-1]])
        remote.classify([prm.texts("q", ["good", "bad"])[-1]])
    e = 2.718281828459045
    assert found.probabilities == pytest.approx([e**-0.1 / (e**-0.1 + e**-2), e**-5 / (e**-5 + e**-0.2)])
    assert found.mass == pytest.approx(e**-0.2 + e**-5)
    assert prompts == ["q\ngood\n", "q\ngood\nbad\n"]


def test_the_mass_of_labels_on_a_server_is_told_and_nil_mass_is_an_error():
    def answer(path, body):
        known = body["prompt"].endswith("good\n")
        tops = {" Yes": -1.0, "yes": -2.0, "No": -3.0, "The": -0.7} if known else {"The": -0.1, "It": -4.0}
        logprobs = {"tokens": ["The"], "token_logprobs": [-0.1], "top_logprobs": [tops]}
        return 200, {"choices": [{"text": "The", "finish_reason": "length", "logprobs": logprobs}]}

    tree = Tree(Problem("q"))
    steps = [tree.add(tree.root, written(text), "reasoner") for text in ("good", "bad")]
    with SmallServer(answer) as server:
        scorer = PRM(open_served(f"{server.url}#m?labels=No,Yes"), FAMILIES["lab"])
        found, nil = scorer([ScoreRequest(tree, node) for node in steps])
    yes, no = math.exp(-1) + math.exp(-2), math.exp(-3)
    assert (found.value, found.mass) == (pytest.approx(yes / (yes + no)), pytest.approx(yes + no))
    assert isinstance(nil, LabelError)
    assert "No, Yes" in str(nil)
    assert "'The'" in str(nil)


def test_doctor_prints_capabilities_and_fallbacks(capsys):
    with lab_server(RAW) as server:
        assert main(["doctor", f"{server.url}#student"]) == 0
        table = capsys.readouterr().out
        assert main(["doctor", f"{server.url}#student", "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert data["endpoint"] == "completions" and data["n"] is True
    assert all(row["what"].split()[0] in table for row in data["findings"]) and len(data["findings"]) == 20
    assert main(["doctor", "http://127.0.0.1:1/v1#m"]) == 2
    assert "http://127.0.0.1:1/v1" in capsys.readouterr().err


def test_doctor_shows_the_name_of_a_hostile_model_as_text(capsys):
    name = "m\x1b[2J\u202e"

    def answer(path, body):
        if path == "/v1/models":
            return 200, {"data": [{"id": name}]}
        choice = {"index": 0, "text": name, "finish_reason": "stop"}
        return (200, {"model": name, "choices": [choice]}) if path == "/v1/completions" else (404, {"error": name})

    with SmallServer(answer) as server:
        assert [main(["doctor", server.url, *json]) for json in ([], ["--json"])] == [0, 0]
    shown = "".join(capsys.readouterr())
    assert "m\\x1b[2J\\u202e" in shown and not {"\x1b", "\u202e"} & set(shown)


def test_a_study_accepts_models_on_servers_by_name():
    from hintree.experiments.study.resolve import fingerprint

    assert fingerprint("http://host:8000/v1#m") is None
    with pytest.raises(UsageError, match="would be stored"):
        fingerprint("http://me:secret@host/v1#m")
