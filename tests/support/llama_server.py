"""llama.cpp's server as a process of its own, which tests can kill: ``python -m tests.support.llama_server FILE``."""

import subprocess
import sys
import time
from contextlib import contextmanager


@contextmanager
def llama_process(file, slots=4):
    """Start a server of a GGUF file on a free port; yield its process and its URL."""
    command = [sys.executable, "-m", "tests.support.llama_server", str(file), str(slots)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        url = process.stdout.readline().strip()
        assert url.startswith("http"), f"the server did not start: {url!r}"
        yield process, f"{url}/v1"
    finally:
        process.kill()
        process.wait(60)
        process.stdout.close()


def serve(file, slots):
    """Serve a file on a free port of loopback for ten minutes, and print the address."""
    import xllamacpp

    settings = xllamacpp.CommonParams()
    settings.model.path = file
    settings.cpuparams.n_threads = settings.cpuparams_batch.n_threads = 1
    settings.n_parallel, settings.n_ctx, settings.port, settings.verbosity = slots, 4096, 0, -1
    server = xllamacpp.Server(settings)
    print(server.listening_address, flush=True)
    time.sleep(600)


if __name__ == "__main__":
    serve(sys.argv[1], int(sys.argv[2]))
