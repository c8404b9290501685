import logging
import math
import random
from dataclasses import replace

import pytest
import torch

from hintree.models import Completion, GenerationRequest, Piece, Prompt, load_classifier, load_model
from hintree.models.local.classifier import LocalClassifier
from hintree.models.local.model import LocalModel
from hintree.models.local.prefix_trie import PrefixCache, PrefixTrie, count_fitting
from hintree.models.local.tree_batch import PADDING, TreeBatch, prefill_length
from hintree.models.local.tree_support import detect_tree_support, logits_after
from tests.support.tree_models import FIT, UNFIT, WORDS, alone, build, grown


@pytest.mark.parametrize("name", FIT)
def test_logits_equal_a_full_forward_after_any_forks_prunes_and_insertions(name):
    model = build(FIT[name])
    adapter = detect_tree_support(model)
    assert adapter is not None
    rng = random.Random(name)
    cache, tries = PrefixCache(), [PrefixTrie() for _ in range(3)]
    texts = [[[rng.randrange(1, WORDS) for _ in range(12)]] for _ in tries]
    for turn in range(4):
        batch = [(i, grown(rng, texts[i])) for i in range(3) for _ in range(rng.randint(1, 4))]
        for i, text in batch:
            texts[i].append(text)
        with torch.inference_mode():
            tree = TreeBatch(adapter, cache, [(tries[i], text) for i, text in batch], new_tokens=3)
            index, hidden = tree.prefill_ends()
            positions = tree.positions
            for more in (3, 2, 1, 0):
                for at, (_, text) in zip(index, batch, strict=True):
                    torch.testing.assert_close(adapter.head(hidden)[at], alone(model, text), atol=2e-5, rtol=1e-5)
                if not more:
                    break
                batch = [(i, [*text, rng.randrange(1, 4)]) for i, text in batch]
                positions, index, hidden = tree.decode([(p, t[-1]) for p, (_, t) in zip(positions, batch, strict=True)])
            tree.commit()
        for trie in tries:
            assert trie.stored == len(trie.tokens)
            if turn % 2:
                trie.prune()
            trie.start_call()


def test_a_pass_reads_what_leaves_few_slots_empty():
    assert prefill_length([30]) == 30
    assert prefill_length([40] * 5 + [30]) == 40  # 10 empty slots cost less than another pass
    assert prefill_length([140, 40, 30]) == 40
    rng = random.Random(0)
    for _ in range(50):
        left, passes = sorted((rng.randint(1, 200) for _ in range(rng.randint(1, 40))), reverse=True), 0
        while left:
            length = prefill_length(left)
            assert sum(max(0, length - n) for n in left) <= PADDING
            left, passes = [n - length for n in left if n > length], passes + 1
        assert passes <= 40


def test_the_window_is_that_of_the_configuration_again_after_the_test_with_a_shorter_one():
    model = build(FIT["gemma3"])
    adapter = detect_tree_support(model)
    assert model.config.sliding_window == 4
    assert adapter.windows == {"sliding_attention": 4, "full_attention": None}


@pytest.mark.parametrize("name", UNFIT)
def test_models_that_do_not_fit_are_told_apart_and_said_so(name, caplog):
    with caplog.at_level(logging.INFO, logger="hintree.models.local.tree_support"):
        assert detect_tree_support(build(UNFIT[name])) is None
    assert "row cache" in caplog.text


@pytest.mark.parametrize("name", ["llama", "mistral, window", "window of its own"])
def test_texts_do_not_depend_on_cache_batch_or_order(name, chat_model):
    stock = load_model(str(chat_model))
    model = build((FIT | UNFIT)[name])
    model.resize_token_embeddings(len(stock.tokenizer))
    batch = [
        GenerationRequest(
            Prompt(f"Question {i % 3}?", "So, " * (i % 4)), i, float(i % 3 > 0), max_tokens=3 + 4 * (i % 8)
        )
        for i in range(24)
    ]
    want = [a.text for a in LocalModel("rows", model, stock.tokenizer, tree=False).generate(batch)]
    for options in ({}, {"cache_bytes": 1}, {"cache_bytes": 60_000}):
        tree = LocalModel("tree", model, stock.tokenizer, **options)
        assert [a.text for a in tree.generate(batch)] == want
        assert [a.text for a in tree.generate(batch[::-1])] == want[::-1]
        assert [tree.generate([one])[0].text for one in batch[:9]] == want[:9]


