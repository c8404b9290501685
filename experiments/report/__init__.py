"""The report on a study: figures with intervals, audits of rewrites, hints and scores, plots, and one page to read."""
