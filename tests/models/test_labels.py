"""Labels: which tokens stand for them, their probabilities after a prompt, and masses that are told."""

import pytest
import torch

from hintree.errors import CheckpointError, ContextError, LabelError, UsageError
from hintree.models import LabelReading, Prompt, Turn, Usage, load_model
from hintree.models.labels import answer_at_once, check_mass, find_candidates, sum_spellings
from hintree.models.local.label_reading import candidates, encode_before
from hintree.models.local.model import LocalModel
from hintree.models.thinking import HARMONY, SWITCHED, THINK
from tests.support.checkpoints import byte_tokenizer
from tests.support.text_tokenizers import STYLES

YES_NO = ("Yes", "No")
DIGITS = tuple("0123456789")


def words(*vocabulary):
    """Return a ``follow`` that takes the longest word of a vocabulary again and again; ids are its indices."""

    def follow(text):
        ids = []
        while text:
            word = max((w for w in vocabulary if text.startswith(w)), key=len, default="")
            if not word:
                return [*ids, -1]
            ids.append(vocabulary.index(word))
            text = text[len(word) :]
        return ids

    return follow


def test_a_label_is_the_token_that_running_text_holds_and_its_spellings_are_summed():
    vocabulary = (" Yes", "Yes", "yes", " yes", " No", "No", " NO", "Y", "N", " ")
    found = find_candidates("Is it correct?", YES_NO, words(*vocabulary, *"esoEYSO"), -1)
    texts = [{vocabulary[token] for token in tokens} for tokens in found.tokens]
    assert found.blank == "" and texts == [{" Yes", "Yes", "yes", " yes"}, {" No", "No", " NO"}]
    assert [vocabulary[tokens[0]] for tokens in found.tokens] == [" Yes", " No"]
    opened = find_candidates("\\boxed{", YES_NO, words(*vocabulary, *"esoEYSO"), -1)
    assert [vocabulary[tokens[0]] for tokens in opened.tokens] == ["Yes", "No"]
    assert find_candidates("", YES_NO, words(*vocabulary, *"esoEYSO"), -1).tokens[0][0] == vocabulary.index("Yes")


def test_a_blank_of_its_own_before_the_labels_joins_the_prompt():
    follow = words(" ", *DIGITS)
    assert find_candidates("Score:", DIGITS, follow) == (" ", tuple((i,) for i in range(1, 11)))
    assert find_candidates("得分", DIGITS, follow) == ("", tuple((i,) for i in range(1, 11)))
    assert find_candidates("Score:", DIGITS, words(*(f" {d}" for d in DIGITS), " ", *DIGITS)).blank == ""


@pytest.mark.parametrize(("labels", "shown"), [(("certain", "correct"), r"\[1, 1\]"), (("é", "no"), r"\[0, 2\]")])
def test_labels_without_a_first_token_of_their_own_are_refused(labels, shown):
    with pytest.raises(UsageError, match=rf"tokens {shown}; each needs a first token of its own") as error:
        find_candidates("", labels, words("é", "c", "no", *"ertainoc"), unknown=0)
    assert "name labels that differ" in str(error.value)


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("prefill", ["", "Answer:", "Answer: ", "$\\boxed{"])
def test_the_tokens_of_prompt_and_label_are_those_of_the_whole_text(style, prefill):
    tokenizer = STYLES[style]()
    for label, own in zip(YES_NO, range(2), strict=True):
        ids, found = encode_before(tokenizer, Prompt("Is it so?", prefill), YES_NO)
        text = f"Is it so?\n{prefill.rstrip(' ')}{' ' if prefill.startswith('Answer') else ''}{label}"
        whole = [tokenizer.bos_token_id, *tokenizer.encode(text, add_special_tokens=False)]
        assert whole[: len(ids) + 1] == [*ids, found.tokens[own][0]]


