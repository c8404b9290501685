"""Report on a study: figures with intervals, audits of rewrites, hints and scores, plots, and one HTML page."""
