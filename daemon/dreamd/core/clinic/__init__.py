"""The Empathy Sleep Clinic: cases, levels, holds, the way back, and restored individuality. Pure."""
