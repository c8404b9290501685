"""Retrieval: indexes, search services and rerankers behind one contract, and the handler of the retriever."""

from hintree.retrieval.base import Retriever
from hintree.retrieval.index import Index, build_index
from hintree.retrieval.look_up import LookUp
from hintree.retrieval.registry import open_retriever
from hintree.retrieval.rerank import Reranked
from hintree.retrieval.sources import PassageSource

__all__ = ["Index", "LookUp", "PassageSource", "Reranked", "Retriever", "build_index", "open_retriever"]
