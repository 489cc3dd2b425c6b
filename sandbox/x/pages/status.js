// How do the practice X's posts look, and how is a reply written under one?
import { at, changed, editor, el, later, submit, toast, virtual } from "./late.js";

export const HEIGHT = 132;

/** Draw one post or reply; while it has no id it has no permalink either. */
export function card({ author, text, at: moment, path, likes = 0, reposts = 0, replies = 0, views = 0, context = "" }) {
  return el("article", { "data-testid": "tweet", tabindex: "0" },
    el("div", { "data-testid": "User-Name" },
      el("a", { href: at(`/${author}`), role: "link" }, author), " ", el("span", { class: "quiet" }, `@${author}`), " ",
      el("a", { class: "quiet", href: at(path), role: "link" }, el("time", { datetime: moment }, moment.slice(0, 10)))),
    context && el("div", { class: "quiet", "data-testid": "reply-context" }, context),
    el("div", { "data-testid": "tweetText", lang: "en" }, text),
    el("div", { class: "counts", role: "group" },
      count("reply", "Reply", replies), count("retweet", "Repost", reposts), count("like", "Like", likes),
      el("a", { class: "quiet", href: at(`${path}/analytics`), "aria-label": `${views} views. View post analytics` }, short(views))));
}

function count(sign, label, number) {
  return el("button", { class: "plain", type: "button", "data-testid": sign, "aria-label": `${number} ${label}` }, el("span", {}, short(number)));
}

/** Write a number as they do: 999, 1,234, 12.3K. */
export function short(number) {
  if (number < 10_000) return number ? number.toLocaleString("en-US") : "";
  return `${Number((number / 1000).toFixed(1))}K`;
}

/** Draw a post with the box to write a reply, and its replies; a reply's own page has no box. */
export function status({ viewer, post, reply, replies }) {
  if (reply) return [card(post), card(reply)];
  const list = virtual(replies, HEIGHT, card, { "aria-label": "Timeline: Conversation" });
  later(60).then(() => list.draw());
  return [card(post), viewer === null ? null : box(post, list), list.node].filter(Boolean);
}

function box(post, list) {
  if (changed) {
    return el("div", { class: "write" }, el("input", { type: "search", placeholder: "Join in" }), el("span", { class: "act" }, "Share"));
  }
  const field = el("div", { class: "box", contenteditable: "true", role: "textbox", "data-testid": "tweetTextarea_0", "aria-label": "Post text" });
  const button = el("button", { class: "act", type: "button", role: "button", "data-testid": "tweetButtonInline", "aria-disabled": "true" }, "Reply");
  const state = editor(field, { change: async (text) => {
    if (!text.trim()) { button.setAttribute("aria-disabled", "true"); return; }
    await later(50);
    if (state.text.trim()) button.removeAttribute("aria-disabled");
  } });
  button.addEventListener("click", () => {
    const text = state.text;
    if (button.getAttribute("aria-disabled") === "true" || !text.trim()) return;
    button.setAttribute("aria-disabled", "true");
    submit("/api/CreateTweet", { target: post.id, text }, {
      written: ({ id, account, text: said, at: moment }) => {
        state.clear();
        const path = `/${account}/status/${id}`;
        list.rows.unshift({ id, author: account, text: said, at: moment, path });
        list.draw();
        toast(el("span", {}, "Your post was sent. ", el("a", { href: at(path) }, "View")), { "data-testid": "toast" });
      },
      refused: (answer) => { button.removeAttribute("aria-disabled"); refuse(answer, "Something went wrong. Try reloading."); },
    });
  });
  return el("div", { class: "write card" }, field, button);
}

/** Say why a write was refused: a block stands over the page, all else is a toast. */
export function refuse({ body }, otherwise) {
  if (body.error !== "action_blocked") {
    toast(body.message ?? otherwise, { "data-testid": "toast" });
    return;
  }
  const over = el("div", { class: "over" });
  over.append(el("div", { role: "dialog", "aria-modal": "true", "data-testid": "confirmationSheetDialog" },
    el("p", {}, body.message), el("button", { type: "button", onclick: () => over.remove() }, "Got it")));
  document.body.append(over);
}
