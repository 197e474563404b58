"""Work on many machines by Ray, which is loaded only where a setting or a flag asks for it; or in process."""