def test_what_the_space_held_before_changes_nothing(chat_model):
    batch = [GenerationRequest(Prompt("Q" * (1 + 9 * i), "So, " * (i % 3)), i, max_tokens=4) for i in range(7)]
    model, fresh = load_model(str(chat_model)), load_model(str(chat_model))
    model.generate([replace(request, max_tokens=40) for request in batch])
    space = model.cache._workspace
    with torch.inference_mode():
        space.fill_(math.nan)
    assert [a.text for a in model.generate(batch)] == [a.text for a in fresh.generate(batch)]
    assert model.cache._workspace is space


def test_only_new_tokens_are_forwarded(chat_model):
    model = load_model(str(chat_model))

    def forwarded(text):
        done = model.generate([GenerationRequest(Prompt("Q?", text), max_tokens=1)])[0]
        assert isinstance(done, Completion)
        return done.usage.forwarded_tokens

    whole = forwarded("One step.\n")
    assert whole > len("One step.\n")  # a token is a byte here
    assert forwarded("One step.\n") == 1, "the last token is needed again"
    assert forwarded("One step.\nHint: look.\n") == len("Hint: look.\n")
    assert forwarded("One step.\nTwo.\n") == len("Two.\n")
    assert forwarded("One step.\nHint: look.\nTwo.\n") == len("Two.\n")


def test_siblings_that_write_alike_share_their_tokens(chat_model):
    model = load_model(str(chat_model))
    batch = [GenerationRequest(Prompt("Q?"), seed=i, max_tokens=6) for i in range(5)]
    answers = model.generate(batch)
    prompt = answers[0].usage.prompt_tokens
    assert [a.usage.forwarded_tokens for a in answers] == [prompt + 5, 0, 0, 0, 0]


def test_memory_is_bounded_and_the_ledger_shows_what_was_read_again(chat_model):
    rich, poor = (
        LocalModel("m", m.model, m.tokenizer, cache_bytes=b)
        for m, b in zip([load_model(str(chat_model)), load_model(str(chat_model))], (10**8, 20_000), strict=True)
    )
    for turn in range(4):
        batch = [GenerationRequest(Prompt(f"{i}?", "word " * turn), i, 1.0, max_tokens=12) for i in range(6)]
        assert [a.text for a in rich.generate(batch)] == [a.text for a in poor.generate(batch)]
        assert poor.cache.bytes <= 20_000
    assert poor.usage.forwarded_tokens > rich.usage.forwarded_tokens


def test_pruning_keeps_what_was_used_last():
    cache = PrefixCache(limit=6 * 4)
    [trie] = cache.open(["a"])
    trie.insert([1, 2, 3])
    trie.store(torch.arange(3.0)[None, None, :, None].repeat(1, 1, 1, 1))
    [trie] = cache.open(["a"])
    trie.insert([1, 4, 5, 6])
    trie.store(torch.arange(3.0, 6.0)[None, None, :, None])
    cache.budget = 4 * 4
    cache.evict()
    assert cache.tries() == [trie] and trie.tokens == [1, 4, 5, 6] and trie.parents == [-1, 0, 1, 2]
    assert trie.states.flatten().tolist() == [0.0, 3.0, 4.0, 5.0]
    assert trie.match([1, 2]) == [0] and trie.match([1, 4, 5, 6]) == [0, 1, 2, 3]
    cache.budget = 3 * 4
    cache.evict()
    assert cache.bytes == 0


