"""Models that vLLM runs in this process: language models and process reward models, named ``vllm:NAME``.

vLLM is the optional extra ``vllm``; it is imported when the first such model is opened.
"""
