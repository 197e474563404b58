"""Samples as a source delivers them: judgement of their rate and unit, and decimation."""