def test_readings_are_the_softmax_over_the_whole_vocabulary_on_tree_and_in_rows(chat_model):
    model = load_model(str(chat_model))
    rows = LocalModel("rows", model.model, model.tokenizer, tree=False)
    text = "Is 1 + 1 = 2?"
    prompts = [Prompt(text, "Answer:", turns=(Turn("user", "a"), Turn("assistant", "b"))), Prompt(text)]
    whole = [
        "<|im_start|>user\na<|im_end|>\n<|im_start|>assistant\nb<|im_end|>\n"
        f"<|im_start|>user\n{text}<|im_end|>\n<|im_start|>assistant\nAnswer: ",
        f"<|im_start|>user\n{text}<|im_end|>\n<|im_start|>assistant\n",
    ]
    on_tree, in_rows = (m.read_labels(prompts, YES_NO) for m in (model, rows))
    tokens = [model.tokenizer.encode(label)[0] for label in YES_NO]
    for i, expected in enumerate(whole):
        ids = model.tokenizer.encode(expected, add_special_tokens=False, split_special_tokens=False)
        with torch.inference_mode():
            softmax = model.model(torch.tensor([ids])).logits[0, -1].softmax(-1)
        for found in (on_tree[i], in_rows[i]):
            assert found.probabilities == pytest.approx(softmax[tokens].tolist(), abs=1e-6)
            assert found.wanted == model.tokenizer.decode([int(softmax.argmax())])
            assert found.mass == pytest.approx(sum(found.probabilities)) and sum(found.shares()) == pytest.approx(1)
        assert on_tree[i].usage.prompt_tokens == len(ids)
    assert model.usage.forwarded_tokens == sum(found.usage.forwarded_tokens for found in on_tree)
    again = model.read_labels(prompts, YES_NO)
    assert [found.usage.forwarded_tokens for found in again] == [1, 1]


def test_a_prompt_that_cannot_be_read_is_an_error_of_its_own(chat_model):
    model = load_model(str(chat_model))
    long, fine = model.read_labels([Prompt("x" * 5000), Prompt("x")], YES_NO)
    assert isinstance(long, ContextError) and isinstance(fine, LabelReading)
    (refused,) = model.read_labels([Prompt("x")], ("certain", "correct"))
    assert isinstance(refused, CheckpointError) and "first token of its own" in str(refused)


def test_thinking_is_off_where_labels_are_read():
    prompt = Prompt("q", "Answer:")
    assert answer_at_once(prompt, None) == prompt
    assert answer_at_once(prompt, SWITCHED).template == (("enable_thinking", False),)
    asked = Prompt("q", template=(("enable_thinking", True),))
    assert answer_at_once(asked, SWITCHED) == asked
    assert answer_at_once(prompt, HARMONY).assistant.endswith("<|channel|>final<|message|>Answer:")
    tokenizer = byte_tokenizer()
    tokenizer.add_special_tokens({"additional_special_tokens": ["<|im_start|>", "<think>", "</think>"]})
    for opening in ("", "<think>\\n"):
        tokenizer.chat_template = (
            "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{{ m['content'] }}<|im_end|>\n{% endfor %}"
            "{% if add_generation_prompt %}<|im_start|>assistant\n" + opening + "{% endif %}{# </think> #}"
        ).replace("\\n", "\n")
        ids, _ = encode_before(tokenizer, answer_at_once(prompt, THINK), YES_NO)
        assert tokenizer.decode(ids).endswith("<|im_start|>assistant\n<think>\n\n</think>\n\nAnswer: ")


def test_a_mass_of_nil_is_an_error_that_says_what_the_model_wants_and_a_low_one_a_warning():
    nil = check_mass(LabelReading((0.0001, 0.0002), " Sure", Usage()), "m", YES_NO)
    assert isinstance(nil, LabelError) and "' Sure'" in str(nil) and "Yes, No" in str(nil) and "0.0003" in str(nil)
    assert isinstance(check_mass(LabelReading((0.0, 0.0), "x", Usage()), "m", YES_NO), LabelError)
    with pytest.warns(UserWarning, match="m seldom answers with Yes, No"):
        assert check_mass(LabelReading((0.1, 0.05), "x", Usage()), "m", YES_NO) is None
    assert check_mass(LabelReading((0.3, 0.1), "x", Usage()), "m", YES_NO) is None


def test_texts_of_tokens_are_summed_as_the_tokens_are():
    tops = {" Yes": 0.5, "yes": 0.1, " No": 0.2, "Yesterday": 0.1}
    assert sum_spellings(tops, YES_NO) == pytest.approx((0.6, 0.2))


def test_candidates_of_a_border_are_found_once():
    tokenizer = STYLES["gpt2"]()
    candidates.cache_clear()
    for question in "abc":
        encode_before(tokenizer, Prompt(question, "Answer:"), YES_NO)
    assert candidates.cache_info().misses == 1
