// One request for what is newer than what a page has. The daemon answers within a second even where nothing is new, so
// silence for SILENCE_MS is "no connection".

export const SILENCE_MS = 2000; // twice as long as the daemon ever waits
export const AGAIN_MS = 400;
export const HEADER = { "X-Dreamd-Console": "1" };

export const pause = (ms) => new Promise((done) => setTimeout(done, ms));
// A hidden page is given no frames; it goes on asking, slowly, for its title and its voice.
export const drawn = () => Promise.race([new Promise((done) => requestAnimationFrame(done)), pause(1000)]);

// The answer, "lost", "hung", or { refused }; wish: aborted when something else is to be looked at.
export async function look(wanted, wish) {
  const quit = new AbortController();
  const stop = () => quit.abort();
  const timer = setTimeout(stop, SILENCE_MS);
  wish.addEventListener("abort", stop, { once: true });
  try {
    const answer = await fetch(`/console/look?${new URLSearchParams(wanted)}`, { headers: HEADER, cache: "no-store", signal: quit.signal });
    const told = await answer.json();
    if (answer.ok) return told;
    return told.code === "NO_ANSWER" ? "hung" : { refused: told.error ?? "no reason was given", code: told.code ?? "" };
  } catch {
    return "lost";
  } finally {
    clearTimeout(timer);
    wish.removeEventListener("abort", stop);
  }
}
