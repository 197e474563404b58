"""An enrolled bed's credential: how it is got, kept and renewed."""
