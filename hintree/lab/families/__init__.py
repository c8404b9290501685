"""The families of lab problems, one file each: wordings, questions, and a function that draws a problem."""
