// How do the practice Instagram's posts look, and how is a comment written under one?
import { at, boot, changed, controlled, el, later, submit, toast } from "./late.js";

/** Draw the feed. */
export function feed({ posts }) {
  return posts.map((row) => el("article", {},
    el("a", { href: at(`/${row.author}/`), role: "link" }, row.author),
    el("div", { class: "picture" }), el("span", { dir: "auto" }, row.text), " ",
    el("a", { class: "quiet", href: at(row.path), role: "link" }, "View all comments")));
}

/** Draw a post with its comments and the box to write one. */
export function post({ viewer, post: row, comments }) {
  const list = el("ul", { role: "list" }, ...comments.map((comment) => item(row, comment)));
  return [
    el("article", { role: "presentation" },
      el("h2", {}, el("a", { href: at(`/${row.author}/`), role: "link" }, row.author)),
      el("div", { class: "picture" }),
      el("h1", { dir: "auto", style: "font:inherit;margin:0" }, row.text),
      el("a", { class: "quiet", href: at(`${row.path}liked_by/`), role: "link" }, `${row.likes.toLocaleString("en-US")} likes`), " ",
      el("time", { datetime: row.at }, row.at.slice(0, 10))),
    el("div", { class: "card" }, list),
    box(viewer, row, list),
  ];
}

/** Draw one comment; while it has no id it has no permalink either. */
function item(row, { id, account, text, at: moment }) {
  const when = id
    ? el("a", { href: at(`${row.path}c/${id}/`), role: "link" }, el("time", { datetime: moment }, moment.slice(0, 10)))
    : el("span", { class: "quiet" }, "Posting...");
  const shown = boot.params.comment === id && id ? { style: "background:#f3f6ff" } : {};
  return el("li", { role: "listitem", "data-comment-id": id ?? null, ...shown },
    el("a", { href: at(`/${account}/`), role: "link" }, account), el("span", { dir: "auto" }, text), when);
}

function box(viewer, row, list) {
  const form = changed ? el("section", { class: "write card" }) : el("form", { class: "write", method: "POST", onsubmit: (event) => event.preventDefault() });
  const field = changed
    ? el("input", { type: "search", "aria-label": "Join in", placeholder: "Join in" })
    : el("textarea", { "aria-label": "Add a comment…", placeholder: "Add a comment…", autocomplete: "off" });
  form.append(field);
  if (changed) {
    form.append(el("span", { class: "act" }, "Share"));
    return form;
  }
  let button = null;
  const state = controlled(field, (text) => {
    if (!text.trim()) { button?.remove(); button = null; }
    else if (!button) { button = postButton(post); form.append(button); }
  });
  function post() {
    const text = state.text;
    if (!text.trim()) return;
    state.set("");
    submit("/api/comments", { target: row.code, text }, {
      pending: () => { const pending = item(row, { account: viewer, text }); list.prepend(pending); return pending; },
      written: (comment) => list.prepend(item(row, comment)),
      refused: (answer) => { state.set(text); refuse(answer, "Couldn't post comment."); },
    });
  }
  return form;
}

/** The button stands there a moment before it can be pressed. */
function postButton(press) {
  const button = el("div", { class: "act", role: "button", tabindex: "0", "aria-disabled": "true" }, "Post");
  button.addEventListener("click", () => { if (button.getAttribute("aria-disabled") === null) press(); });
  later(50).then(() => button.removeAttribute("aria-disabled"));
  return button;
}

/** Say why a write was refused: a block stands over the page, all else is a toast. */
export function refuse({ body }, otherwise) {
  if (body.error !== "action_blocked") {
    toast(body.message ?? otherwise);
    return;
  }
  const over = el("div", { class: "over" });
  over.append(el("div", { role: "dialog", "aria-modal": "true", "aria-label": "Action Blocked" },
    el("h2", {}, "Action Blocked"), el("p", {}, body.message),
    el("button", { class: "main", type: "button", onclick: () => over.remove() }, "OK")));
  document.body.append(over);
}
