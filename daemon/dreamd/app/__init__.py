"""The application: fleet, runtimes, admission, journal. Synchronous objects on one thread.

They are driven by `now_s` (session clock, seconds) and by what arrives; they call ports, which never
block. No asyncio except in `supervisor`; no technology is named here. So a whole fleet runs in one
process in virtual time.
"""
