#!/bin/sh
# Makes an environment for the slow tests of strangers' clients, apart from the one of the project (about 600 MB):
#   sh tests/support/clients_environment.sh FOLDER
#   HINTREE_CLIENTS=FOLDER/bin/python python -m pytest -m slow tests/serve/test_clients.py
set -eu
folder=${1:?give the folder of the new environment}
python3 -m venv "$folder"
"$folder/bin/pip" install -q 'litellm==1.110.*' 'inspect_ai==0.3.285' 'openai>=3'
"$folder/bin/python" -c "import inspect_ai, litellm; print('litellm and inspect_ai', inspect_ai.__version__)"
