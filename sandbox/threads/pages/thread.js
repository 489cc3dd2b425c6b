// How do the practice Threads' posts look, and how is a reply written under one?
import { at, changed, editor, el, icon, later, submit, toast, virtual } from "./late.js";

export const HEIGHT = 128;

/** Draw one post or reply. While it has no id it has no permalink either; `failed` says why it will have none. */
export function card({ id, author, text, at: moment, path, likes, replies, reposts, failed, context }, press) {
  const when = id
    ? el("a", { class: "quiet", href: at(path) }, el("time", { datetime: moment }, moment.slice(0, 10)))
    : el("span", { class: failed ? "failed" : "quiet", role: "note" }, failed || "Posting…");
  return el("div", { class: "post", "data-pressable-container": "true" },
    el("div", {}, el("a", { href: at(`/@${author}`), role: "link" }, author), " ", when),
    context && el("div", { class: "quiet", role: "note" }, context),
    el("div", { class: "text", dir: "auto" }, el("span", {}, text)),
    el("div", { class: "counts" }, sign(LIKE, "Like", likes), sign(REPLY, "Reply", replies, press), sign(REPOST, "Repost", reposts), sign(SHARE, "Share", 0)));
}

const LIKE = "M12 20l-8-8 4-6 4 3 4-3 4 6z";
const REPLY = "M4 12a8 8 0 1 1 3 6l-3 1z";
const REPOST = "M4 8h14l-3-3M20 16H6l3 3";
const SHARE = "M3 4l18 8-18 8 5-8z";

function sign(shape, label, number = 0, press = null) {
  return el("div", { role: "button", tabindex: "0", onclick: press ?? (() => {}) }, icon(label, shape), el("span", {}, short(number)));
}

/** Write a number as they do: 999, 1.2K. */
export function short(number) {
  if (number < 1000) return number ? String(number) : "";
  return `${Number((number / 1000).toFixed(1))}K`;
}

/** Draw a post with its replies; the box to write one opens under it when its reply sign is pressed. */
export function thread({ viewer, post, reply, replies }) {
  if (reply) return [card(post), card(reply)];
  const list = virtual(replies, HEIGHT, (row) => card(row), { role: "region", "aria-label": "Column body" });
  const place = el("div", {});
  let open = false;
  const press = () => {
    if (open || viewer === null) return;
    open = true;
    later(60).then(() => place.replaceChildren(box(viewer, post, list)));
  };
  later(60).then(() => list.draw());
  return [card(post, press), place, list.node];
}

function box(viewer, post, list) {
  if (changed) {
    return el("div", { class: "write" }, el("input", { type: "search", placeholder: "Join in" }), el("span", { class: "act" }, "Share"));
  }
  const field = el("div", { class: "box", contenteditable: "true", role: "textbox", "data-lexical-editor": "true", "aria-placeholder": `Reply to ${post.author}...`, "aria-label": "Empty text field. Type to compose a new post." });
  const button = el("div", { class: "act", role: "button", tabindex: "0", "aria-disabled": "true" }, "Post");
  const state = editor(field, { change: async (text) => {
    if (!text.trim()) { button.setAttribute("aria-disabled", "true"); return; }
    await later(50);
    if (state.text.trim()) button.removeAttribute("aria-disabled");
  } });
  const put = (row, other) => {
    list.rows.splice(row === null ? 0 : list.rows.indexOf(row), row === null ? 0 : 1, other);
    list.draw();
    return other;
  };
  /** The row stands there at once and flips to what came of it. */
  function post_() {
    const text = state.text;
    if (button.getAttribute("aria-disabled") === "true" || !text.trim()) return;
    state.clear();
    const row = put(null, { author: viewer, text });
    toast("Posting...");
    submit("/api/reply", { target: post.id, text }, {
      written: ({ id, account, text: said, at: moment }) => {
        const path = `/@${account}/post/${id}`;
        put(row, { id, author: account, text: said, at: moment, path });
        toast(el("span", {}, "Posted ", el("a", { href: at(path) }, "View")));
      },
      refused: (answer) => {
        put(row, { ...row, failed: "Failed to post" });
        refuse(answer, "Post failed to upload");
      },
    });
  }
  button.addEventListener("click", post_);
  return el("div", { class: "write card" }, field, el("div", { role: "button", tabindex: "0", "aria-label": "Expand composer" }, "+"), button);
}

/** Say why a write was refused: a block stands over the page, all else is a toast. */
export function refuse({ body }, otherwise) {
  if (body.error !== "action_blocked") {
    toast(body.message ?? otherwise);
    return;
  }
  const over = el("div", { class: "over" });
  over.append(el("div", { role: "dialog", "aria-modal": "true" }, el("p", {}, body.message), el("button", { type: "button", onclick: () => over.remove() }, "OK")));
  document.body.append(over);
}
