"""Arms of a study whose worker process may write no file of the store."""

from hintree.experiments.study.arms import Arms
from tests.support.watched_light import watch


class WatchedArms(Arms):
    """Arms that are watched from their first task on."""

    def __init__(self, study, cases):
        watch()
        super().__init__(study, cases)
