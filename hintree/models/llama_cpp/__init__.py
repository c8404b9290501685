"""GGUF models on llama.cpp in this process: quantized weights as they are stored, without a server or a port."""
