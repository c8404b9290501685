import pytest

from hintree.errors import ServerError, UsageError
from hintree.models import GenerationRequest, Prompt, is_address, open_model, parse_address
from tests.support.small_server import lab_server


@pytest.mark.parametrize(
    ("host", "base"),
    [
        (None, "http://127.0.0.1:11434/v1"),
        ("", "http://127.0.0.1:11434/v1"),
        ("0.0.0.0", "http://127.0.0.1:11434/v1"),
        ("0.0.0.0:8080", "http://127.0.0.1:8080/v1"),
        (":8080", "http://127.0.0.1:8080/v1"),
        ("box", "http://box:11434/v1"),
        ("box:1", "http://box:1/v1"),
        ('"box:1"', "http://box:1/v1"),
        ("http://box", "http://box:80/v1"),
        ("https://box/ollama/", "https://box:443/ollama/v1"),
        ("[::1]:7", "http://[::1]:7/v1"),
    ],
)
def test_ollama_is_where_its_own_variable_says(host, base, monkeypatch):
    monkeypatch.delenv("OLLAMA_HOST", raising=False)
    if host is not None:
        monkeypatch.setenv("OLLAMA_HOST", host)
    found = parse_address("ollama:hf.co/a/b-GGUF:Q4_K_M")
    assert (found.base, found.model, found.endpoint) == (base, "hf.co/a/b-GGUF:Q4_K_M", "")


def test_other_short_names():
    assert parse_address("lmstudio:qwen2.5-0.5b?labels=-,+")[:4] == (
        "http://127.0.0.1:1234/v1",
        "qwen2.5-0.5b",
        "",
        ("-", "+"),
    )
    assert [is_address(name) for name in ("ollama:a", "lmstudio:a")] == [True] * 2
    assert [is_address(name) for name in ("embedded:student", "ollama", "a/ollama:b", "vllm:a")] == [False] * 4


@pytest.mark.parametrize(
    ("name", "host", "words"),
    [
        ("ollama:", "", "ollama:qwen2.5:0.5b"),
        ("lmstudio:", "", "name a model after the colon"),
        ("ollama:m", "ftp://box", "OLLAMA_HOST='ftp://box' is not a host"),
        ("ollama:m", "box:port", "OLLAMA_HOST='box:port' is not a host"),
        ("ollama:m", "me:secret@box", "OLLAMA_HOST='...@box' is not a host"),
    ],
)
def test_short_names_that_lead_nowhere(name, host, words, monkeypatch):
    monkeypatch.setenv("OLLAMA_HOST", host)
    with pytest.raises(UsageError, match=words) as caught:
        parse_address(name)
    assert "secret" not in str(caught.value)


def test_a_server_that_is_not_there_is_told_at_once_with_its_remedy(monkeypatch):
    monkeypatch.setenv("OLLAMA_HOST", "127.0.0.1:9")
    with pytest.raises(ServerError, match="nothing listens there; start it with `ollama serve`"):
        open_model("ollama:qwen2.5:0.5b")


def test_a_short_name_reaches_its_server(monkeypatch):
    with lab_server() as server:
        monkeypatch.setenv("OLLAMA_HOST", f"127.0.0.1:{server.port}")
        model = open_model("ollama:student")
        [done] = model.generate([GenerationRequest(Prompt("(1) Ana has 4 pens."), stop=("\n",))])
    assert done.text
    assert {body["model"] for _, _, body in server.seen if body} == {"student"}
