// How does the practice Sora list its films, take an order for one, and show one?
import { at, boot, changed, controlled, el, later, read, submit, toast } from "./late.js";

const SECONDS = [10, 15, 25];
const ASPECTS = { Portrait: "9:16", Landscape: "16:9" };
const LOOK_AGAIN_MS = 300;

/** Draw the list of films, and the box to order one. */
export function drafts({ drafts: rows }) {
  const list = el("ul", { role: "list", id: "drafts" }, ...rows.map(item));
  return [el("h1", {}, "Drafts"), composer(list), list];
}

/** Draw one film of the list; while it has no id it leads nowhere. */
function item({ id, text, state, said }) {
  const prompt = el("p", { class: "prompt", dir: "auto" }, text);
  if (!id) return el("li", { role: "listitem", class: "card draft" }, prompt, el("p", { class: "quiet" }, "Submitting…"));
  return el("li", { role: "listitem", class: "card draft" },
    el("a", { href: at(`/d/${id}`), role: "link" }, prompt), el("p", { class: "quiet" }, said || state));
}

/** A choice of one among several, as a row of radio buttons. */
function choice(label, values, state) {
  const buttons = values.map((value) => {
    const button = el("button", { type: "button", role: "radio", "aria-checked": String(value === state.value) }, value);
    button.addEventListener("click", async () => {
      await later(20);
      state.value = value;
      for (const other of buttons) other.setAttribute("aria-checked", String(other === button));
    });
    return button;
  });
  return el("div", { role: "radiogroup", "aria-label": label, class: "choice" }, ...buttons);
}

function composer(list) {
  if (changed) {
    return el("section", { class: "card" }, el("input", { type: "search", "aria-label": "Imagine" }), el("span", {}, "Go"));
  }
  const duration = { value: "10s" };
  const orientation = { value: "Portrait" };
  const field = el("textarea", { placeholder: "Describe your video…", "aria-label": "Describe your video…", rows: "3" });
  const button = el("button", { type: "button", "aria-label": "Create video", disabled: true }, "↑");
  const state = controlled(field, (text) => { button.disabled = !text.trim(); });
  button.addEventListener("click", () => {
    const text = state.text;
    const target = `${parseInt(duration.value, 10)} s ${ASPECTS[orientation.value]}`;
    state.set("");
    submit("/api/drafts", { target, text }, {
      pending: () => { const row = item({ text }); list.prepend(row); return row; },
      written: (draft) => list.prepend(item({ ...draft, state: "queued" })),
      refused: (answer) => { state.set(text); toast(answer.body.message ?? "Something went wrong."); },
    });
  });
  return el("form", { class: "card", onsubmit: (event) => event.preventDefault() }, field,
    choice("Duration", SECONDS.map((seconds) => `${seconds}s`), duration), choice("Orientation", Object.keys(ASPECTS), orientation),
    button);
}

/** Draw one film, and go on drawing it until nothing more will change. */
export function draft({ drafts: [row] }) {
  const card = el("article", { class: "card film", "data-state": row.state }, ...shown(row));
  follow(card, row);
  return [card];
}

async function follow(card, row) {
  let now = row;
  while (now && !["ready", "failed"].includes(now.state)) {
    await later(LOOK_AGAIN_MS);
    const { ok, body } = await read(`/api/drafts?draft=${encodeURIComponent(boot.params.draft)}`);
    if (!ok) continue;
    [now] = body.drafts;
    if (!now) return;
    card.dataset.state = now.state;
    card.replaceChildren(...shown(now));
  }
}

function shown({ id, text, state, percent, said }) {
  const prompt = el("a", { href: at(`/d/${id}`), role: "link" }, el("p", { class: "prompt", dir: "auto" }, text));
  if (state === "queued") return [prompt, el("p", { role: "status" }, "In queue")];
  if (state === "processing") return [prompt, el("p", { role: "progressbar", "aria-valuenow": String(percent) }, `${percent}%`)];
  if (state === "failed") return [prompt, el("p", { class: "said" }, said)];
  return [prompt, el("video", { src: at(`/videos/${id}.mp4`), controls: true, width: "200", height: "120", preload: "none" })];
}
