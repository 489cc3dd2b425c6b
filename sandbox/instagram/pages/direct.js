// How do the practice Instagram's inbox, search and threads look, and how is a message written?
import { at, boot, changed, editor, el, icon, later, read, send, submit } from "./late.js";
import { refuse } from "./post.js";
import { load, missing } from "./site.js";

/** Draw the list of threads. */
export async function inbox() {
  const data = await load("/api/inbox");
  if (!data) return missing();
  return [
    el("h1", {}, data.viewer, " ", el("a", { href: at("/direct/new/"), role: "link" }, icon("New message", "M4 20h4L20 8l-4-4L4 16z"))),
    el("a", { class: "quiet", href: at("/direct/requests/"), role: "link" }, "Requests"),
    threads(data),
  ];
}

/** Draw the threads that strangers began. */
export async function requests() {
  const data = await load("/api/inbox?requests=1");
  return data ? [el("h1", {}, "Message requests"), threads(data)] : missing();
}

/** A row is a button without an address, as theirs are since 2025; before that it was a link. */
function threads(data) {
  const rows = data.threads.map((row) => {
    const address = at(`/direct/t/${row.thread}/`);
    const words = [el("span", { dir: "auto" }, row.name), el("span", { class: "quiet", dir: "auto" }, row.last)];
    return boot.messages === "old"
      ? el("a", { class: "row72", href: address, role: "link" }, ...words)
      : el("div", { class: "row72", role: "button", tabindex: "0", onclick: () => location.assign(address) }, ...words);
  });
  return el("div", { "aria-label": "Thread list", role: "list" }, ...(rows.length ? rows : [el("p", { class: "quiet" }, "No messages yet.")]));
}

/** Draw the search for somebody to write to: words, a result, and then Chat. */
export async function newMessage() {
  const data = await load("/api/people");
  if (!data) return missing();
  let chosen = null;
  let asked = 0;
  const results = el("div", { "aria-label": "Search results" });
  const chat = el("div", { class: "main", role: "button", tabindex: "0", "aria-disabled": "true", onclick: () => chosen && location.assign(at(`/direct/t/${chosen}/`)) }, "Chat");
  const field = el("input", { name: "queryBox", type: "text", placeholder: "Search...", "aria-label": "Search", autocomplete: "off", oninput: search });
  async function search() {
    const mine = ++asked;
    chosen = null;
    chat.setAttribute("aria-disabled", "true");
    await later(60);
    const { body } = await read(`/api/people?q=${encodeURIComponent(field.value)}`);
    if (mine === asked) results.replaceChildren(...(body.people ?? []).map(result));
  }
  function result({ handle, name, thread: id }) {
    const choose = () => { chosen = id; chat.removeAttribute("aria-disabled"); };
    return el("div", { class: "row72", role: "button", tabindex: "0", onclick: choose }, el("span", { dir: "auto" }, name), el("span", { class: "quiet", dir: "auto" }, handle));
  }
  return [el("div", { class: "card", role: "dialog", "aria-label": "New message" }, el("h1", {}, "New message"), field, results, chat)];
}

/** Draw one thread with its composer. */
export async function thread() {
  const data = await load(`/api/thread/${encodeURIComponent(boot.params.thread)}`);
  if (!data) return missing();
  const pane = el("div", { class: "pane", role: "grid", "aria-label": `Messages in conversation with ${data.name}` },
    ...data.messages.map((message) => bubble(data.viewer, message)));
  later(80).then(() => { pane.scrollTop = pane.scrollHeight; });
  return [
    el("header", { class: "card" }, el("a", { href: at(`/${data.handle}/`), role: "link", "aria-label": `Open the profile page of ${data.handle}` },
      el("h2", { dir: "auto" }, data.name), el("span", { class: "quiet", dir: "auto" }, data.handle))),
    pane,
    data.asks ? question(data) : composer(data, pane),
  ];
}

/** Nobody can answer a stranger before the request is accepted. */
function question({ handle }) {
  const accept = async () => { if ((await send("/api/accept", { target: handle })).ok) location.reload(); };
  return el("div", { class: "card" }, el("span", { dir: "auto" }, handle), " ",
    el("div", { class: "main", role: "button", tabindex: "0", onclick: accept }, "Accept"));
}

/** Draw one message; only an own one has a status, and none has a stable sign of whose it is but its side. */
function bubble(viewer, { id, account, text }, status = "Sent") {
  const mine = account === viewer;
  return el("div", { class: mine ? "bubble mine" : "bubble", role: "row", "data-message-id": id ?? null },
    el("div", { dir: "auto" }, text), mine && el("span", { class: status === "Sent" ? "quiet" : "quiet failed" }, status));
}

function composer({ viewer, handle }, pane) {
  if (changed) {
    return el("div", { class: "write" }, el("input", { type: "search", "aria-label": "Say something", placeholder: "Say something" }), el("span", { class: "act" }, "Go"));
  }
  const field = el("div", { class: "box", contenteditable: "true", role: "textbox", "aria-label": "Message", "aria-placeholder": "Message...", "data-lexical-editor": "true", spellcheck: "true", tabindex: "0" });
  const row = el("div", { class: "write" }, field);
  let button = null;
  const state = editor(field, { enter: post, change: (text) => {
    if (!text.trim()) { button?.remove(); button = null; }
    else if (!button) { button = el("div", { class: "act", role: "button", tabindex: "0", onclick: post }, "Send"); row.append(button); }
  } });
  function show(message, status) {
    const node = bubble(viewer, message, status);
    pane.append(node);
    pane.scrollTop = pane.scrollHeight;
    return node;
  }
  function post() {
    const text = state.text;
    if (!text.trim()) return;
    state.clear();
    submit("/api/messages", { target: handle, text }, {
      pending: () => show({ account: viewer, text }, "Sending"),
      written: (message) => show(message, "Sent"),
      refused: (answer) => { show({ account: viewer, text }, "Couldn't send"); if (answer.body.message) refuse(answer); },
    });
  }
  return row;
}
