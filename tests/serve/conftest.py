"""Servers that the tests of this folder share."""

import openai
import pytest

from hintree.serve.benchmark import serving
from hintree.serve.service import ServerLimits, Service
from hintree.serve.solvers import load_solvers
from tests.support.server import FIRST_KEY, SECOND_KEY, TIMEOUT


@pytest.fixture(scope="package")
def solvers():
    return load_solvers(["hintree", "greedy", "beam"], {})


@pytest.fixture(scope="package")
def url(solvers):
    with serving(Service(solvers)) as url:
        yield url


@pytest.fixture
def client(url):
    with openai.OpenAI(base_url=url, api_key="none", max_retries=0, timeout=TIMEOUT) as client:
        yield client


@pytest.fixture(scope="package")
def locked(solvers):
    """A server with two keys and small limits."""
    with serving(Service(solvers, [FIRST_KEY, SECOND_KEY], ServerLimits(body=2000, question=300, trees=2))) as url:
        yield url
