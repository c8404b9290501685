"""Problems with reference answers, as people have them: files, Hugging Face data sets, the lab.

::

    sources.py     read_cases: a source -> cases, bad rows counted      settings.py  command line and study
    files.py       rows by a file's ending, and of data sets            lab.py       problems drawn from the lab
      encoding.py  UTF-8, UTF-16, Windows-1252      json_files.py  JSON and JSON lines      tables.py  CSV and TSV
    fields.py      read_row: one row -> one case
      names.py     names of fields                  question.py    the question, its story  chat.py    messages
      choices.py   the options of a row             lettered.py    options in a text        key.py     their letter
      reference.py the reference answer             left_out.py    what a case leaves out   tally.py   warnings
"""

from hintree.data.case import Case, RowError
from hintree.data.fields import Fields, read_row
from hintree.data.sources import ProblemSource, read_cases
from hintree.data.tally import LeftOutWarning, SkippedRowsWarning

__all__ = [
    "Case",
    "Fields",
    "LeftOutWarning",
    "ProblemSource",
    "RowError",
    "SkippedRowsWarning",
    "read_cases",
    "read_row",
]
