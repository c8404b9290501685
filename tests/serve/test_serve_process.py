"""``hintree serve`` as a process: start, warnings, shutdown."""

import http.client
import json
import re
import signal
import subprocess
import sys
import urllib.request
from concurrent.futures import ThreadPoolExecutor

import pytest

from hintree.cli import main
from tests.support.server import QUESTION, TIMEOUT, fetch, user_message, wait_until
from tests.support.small_server import Quirks, lab_server


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--preset", "nothing"], "preset 'nothing' is not one of"),
        (["--api-key-file", "no-such-file"], "--api-key-file no-such-file: cannot be read"),
        (["--port", "99999"], "--port 99999 is not a number from 0 to 65535"),
        (["--host", "no.such.host.invalid"], "cannot listen on no.such.host.invalid"),
        (["--host", "\u00e9" * 70], "cannot listen on \u00e9"),
        (["--host", "a\x1bb.invalid"], r"cannot listen on a\x1bb.invalid"),
        (["--host", "a\0b"], r"cannot listen on a\x00b"),
        (["--host", "a\udc80"], "cannot listen on a"),
        (["--queue", "-1"], "serve queue=-1"),
        (["--seconds", "nan"], "serve seconds=nan"),
        (["--pause-seconds", "0"], "serve pause_seconds=0"),
        (["--budget", "tokens=0"], "budget tokens=0"),
    ],
)
def test_a_bad_option_is_one_line_before_any_model_is_loaded(capsys, options, says):
    assert main(["serve", *options]) == 2
    error = capsys.readouterr().err
    assert says in error and error.count("\n") == 1


def test_a_reachable_server_without_a_key_logs_a_warning(capsys):
    from hintree.serve.run import warn_if_unprotected

    warn_if_unprotected("127.0.0.1", [])
    warn_if_unprotected("::1", [])
    warn_if_unprotected("localhost", [])
    warn_if_unprotected("0.0.0.0", ["key"])
    assert capsys.readouterr().err == ""
    for host in ("0.0.0.0", "192.168.1.5", "example.org", "::"):
        warn_if_unprotected(host, [])
        assert "WARNING: OPEN TO EVERYONE" in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
def test_a_signal_ends_the_process_without_a_traceback(number, code):
    command = [sys.executable, "-m", "hintree", "serve", "--port", "0", "--preset", "greedy"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        line = process.stderr.readline()
        url = re.search(r"http://\S+", line)[0]
        data = json.dumps({"messages": [{"role": "user", "content": QUESTION}]}).encode()
        json_type = {"Content-Type": "application/json"}
        with urllib.request.urlopen(urllib.request.Request(f"{url}/chat/completions", data, json_type)) as answer:
            assert json.load(answer)["choices"][0]["finish_reason"] == "stop"
        process.send_signal(number)
        rest = process.stderr.read()
    assert process.returncode == code
    assert "Traceback" not in rest and "Error" not in rest and QUESTION[:20] not in line + rest


@pytest.mark.slow
def test_the_first_sigterm_drains_and_the_second_one_ends_the_process_at_once():
    """The model's server never answers, so the running request would last as long as the grace time."""
    with lab_server(Quirks(chat=False)) as model:
        options = ["--preset", "greedy", "--reasoner", f"{model.url}#student", "--grace", "100000", "--port", "0"]
        command = [sys.executable, "-m", "hintree", "serve", *options]
        with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
            url = re.search(r"http://\S+", process.stderr.readline())[0]
            model.fault = lambda number: "hang"
            with pytest.raises((OSError, http.client.HTTPException)), ThreadPoolExecutor() as pool:
                running = pool.submit(fetch, url, "/chat/completions", {"messages": user_message()})
                wait_until(lambda: model.busy)
                process.send_signal(signal.SIGTERM)
                wait_until(lambda: fetch(url.removesuffix("/v1"), "/health")[0] == 503)
                assert fetch(url, "/chat/completions", {"messages": user_message()})[0] == 503
                assert process.poll() is None and not running.done()
                process.send_signal(signal.SIGTERM)
                running.result()
            rest = process.stderr.read()
    assert process.returncode == -signal.SIGTERM and not rest


@pytest.mark.slow
def test_the_load_test_prints_its_figures_as_json():
    options = ["--clients", "4", "--slow", "4", "--minutes", "0.2", "--warm-up", "4", "--header-seconds", "2"]
    command = [sys.executable, "-m", "hintree.serve.load_test", *options]
    done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT)
    assert done.returncode == 0, done.stderr
    data = json.loads(done.stdout)
    assert data["failures"] == 0 and data["failures_by_kind"] == {}
    assert data["slow_senders_ended"] > 0 and data["memory_start_mb"] > 10 and data["clients"] == 4
