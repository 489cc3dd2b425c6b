// How does the page hear what happens? The event stream over fetch, since EventSource sends no Authorization header.

const PAUSE_MS = [500, 1000, 2000, 5000];

export class Gateway {
  constructor(key) {
    this.key = key;
  }

  async get(path) {
    const answer = await this.ask(path);
    return answer.json();
  }

  async blob(path) {
    const answer = await this.ask(path);
    return URL.createObjectURL(await answer.blob());
  }

  async ask(path, headers = {}) {
    const answer = await fetch(path, { headers: { Authorization: `Bearer ${this.key}`, ...headers }, cache: "no-store" });
    if (answer.ok) return answer;
    const problem = await answer.json().catch(() => ({}));
    const error = new Error(problem.detail || answer.statusText);
    error.status = answer.status;
    throw error;
  }

  // Calls `heard` with each event and `said` with "live" or "lost"; goes on after every break where it was.
  async follow(heard, said) {
    let last = null;
    let failures = 0;
    for (;;) {
      try {
        const answer = await this.ask("/api/events?probes=false", last === null ? {} : { "Last-Event-ID": String(last) });
        failures = 0;
        said("live");
        for await (const event of frames(answer.body)) {
          last = event.seq;
          heard(event);
        }
        await new Promise((done) => setTimeout(done, PAUSE_MS[0])); // the gateway ends every stream after a while
      } catch (error) {
        if (error.status === 401) throw error;
        if (error.status === 410) last = null; // the database came back from an earlier state: its numbers begin anew
        said("lost");
        await new Promise((done) => setTimeout(done, PAUSE_MS[Math.min(failures++, PAUSE_MS.length - 1)]));
      }
    }
  }
}

async function* frames(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    const parts = (rest + value).split("\n\n");
    rest = parts.pop();
    for (const part of parts) {
      const line = part.split("\n").find((text) => text.startsWith("data: "));
      if (line) yield JSON.parse(line.slice("data: ".length));
    }
  }
}
