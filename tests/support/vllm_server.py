"""A real vLLM server for slow tests: an environment of its own, made by ``tests/support/vllm_environment.sh``."""

import os
import signal
import socket
import subprocess
import tempfile
import time
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx2
import pytest

BUILD = os.environ.get("HINTREE_VLLM", "")
"""Python of the environment of vLLM."""


@contextmanager
def vllm_server(model, *options, seconds=400):
    """Start ``vllm serve`` on a folder; yield the URL of its API. Skips without an environment of vLLM."""
    if not BUILD:
        pytest.skip("NO VLLM: set HINTREE_VLLM to the python of an environment (tests/support/vllm_environment.sh)")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [Path(BUILD).with_name("vllm"), "serve", model, "--host", "127.0.0.1", "--port", str(port)]
    command += [
        "--dtype",
        "float32",
        "--enforce-eager",
        "--max-model-len",
        "1024",
        "--served-model-name",
        "m",
        *options,
    ]
    own = {"VLLM_CPU_KVCACHE_SPACE": "1", "VLLM_NO_USAGE_STATS": "1", "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1"}
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(command, env=os.environ | own, stdout=log, stderr=log, start_new_session=True)
        try:
            deadline = time.monotonic() + seconds
            while not answers(port):
                if process.poll() is not None or time.monotonic() > deadline:
                    log.seek(0)
                    said = log.read().decode("utf-8", "replace")[-2000:]
                    pytest.fail(f"vLLM did not come up within {seconds} s (exit status {process.poll()}): {said}")
                time.sleep(1)
            yield f"http://127.0.0.1:{port}/v1"
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait(30)


def answers(port):
    """Tell whether the server is ready."""
    try:
        return httpx2.get(f"http://127.0.0.1:{port}/health", timeout=5).status_code == 200
    except httpx2.HTTPError:
        return False
