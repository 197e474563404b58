"""Wakeful Awareness: what people call together. Commands and their protocol."""
