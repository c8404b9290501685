"""Send requests with litellm and with Inspect's own provider, and print what came back as JSON; imports no hintree.

Run in the environment of tests/support/clients_environment.sh, with the server's base URL and a question.
"""

import asyncio
import json
import os
import sys

SYSTEM = {"role": "system", "content": "Be brief."}
FIELDS = {"max_tokens": 2000, "temperature": 0.0, "stop": ["Answer:"], "seed": 1}


def of_litellm(url, question):
    os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"  # else it is fetched from the internet
    import litellm

    parts = [{"type": "text", "text": question}]
    to = {
        "model": "openai/greedy",
        "api_base": url,
        "api_key": "none",
        "messages": [SYSTEM, {"role": "user", "content": parts}],
        "num_retries": 0,
    }
    fields = FIELDS | {"max_completion_tokens": 2000, "n": 1}
    fields.pop("max_tokens")
    whole = litellm.completion(**to, **fields)
    stream = litellm.completion(**to, **fields, stream=True, stream_options={"include_usage": True})
    chunks = list(stream)
    later = asyncio.run(litellm.acompletion(**to, **fields))
    refused = {}
    for name, value in (
        ("tools", [{"type": "function", "function": {"name": "f", "parameters": {}}}]),
        ("response_format", {"type": "json_object"}),
        ("logprobs", True),
    ):
        try:
            litellm.completion(**to, **{name: value})
        except litellm.BadRequestError as error:
            refused[name] = str(error)
    return {
        "whole": whole.choices[0].message.content,
        "stream": "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices),
        "later": later.choices[0].message.content,
        "tokens": whole.usage.completion_tokens,
        "refused": refused,
    }


def of_inspect(url, question):
    os.environ["HINTREE_BASE_URL"], os.environ["HINTREE_API_KEY"] = url, "none"
    from inspect_ai.model import ChatMessageSystem, ChatMessageUser, GenerateConfig, get_model

    fields = {"max_tokens": 2000, "temperature": 0.0, "stop_seqs": ["Answer:"], "seed": 1}
    model = get_model("openai-api/hintree/greedy", config=GenerateConfig(**fields, max_retries=0))
    turns = [ChatMessageSystem(content="Be brief."), ChatMessageUser(content=question)]
    done = asyncio.run(model.generate(turns))
    return {"whole": done.completion, "tokens": done.usage.output_tokens, "end": done.stop_reason}


if __name__ == "__main__":
    clients = {"litellm": of_litellm, "inspect": of_inspect}
    print(json.dumps(clients[sys.argv[1]](*sys.argv[2:])))
