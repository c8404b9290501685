"""The page of the GSM8K studies: docs/gsm8k.md from their stores and the text in studies/gsm8k/page.md."""
