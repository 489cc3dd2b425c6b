// How do the practice TikTok's messages look, and how is one written?
import { at, changed, editor, el, later, read, submit } from "./late.js";
import { load, missing } from "./site.js";
import { refuse } from "./video.js";

const HEIGHT = 72;
const SEEN = 8;

/** Draw the list of chats, and the chat that the address asks for. */
export async function messages() {
  const data = await load("/api/chats");
  if (!data) return missing();
  const place = el("section", {}, el("p", { class: "quiet" }, "Message someone from their profile."));
  const open = (handle) => { history.replaceState(null, "", at(`/messages?lang=en&u=${handle}`)); show(place, data.viewer, handle); };
  const asked = new URLSearchParams(location.search).get("u");
  if (asked) later(60).then(() => show(place, data.viewer, asked));
  return [el("h1", {}, "Messages"), el("div", { class: "chats" }, list(data.chats, open), place)];
}

/** The list holds only the rows in sight, and does not listen to clicks that a script made. */
function list(chats, open) {
  const tall = el("div", { style: `height:${chats.length * HEIGHT}px` });
  const box = el("div", { class: "list", "data-e2e": "dm-new-conversation-list" }, tall);
  const draw = () => {
    const first = Math.max(0, Math.floor(box.scrollTop / HEIGHT) - 1);
    tall.replaceChildren(...chats.slice(first, first + SEEN + 2).map((chat, n) => el("div",
      { class: "chat", style: `top:${(first + n) * HEIGHT}px`, "data-e2e": "dm-new-conversation-item", onclick: (event) => event.isTrusted && open(chat.handle) },
      el("span", { "data-e2e": "dm-new-conversation-nickname" }, chat.name), el("span", { class: "quiet" }, chat.last))));
  };
  box.addEventListener("scroll", draw);
  draw();
  return box;
}

async function show(place, viewer, handle) {
  const { ok, body } = await read(`/api/chat/${encodeURIComponent(handle)}`);
  if (!ok) { place.replaceChildren(...missing()); return; }
  await later(50);
  const pane = el("div", { class: "pane", role: "log" }, ...body.messages.map((row) => bubble(viewer, row)));
  place.replaceChildren(el("div", { "data-e2e": "dm-new-chatbox" },
    el("header", {}, el("div", { "data-e2e": "chat-nickname" }, body.name), el("a", { class: "quiet", href: at(`/@${handle}`), "data-e2e": "chat-uniqueid" }, `@${handle}`)),
    pane, composer(viewer, handle, pane)));
  pane.scrollTop = pane.scrollHeight;
}

/** Draw one message; whose it is shows by its side. */
function bubble(viewer, { id, account, text }, failed = null) {
  const mine = account === viewer;
  return el("div", { class: mine ? "bubble mine" : "bubble", "data-e2e": "dm-new-chat-item", "data-message-id": id ?? null },
    el("p", {}, text), failed && el("span", { class: "failed", "data-e2e": failed.sign }, failed.words));
}

function composer(viewer, handle, pane) {
  if (changed) {
    return el("div", { class: "write" }, el("input", { type: "search", placeholder: "Say something" }), el("span", { class: "act" }, "Go"));
  }
  const field = el("div", { class: "public-DraftEditor-content", contenteditable: "true", role: "textbox", "aria-label": "Send a message...", style: "outline:none" });
  const row = el("div", { class: "write" }, el("div", { class: "box", "data-e2e": "dm-new-input-editor" }, field));
  let button = null;
  const state = editor(field, { enter: post, change: (text) => {
    if (!text.trim()) { button?.remove(); button = null; }
    else if (!button) { button = el("div", { class: "act", role: "button", tabindex: "0", "data-e2e": "dm-new-send-btn", "aria-label": "Send", onclick: post }, "Send"); row.append(button); }
  } });
  function add(message, failed) {
    const node = bubble(viewer, message, failed);
    pane.append(node);
    pane.scrollTop = pane.scrollHeight;
    return node;
  }
  function post() {
    const text = state.text;
    if (!text.trim()) return;
    state.clear();
    submit("/v1/message/send", { target: handle, text }, {
      pending: () => add({ account: viewer, text }),
      written: (message) => add(message),
      refused: (answer) => {
        const words = answer.body.message ?? "Couldn't send";
        add({ account: viewer, text }, { sign: answer.status === 429 ? "message-send-error" : "message-send-failed", words });
        if (answer.body.message) refuse(answer, words);
      },
    });
  }
  return row;
}
