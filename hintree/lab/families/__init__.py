"""The families of lab problems, one short file each: a function from a random source to a draft."""
