"""API keys: whatever is solved, recorded, exported, served or fails, no file, output, log or traceback has a key."""

import html
import json
import traceback
from urllib.parse import quote

import pytest

from hintree.cli import main
from hintree.errors import ServerError
from hintree.models import GenerationRequest, Prompt
from hintree.models.remote.client import Server
from hintree.models.remote.model import RemoteModel
from hintree.models.remote.transport import without_secret, without_secrets
from hintree.serve.benchmark import serving
from hintree.serve.service import Service
from hintree.solver import Solver
from tests.support.faulty_server import FaultyServer, completion, response
from tests.support.growth import is_linear
from tests.support.server import fetch, user_message

KEY = "sk-f3a9c2/of-the-model&server"
SERVE_KEY = "sk-77d0e1-of-our-own-server"
ESCAPED = "".join(f"\\u{ord(letter):04x}" for letter in KEY)
QUESTION = "(1) Ana has 4 pens. (2) Ben gets 3 more pens than Ana. How many pens does Ben have?"
REPEATED = {
    "401": (response(json.dumps({"error": f"no access for Bearer {KEY}"}), "401 No"), ""),
    "401, cut": (response(" " * (290 - len(KEY) // 2) + KEY, "401 No"), ""),
    "no JSON": (response(f"<p>{' ' * 40}{html.escape(KEY)}</p>"), ""),
    "no HTTP": (f"Authorization: Bearer {KEY}\r\n\r\n".encode(), ""),
    "text": (response(completion(f"The key is {KEY}.")), ""),
    "end": (response(completion(finish_reason=KEY)), ""),
    "redirect": (response("", "302 X", None, f"Location: http://evil.invalid/?key={KEY}"), ""),
    "500": (response(KEY, "500 X"), ""),
    "text, escaped": (response(completion("The key is PLACE.").replace(b"PLACE", ESCAPED.encode())), ""),
    "text, escaped twice": (response(completion(f"The key is {ESCAPED}.")), ""),
    "text, its slash escaped": (response(completion(f"It is {KEY}.").replace(b"/", rb"\/")), ""),
    "401, escaped": (response('{"error": "no access for PLACE"}'.replace("PLACE", ESCAPED), "401 No"), ""),
    "error inside": (response('{"error": {"message": "PLACE", "code": 400}}'.replace("PLACE", ESCAPED)), ""),
    "redirect, escaped": (response("", "302 X", None, f"Location: http://evil.invalid/?key={quote(KEY, '')}"), ""),
    "status line": (response("", f"401 No {KEY}"), ""),
    "encoding": (response("", "200 X", None, f"Content-Encoding: {KEY}"), ""),
}
"""Responses that repeat the key, by fault."""


def test_a_key_is_removed_in_every_spelling_in_linear_time():
    spelled = [
        KEY.replace("/", r"\/"),
        ESCAPED.upper().replace("U", "u"),
        ESCAPED.replace("\\", "\\" * 3),
        "".join(f"\\x{ord(letter):02x}" for letter in KEY),
        "".join(f"&#{ord(letter)};" for letter in KEY),
        "".join(f"&#x{ord(letter):04X};" for letter in KEY),
        quote(quote(KEY, ""), ""),
        html.escape(KEY),
    ]
    assert [without_secret(f"a {text} b", KEY) for text in spelled] == ["a ... b"] * len(spelled)
    assert without_secrets({KEY: [ESCAPED, 1, None]}, KEY) == {"...": ["...", 1, None]}
    assert without_secret(rf"\frac{{{KEY[:-1]}}}", KEY) == rf"\frac{{{KEY[:-1]}}}"
    for unit in (f"{KEY[:-1]}\\", "\\", "%25", "&#x0", "s%25"):
        text = unit * 10_000
        assert is_linear(
            lambda part: without_secret(part, KEY), lambda size, text=text: text[:size], 10_000, bound=8e-6
        )


def written(folder, capsys, caplog, *more):
    """Return everything that was printed, logged, or written into a folder, by source."""
    files = {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}
    out, err = capsys.readouterr()
    texts = {"out": out, "err": err, "log": caplog.text} | {f"more {i}": text for i, text in enumerate(more)}
    return files | {name: text.encode() for name, text in texts.items()}


def leaks(sources):
    parts = [KEY[3:9], SERVE_KEY[3:12], ESCAPED[18:54], KEY[9:20]]
    return [name for name, text in sources.items() for part in parts if part.encode() in text]


@pytest.fixture
def server(monkeypatch, caplog):
    """A server that wants a key, and repeats it in several ways."""
    caplog.set_level("DEBUG")
    monkeypatch.setattr(Server, "_backoff", lambda *_: 0.0)
    with FaultyServer(REPEATED) as server:
        monkeypatch.setenv(f"HINTREE_KEY_127_0_0_1_{server.port}", KEY)
        monkeypatch.setenv("HINTREE_SERVE_API_KEY", SERVE_KEY)
        yield server
        assert f"Bearer {KEY}" in server.keys


def test_no_key_in_what_commands_print_and_write(server, tmp_path, capsys, caplog):
    model = ["--preset", "greedy", "--protocol", "lab", "--reasoner", f"{server.url}/completions#student"]
    for name in ("", *REPEATED):
        question, tree = (f"How many? (fault: {name})" if name else QUESTION), str(tmp_path / f"tree {name}.json")
        files = ["--record", str(tmp_path / f"record {name}"), "--tree", tree]
        codes = {main(["solve", question, *model, *files, "--json"])}
        if not name:
            assert codes == {0}
            for end in ("html", "md", "graphml"):
                assert main(["export", tree, "--to", str(tmp_path / f"tree.{end}")]) == 0
    assert main(["doctor", f"{server.url}#student"]) == main(["doctor", f"{server.url}#student", "--json"]) == 0
    sources = written(tmp_path, capsys, caplog)
    assert len(sources) >= 3 + 2 * len(REPEATED) + 5 and sources["out"] and server.calls.keys() == {"", *REPEATED}
    assert not leaks(sources)


def test_no_key_in_errors_and_tracebacks(server, tmp_path, capsys, caplog):
    model = RemoteModel(f"{server.url}/completions#student")
    solver = Solver("greedy", reasoner=model, protocol="lab")
    solutions = list(solver.solve_many([f"How many? (fault: {name})" for name in REPEATED], progress=False))
    texts = [text for s in solutions for text in (s.tree.to_json(), str(s.stop_reason), json.dumps(s.ledger.to_dict()))]
    server.faults = {name: (response(f"no {KEY}", "403 No"), "") for name in REPEATED}
    for found in model.generate([GenerationRequest(Prompt(f"(fault: {name})")) for name in REPEATED]):
        with pytest.raises(ServerError) as caught:
            raise found
        texts.append("".join(traceback.format_exception(caught.value)))
    assert len(texts) == 4 * len(REPEATED)
    assert not leaks(written(tmp_path, capsys, caplog, *texts, repr(vars(solver)), repr(vars(model))))


def test_no_key_in_what_our_server_says(server, tmp_path, capsys, caplog):
    solver = Solver("greedy", reasoner=f"{server.url}/completions#student", protocol="lab")
    texts = []
    with serving(Service({"greedy": solver}, [SERVE_KEY])) as url:
        for content in (QUESTION, *(f"How many? (fault: {name})" for name in REPEATED)):
            done = fetch(url, "/chat/completions", {"messages": user_message(content)}, key=SERVE_KEY)
            texts += [done[2], str(done[1])]
            if done[0] == 200:
                link = json.loads(done[2])["hintree"]["tree"]
                texts += [fetch(link, f"?format={form}", key=SERVE_KEY)[2] for form in ("json", "html")]
        texts += [fetch(url, "/models", key=key)[2] for key in (f"{SERVE_KEY}x", None)]
        texts.append(fetch(url.removesuffix("/v1"), "/metrics", key=SERVE_KEY)[2])
    assert len(texts) > 2 * len(REPEATED) + 4 and "hintree_requests_total" in texts[-1]
    assert not leaks(written(tmp_path, capsys, caplog, *texts))


@pytest.mark.slow
def test_no_key_in_a_study_and_its_report(server, tmp_path, capfd, caplog):
    questions = [QUESTION, *(f"How many? (fault: {name})" for name in REPEATED)]
    rows = [json.dumps({"question": question, "answer": "7"}) for question in questions]
    (tmp_path / "problems.jsonl").write_text("\n".join(rows))
    reasoner = f"{server.url}/completions#student"
    arm = f"{{preset: greedy, protocol: lab, reasoner: '{reasoner}'}}"
    (tmp_path / "study.yaml").write_text(f"problems: {tmp_path / 'problems.jsonl'}\narms: {{a: {arm}, b: greedy}}\n")
    assert main(["run", str(tmp_path / "study.yaml"), "--out", str(tmp_path / "run")]) == 0
    assert main(["report", str(tmp_path / "run")]) == 0
    sources = written(tmp_path, capfd, caplog)
    assert server.calls.keys() == {"", *REPEATED} and len(sources) > 8
    assert not leaks(sources)
