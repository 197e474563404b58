"""Guidelines: numbered clauses with limits, their revisions, the judgement of facts. Pure; only values."""
