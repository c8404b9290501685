"""llama.cpp's server on a GGUF file: ``python tests/support/gguf_server.py FILE HOST PORT``, until it is ended."""

import sys
import threading

import xllamacpp


def main(file: str, host: str, port: str) -> None:
    settings = xllamacpp.CommonParams()
    settings.model.path, settings.hostnames, settings.port = file, [host], int(port)
    settings.cpuparams.n_threads = settings.cpuparams_batch.n_threads = 1
    settings.n_parallel, settings.n_ctx, settings.verbosity = 4, 4096, -1
    settings.endpoint_metrics = True
    settings.cache_type_k = settings.cache_type_v = xllamacpp.ggml_type.GGML_TYPE_F32
    server = xllamacpp.Server(settings)
    print(server.listening_address, flush=True)
    threading.Event().wait()


if __name__ == "__main__":
    main(*sys.argv[1:])
