// How does a video of the practice TikTok look, and how is a comment written under it?
import { at, boot, changed, editor, el, later, read, submit, toast } from "./late.js";

/** Draw a video; its comments come when the comment button is pressed. */
export function video({ viewer, post }) {
  const panel = el("section", { class: "card", "aria-label": "Comments" });
  const asked = new URLSearchParams(location.search).get("comment_id");
  let open = null;
  const show = () => { open ??= comments(panel, viewer, post, asked); };
  if (asked) later(60).then(show);
  return [
    el("article", { class: "card", "data-e2e": "browse-video-container" },
      el("a", { href: at(`/@${post.author}`), "data-e2e": "browse-username" }, post.author),
      el("div", { class: "picture" }),
      el("p", { "data-e2e": "browse-video-desc" }, post.text),
      el("span", { class: "quiet" }, el("strong", { "data-e2e": "like-count" }, short(post.likes)), " likes ", el("strong", { "data-e2e": "comment-count" }, short(post.replies)), " comments"), " ",
      el("button", { class: "plain", type: "button", "aria-label": "Read or add comments", onclick: show },
        el("span", { "data-e2e": "comment-icon" }, "Comments"))),
    panel,
  ];
}

/** Write a number as they do: 999, 1.2K. */
export function short(number) {
  return number < 1000 ? String(number) : `${Number((number / 1000).toFixed(1))}K`;
}

async function comments(panel, viewer, post, asked) {
  const answer = await read(`/api/comment/list/?aweme_id=${post.id}${asked ? `&comment_id=${encodeURIComponent(asked)}` : ""}`);
  await later(50);
  const list = el("div", { "data-e2e": "comment-list" }, ...(answer.body.comments ?? []).map((row) => item(post, row, asked)));
  panel.append(viewer === null ? el("a", { href: at("/login"), "data-e2e": "comment-login" }, "Log in to comment") : box(viewer, post, list), list);
}

/** Draw one comment; while it has no id it has no permalink either. */
function item(post, { id, account, text, at: moment }, asked) {
  const when = id
    ? el("a", { class: "quiet", href: at(`${post.path}?comment_id=${id}`), "data-e2e": "comment-time-1" }, moment.slice(0, 10))
    : el("span", { class: "quiet" }, "Sending");
  return el("div", { class: "comment", "data-e2e": "comment-item", "data-comment-id": id ?? null, style: id && id === asked ? "background:#fff5f7" : null },
    el("span", { class: "face" }),
    el("div", {},
      el("a", { href: at(`/@${account}`), "data-e2e": "comment-username-1" }, account),
      el("p", { "data-e2e": "comment-level-1" }, text),
      when, " ", el("span", { class: "quiet", "data-e2e": "comment-reply-1" }, "Reply")));
}

function box(viewer, post, list) {
  if (changed) {
    return el("div", { class: "write" }, el("input", { type: "search", placeholder: "Join in" }), el("span", { class: "act" }, "Share"));
  }
  const field = el("div", { class: "public-DraftEditor-content", contenteditable: "true", role: "textbox", "aria-label": "Add comment...", style: "outline:none" });
  const holder = el("div", { class: "box", "data-e2e": "comment-input" }, field);
  const button = el("div", { class: "act", role: "button", tabindex: "0", "data-e2e": "comment-post", "aria-label": "Post", "aria-disabled": "true" }, "Post");
  const state = editor(field, { change: async (text) => {
    if (!text.trim()) { button.setAttribute("aria-disabled", "true"); return; }
    await later(30);
    if (state.text.trim()) button.setAttribute("aria-disabled", "false");
  } });
  button.addEventListener("click", () => {
    const text = state.text;
    if (button.getAttribute("aria-disabled") === "true" || !text.trim()) return;
    state.clear();
    submit("/api/comment/publish/", { target: post.id, text }, {
      pending: () => { const row = item(post, { account: viewer, text }); list.prepend(row); return row; },
      written: (row) => list.prepend(item(post, row)),
      refused: (answer) => refuse(answer, "Couldn't post comment. Try again."),
    });
  });
  return el("div", { class: "write" }, holder, button);
}

/** Say why a write was refused: a block stands over the page, all else is a toast. */
export function refuse({ body }, otherwise) {
  if (body.error !== "action_blocked") {
    toast(body.message ?? otherwise, { "data-e2e": "toast" });
    return;
  }
  const over = el("div", { class: "over" });
  over.append(el("div", { role: "dialog", "aria-modal": "true", "data-e2e": "chat-restriction" },
    el("p", {}, body.message), el("button", { type: "button", onclick: () => over.remove() }, "OK")));
  document.body.append(over);
}
