"""A small study solved by the shipped models once for all tests of its report."""

import pytest

from hintree.experiments.report.load import load
from hintree.experiments.report.write import make
from hintree.experiments.study.store import Store
from tests.support.report_study import STEPS, N, make_study


@pytest.fixture(scope="session")
def done(tmp_path_factory):
    folder = tmp_path_factory.mktemp("study")
    return folder, make_study(folder, N, STEPS)


@pytest.fixture(scope="session")
def results(done):
    with Store.open(done[0]) as store:
        return load(store, progress=False)


@pytest.fixture(scope="session")
def report(done):
    return make(done[0])