def test_a_full_cache_does_not_visit_all_its_tries_at_every_call(monkeypatch):
    visits, prune = [], PrefixTrie.prune
    monkeypatch.setattr(PrefixTrie, "prune", lambda trie: (visits.append(1), prune(trie)))
    states = torch.zeros(2, 1, 8, 4)
    cache = PrefixCache(200 * states.nbytes)
    for group in range(600):
        with cache.call([group]) as (trie,):
            trie.insert(range(8))
            trie.store(states)
    assert 180 <= len(cache.tries()) <= 200 and cache.bytes <= cache.limit
    assert 0 < len(visits) < 20 * 600, "some tries a call, not all 200"


def test_a_working_set_takes_as_many_texts_as_fit_and_always_one():
    texts = [(PrefixTrie(), [1] * 10) for _ in range(8)]
    assert count_fitting(texts, capacity=11 * 5) == 5
    assert count_fitting(texts, capacity=1) == 1
    same = PrefixTrie()
    assert count_fitting([(same, [1] * 10)] * 8, capacity=11) == 8


def steps(n, words="abc"):
    return [Piece(f"Q {words}?\n"), *(p for i in range(n) for p in (Piece(f"step {i}."), Piece("\n", mark=True)))]


def test_labels_on_the_tree_are_those_of_the_whole_text(tiny_prm):
    tree = load_classifier(str(tiny_prm))
    whole = LocalClassifier("whole", tree.model, tree.tokenizer, tree=False)
    for n in (1, 3, 2, 5, 5):
        texts = [steps(n, words) for words in ("abc", "de", "f")] + [[*steps(n), Piece("other"), Piece("\n", True)]]
        for mine, theirs in zip(tree.classify(texts), whole.classify(texts), strict=True):
            assert mine.probabilities == pytest.approx(theirs.probabilities, abs=1e-5)
    again = tree.classify([steps(5)])[0]
    assert again.usage.forwarded_tokens == 0
    assert tree.classify([steps(6)])[0].usage.forwarded_tokens == len("step 5.\n")


def test_nan_fails_only_the_texts_that_hold_it(tiny_prm):
    tree = load_classifier(str(tiny_prm))
    token = tree.tokenizer.encode("~", add_special_tokens=False)[0]
    with torch.no_grad():
        tree.model.get_input_embeddings().weight[token] = float("nan")
    bad = [*steps(2), Piece("~"), Piece("\n", mark=True)]
    answers = tree.classify([steps(2), bad, steps(3)])
    assert [isinstance(a, Exception) for a in answers] == [False, True, False]
    assert "damaged" in str(answers[1])


def test_nan_fails_only_the_weighed_texts_that_hold_it(chat_model):
    model = load_model(str(chat_model))
    model.model.lm_head.weight = torch.nn.Parameter(model.model.lm_head.weight.clone())  # it is that of the embedding
    model = LocalModel("untied", model.model, model.tokenizer)
    token = model.tokenizer.encode("~", add_special_tokens=False)[0]
    with torch.no_grad():
        model.model.get_input_embeddings().weight[token] = float("nan")
    batch = [(Prompt("Q?"), text) for text in ("one", "~ and", "two")]
    for _ in range(2):
        assert [isinstance(answer, Exception) for answer in model.loglikelihood(batch)] == [False, True, False]


def test_an_error_in_a_forward_pass_leaves_no_half_filled_cache(chat_model):
    model = load_model(str(chat_model))
    want = model.generate([GenerationRequest(Prompt("Q?"), max_tokens=5)])[0].text
    body, calls = model.model.base_model.forward, []

    def fail(*args, **options):
        calls.append(1)
        if len(calls) == 3:
            raise RuntimeError("out of memory")
        return body(*args, **options)

    model.model.base_model.forward = fail
    with pytest.raises(RuntimeError):
        model.generate([GenerationRequest(Prompt("Q?", "more"), max_tokens=5)])
    assert model.generate([GenerationRequest(Prompt("Q?"), max_tokens=5)])[0].text == want


def test_logits_after_reads_through_a_trie():
    model = build(FIT["llama"])
    with torch.inference_mode():
        found = logits_after(detect_tree_support(model), PrefixTrie(), [[1, 2, 3], [1, 2, 3], [1, 4]])
    torch.testing.assert_close(found, torch.stack([alone(model, t) for t in ([1, 2, 3], [1, 2, 3], [1, 4])]))
