// How do the practice X's conversations look, what does their passcode ask, and how is a message written?
import { at, boot, changed, controlled, el, later, mutationId, read, send, submit } from "./late.js";
import { load, missing } from "./site.js";
import { refuse } from "./status.js";

/** Draw the conversations, and the one that the address names. */
export async function chat() {
  const data = await load("/api/chats");
  if (!data) return missing();
  const panel = el("section", { "data-testid": "dm-conversation-panel" }, el("p", { class: "quiet" }, "Start Conversation"));
  const page = [el("div", { class: "chats" }, inbox(data.chats, panel, data.viewer), panel)];
  if (data.locked) return gate(() => show(panel, data.viewer, boot.params.pair));
  if (boot.params.pair) later(60).then(() => show(panel, data.viewer, boot.params.pair));
  return page;
}

function inbox(chats, panel, viewer) {
  const open = (pair) => { history.pushState({}, "", at(`/i/chat/${pair}`)); boot.params = { pair }; show(panel, viewer, pair); };
  return el("div", { class: "list", "data-testid": "dm-inbox-panel" }, ...chats.map((row) => el("div",
    { class: "chat", role: "button", tabindex: "0", "data-testid": `dm-conversation-item-${row.pair}`, onclick: () => open(row.pair) },
    el("span", {}, row.name), el("span", { class: "quiet" }, row.last))));
}

/** Draw the request for the passcode in the place of everything; `done` is called when it was taken. */
function gate(done) {
  const digits = [1, 2, 3, 4].map((number) => el("input", { type: "text", inputmode: "numeric", maxlength: "1", "aria-label": `Digit ${number}`, oninput: enter }));
  async function enter() {
    const code = digits.map((digit) => digit.value).join("");
    if (code.length < 4) return;
    const answer = await send("/api/passcode", { code });
    if (answer.ok) { location.reload(); done?.(); }
  }
  return [el("div", { class: "card", "data-testid": "pin-code-input-container" }, el("h2", {}, "Enter Passcode"),
    el("p", {}, "Your passcode unlocks your encrypted conversations on this device."), el("div", { class: "digits" }, ...digits))];
}

async function show(panel, viewer, pair) {
  const { ok, body } = await read(`/api/chat/${encodeURIComponent(pair)}`);
  if (!ok) { panel.replaceChildren(...missing()); return; }
  if (body.locked) { document.getElementById("main").replaceChildren(...gate()); return; }
  await later(50);
  const pane = el("div", { class: "pane", role: "log" }, ...body.messages.map((row) => bubble(viewer, row)));
  panel.replaceChildren(
    el("header", { "data-testid": "dm-conversation-header" }, el("a", { href: at(`/${body.handle}`) }, el("h2", {}, body.name), el("span", { class: "quiet" }, `@${body.handle}`))),
    pane, composer(viewer, body.handle, pane));
  pane.scrollTop = pane.scrollHeight;
}

/** Draw one message; an own one says how far it has come. */
function bubble(viewer, { id, account, text }, stand = "sent") {
  const mine = account === viewer;
  return el("div", { class: mine ? "bubble mine" : "bubble", "data-testid": `message-${id}`, "data-dm-message-row": id, "data-send-status": mine ? stand : null },
    el("p", { "data-testid": `message-text-${id}` }, text));
}

function composer(viewer, handle, pane) {
  if (changed) {
    return el("div", { class: "write" }, el("input", { type: "search", placeholder: "Say something" }), el("span", { class: "act" }, "Go"));
  }
  const field = el("textarea", { "data-testid": "dm-composer-textarea", placeholder: "Message", rows: "1" });
  const row = el("div", { class: "write" }, el("button", { class: "plain", type: "button", "data-testid": "dm-composer-attachment-button", "aria-label": "Attach" }, "+"), field);
  const button = el("button", { class: "act", type: "button", "data-testid": "dm-composer-send-button", "aria-label": "Send", disabled: true, onclick: post }, "Send");
  row.append(button);
  const state = controlled(field, async (text) => {
    if (!text.trim()) { button.disabled = true; return; }
    await later(40);
    button.disabled = !state.text.trim();
  });
  field.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || !event.isTrusted) return;
    event.preventDefault();
    post();
  });
  /** The row stands there at once, under an id of the page's own, and flips to what came of it. */
  function post() {
    const text = state.text;
    if (!text.trim()) return;
    state.set("");
    button.disabled = true;
    const row = bubble(viewer, { id: mutationId(), account: viewer, text }, "pending");
    pane.append(row);
    pane.scrollTop = pane.scrollHeight;
    later(40).then(() => { if (row.dataset.sendStatus === "pending") row.dataset.sendStatus = "sending"; });
    submit("/api/SendMessage", { target: handle, text }, {
      written: ({ id }) => {
        row.dataset.dmMessageRow = id;
        row.dataset.testid = `message-${id}`;
        row.querySelector("p").dataset.testid = `message-text-${id}`;
        row.dataset.sendStatus = "sent";
        later(80).then(() => { row.dataset.sendStatus = "delivered"; });
      },
      refused: (answer) => {
        row.dataset.sendStatus = answer.status === 500 ? "error" : "failed";
        if (answer.body.message) refuse(answer, answer.body.message);
      },
    });
  }
  return row;
}
