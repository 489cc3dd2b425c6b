// How does what the gateway knows look? Everything from outside is set as text, never as HTML.

const TONES = {
  completed: "good", confirmed: "good", running: "busy", queued: "busy", pending: "wait", scheduled: "wait",
  awaiting_approval: "wait", intended: "busy", failed: "bad", unknown: "bad", refused: "bad", absent: "bad",
  paused: "wait", resting: "wait", no_worker: "bad",
};
const SHOWN = ["pending", "queued", "running", "scheduled", "awaiting_approval", "completed", "failed", "unknown", "cancelled"];
const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const calendar = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });

export function make(name, className, text) {
  const element = document.createElement(name);
  if (className) element.className = className;
  if (text !== undefined) element.textContent = text;
  return element;
}

export function badge(word) {
  const element = make("span", "badge", word.replaceAll("_", " "));
  element.dataset.tone = TONES[word] || "quiet";
  return element;
}

export function when(instant) {
  const date = new Date(instant);
  return date.toDateString() === new Date().toDateString() ? clock.format(date) : calendar.format(date);
}

export function showCounts(list, counts) {
  list.replaceChildren(
    ...SHOWN.map((state) => {
      const item = make("div", counts[state] ? "" : "zero");
      item.append(make("dt", "", state === "awaiting_approval" ? "to approve" : state), make("dd", "", counts[state].toLocaleString()));
      return item;
    }),
  );
}

export function showLanes(list, lanes) {
  if (!lanes.length) return list.replaceChildren(make("li", "empty", "No lane has had a worker yet."));
  list.replaceChildren(
    ...lanes.map((lane) => {
      const item = make("li", "lane");
      const workers = `${lane.workers} ${lane.workers === 1 ? "worker" : "workers"}`;
      const load = make("meter");
      load.value = lane.utilisation;
      load.setAttribute("aria-label", `${lane.name}: ${Math.round(lane.utilisation * 100)} % taken`);
      item.append(make("span", "name mono", lane.name), badge(lane.state), load);
      item.append(make("span", "quiet", `${workers}, ${lane.busy} running, ${lane.queued} queued`));
      if (lane.state === "resting" || lane.state === "paused") item.append(make("span", "quiet why", because(lane)));
      return item;
    }),
  );
}

function because({ reason, until }) {
  return reason + (until ? ` (until ${when(until)})` : "");
}

export function showTasks(list, tasks, fresh) {
  if (!tasks.length) return list.replaceChildren(make("li", "empty", "Nothing here."));
  list.replaceChildren(...tasks.map((task) => taskItem(task, fresh.has(task.id))));
}

function taskItem(task, isFresh) {
  const item = make("li", isFresh ? "task fresh" : "task");
  const where = task.platform ? ` on ${task.platform} as ${task.account}` : ` on ${task.lane}`;
  item.append(make("span", "title", task.type + where), badge(task.status));
  const said = task.payload.text;
  if (said) item.append(make("span", "more said", said));
  const waits = task.waiting_for.map(because);
  if (waits.length) item.append(make("span", "more", `Waits: ${waits.join("; ")}`));
  if (task.error) item.append(make("span", "more problem", task.error.message));
  const more = make("span", "more");
  more.append(`${when(task.created_at)}, priority ${task.priority}, `, make("span", "mono", task.id));
  item.append(more);
  return item;
}

export function showEffects(list, effects, proofs, open) {
  if (!effects.length) return list.replaceChildren(make("li", "empty", "Nothing was done yet."));
  list.replaceChildren(
    ...effects.map((effect) => {
      const item = make("li", "effect");
      const title = `${effect.action} on ${effect.platform} as ${effect.account}`;
      item.append(thumbnail(effect, proofs, title, open), make("span", "title", title), badge(effect.outcome));
      item.append(make("span", "more said", effect.text));
      const more = make("span", "more", `${when(effect.at)}, `);
      more.append(address(effect.external_url || effect.target));
      item.append(more);
      return item;
    }),
  );
}

function thumbnail(effect, proofs, title, open) {
  const button = make("button", "thumb");
  button.type = "button";
  const source = proofs.get(effect.proof_url);
  button.disabled = !source;
  button.setAttribute("aria-label", source ? `Proof: ${title}` : "No proof yet");
  if (source) {
    const image = make("img");
    image.src = source;
    image.alt = "";
    button.append(image);
    button.addEventListener("click", () => open(source, title));
  }
  return button;
}

function address(text) {
  if (!/^https?:\/\//.test(text)) return make("span", "mono", text);
  const link = make("a", "", text);
  link.href = text;
  link.rel = "noreferrer noopener";
  link.target = "_blank";
  return link;
}
