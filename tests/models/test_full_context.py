"""A text that fills the context ends, and the others of its batch go on as they do alone."""

from hintree.models import Completion, GenerationRequest, load_model
from hintree.models.base import Prompt

TEXTS = [f"{'pens ' * (1000 + i)}{end}" for i in range(9) for end in ("", "(1) Ana has")]


def test_texts_that_fill_the_context_leave_the_others_alone():
    model = load_model("embedded:student", device="cpu")
    requests = [GenerationRequest(Prompt(text), max_tokens=2000, stop=("zzz",), repeats=0) for text in TEXTS]
    together = model.generate(requests)
    alone = [model.generate([request])[0] for request in requests]
    assert all(isinstance(done, Completion) for done in together)
    assert [done.text for done in together] == [done.text for done in alone]
    assert {done.usage.prompt_tokens + done.usage.generated_tokens for done in together} == {1024}
