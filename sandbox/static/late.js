// What do all practice pages share: content that comes late, an editor with a framework's state, one id per click?
export const boot = JSON.parse(document.getElementById("boot").dataset.boot);
export const changed = boot.layout === "changed";
export const main = document.getElementById("main");

/** Resolve after a fixed time: these sites render in steps, and the steps are the same in every run. */
export const later = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Answer the address of a path of this site. */
export const at = (path) => boot.base + path;

/** Make an element. Attributes that are null or false are left out; `on…` are listeners; children may be texts. */
export function el(tag, attributes = {}, ...children) {
  const svg = tag === "svg" || tag === "path";
  const node = svg ? document.createElementNS("http://www.w3.org/2000/svg", tag) : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === false || value === undefined) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.filter((child) => child !== null && child !== false && child !== undefined));
  return node;
}

/** Answer a drawn sign with a spoken label. */
export function icon(label, shape) {
  return el(
    "svg",
    { "aria-label": label, role: "img", width: "24", height: "24", viewBox: "0 0 24 24", fill: "none", stroke: "currentColor", "stroke-width": "2" },
    el("path", { d: shape }),
  );
}

/** Read JSON of this site. Resolves to {ok, status, body}; a lost connection has status 0. */
export async function read(path) {
  return ask(path, { headers: { "x-view": boot.view } });
}

/** Send JSON to this site. */
export async function send(path, body) {
  const headers = { "content-type": "application/json", "x-view": boot.view };
  return ask(path, { method: "POST", headers, body: JSON.stringify(body) });
}

async function ask(path, options) {
  try {
    const answer = await fetch(at(path), { ...options, credentials: "same-origin" });
    return { ok: answer.ok, status: answer.status, body: await answer.json().catch(() => ({})) };
  } catch {
    return { ok: false, status: 0, body: {} };
  }
}

/** Answer a fresh id for one click; `randomUUID` exists on secure origins only. */
export function mutationId() {
  if (crypto.randomUUID) return crypto.randomUUID();
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/**
 * Send one click's write. While there is no answer a row without an id stands in its place after a moment
 * (`pending`), and goes when the answer comes; `written` gets the row, `refused` the answer that is none.
 */
export async function submit(path, draft, { pending, written, refused }) {
  const body = { ...draft, mutation: mutationId() };
  let row = null;
  const timer = setTimeout(() => { row = pending?.(draft); }, 150);
  const answer = await send(path, body);
  clearTimeout(timer);
  row?.remove();
  if (!answer.ok) refused(answer);
  else if (answer.body.id) written(answer.body);
}

/**
 * Give a contenteditable the state that a framework would hold. Only input that the browser itself made counts
 * (keys, execCommand, a paste); text that a script merely put into the element stays unseen.
 */
export function editor(node, { change, enter }) {
  const state = { text: "" };
  const take = () => {
    state.text = node.innerText.replace(/\u00a0/g, " ").replace(/\n$/, "");
    change(state.text);
  };
  node.addEventListener("input", (event) => { if (event.isTrusted) take(); });
  node.addEventListener("paste", (event) => {
    event.preventDefault();
    document.execCommand("insertText", false, event.clipboardData?.getData("text/plain") ?? "");
  });
  node.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || !event.isTrusted || !enter) return;
    event.preventDefault();
    enter();
  });
  state.clear = () => { node.replaceChildren(); state.text = ""; change(""); };
  return state;
}

/** Give a textarea React's value tracking: a value set past the prototype's setter is not seen as a change. */
export function controlled(node, change) {
  const own = Object.getOwnPropertyDescriptor(HTMLTextAreaElement.prototype, "value");
  let tracked = "";
  Object.defineProperty(node, "value", {
    configurable: true,
    get() { return own.get.call(this); },
    set(value) { tracked = String(value); own.set.call(this, value); },
  });
  const state = { text: "" };
  node.addEventListener("input", () => {
    const value = own.get.call(node);
    if (value === tracked) return;
    tracked = value;
    state.text = value;
    change(value);
  });
  state.set = (value) => { node.value = value; state.text = value; change(value); };
  return state;
}

/** Show words over the page for as long as it stands. */
export function toast(words, attributes = {}) {
  document.querySelector(".toast")?.remove();
  document.body.append(el("div", { class: "toast", role: "alert", "aria-live": "assertive", ...attributes }, words));
}

/**
 * Answer a list that holds only the rows in sight of the window and drops the others. `draw(row)` makes a row;
 * `list.rows` may be changed, and `list.draw()` shows it.
 */
export function virtual(rows, height, draw, attributes = {}) {
  const node = el("div", { ...attributes, style: "position:relative" });
  const list = { node, rows, more: null, draw: paint };
  const drawn = new Map();
  function paint() {
    node.style.height = `${list.rows.length * height}px`;
    const top = node.isConnected ? Math.max(0, -node.getBoundingClientRect().top) : 0;
    const first = Math.max(0, Math.floor(top / height) - 2);
    const shown = list.rows.slice(first, first + Math.ceil(innerHeight / height) + 4);
    for (const [row, cell] of drawn) if (!shown.includes(row)) { cell.remove(); drawn.delete(row); }
    shown.forEach((row, number) => {
      const cell = drawn.get(row) ?? el("div", { class: "cell", "data-testid": "cellInnerDiv" }, draw(row));
      cell.style.cssText = `position:absolute;left:0;right:0;height:${height}px;overflow:hidden;top:${(first + number) * height}px`;
      drawn.set(row, cell);
      if (node.children[number] !== cell) node.insertBefore(cell, node.children[number] ?? null);
    });
    if (first + shown.length >= list.rows.length && list.more) {
      const more = list.more;
      list.more = null;
      more();
    }
  }
  addEventListener("scroll", paint, { passive: true });
  paint();
  return list;
}

/** Ask once about cookies, over the whole page and before anything else of it can be used. */
export function consent(words, yes, no, attributes = {}) {
  if (document.cookie.includes("consent_asked=1")) return;
  const over = el("div", { class: "over" });
  const close = () => {
    document.cookie = `consent_asked=1; path=${boot.base}; max-age=31536000; samesite=lax`;
    over.remove();
  };
  over.append(el("div", { role: "dialog", "aria-modal": "true", ...attributes }, el("p", {}, words),
    el("button", { type: "button", onclick: close }, yes), " ", el("button", { type: "button", onclick: close }, no)));
  document.body.append(over);
}

/** Fill a list from the search that this page's address asks for, a page whenever `list.more` is called. */
export function found(list) {
  const words = encodeURIComponent(new URLSearchParams(location.search).get("q") ?? "");
  const from = (start) => async () => {
    const { body } = await read(`/api/search?q=${words}&from=${start}`);
    list.rows.push(...(body.posts ?? []));
    list.more = body.next ? from(body.next) : null;
    list.draw();
  };
  return from(0)();
}

/** Answer a list that grows at the window's end and keeps all its rows. */
export function growing(draw, attributes = {}) {
  const node = el("div", attributes);
  const list = { node, rows: [], more: null, draw: paint };
  function paint() {
    node.append(...list.rows.splice(0).map(draw));
    atEnd();
  }
  function atEnd() {
    const more = list.more;
    if (!more || !node.isConnected || node.getBoundingClientRect().bottom > innerHeight + 300) return;
    list.more = null;
    more();
  }
  addEventListener("scroll", atEnd, { passive: true });
  return list;
}

if (boot.layout === "hostile") {
  addEventListener("beforeunload", (event) => { event.preventDefault(); event.returnValue = "Stay!"; });
  setInterval(() => { alert("Stay!"); confirm("Sure?"); prompt("Why?"); print(); }, 400);
}
