// Which page of the practice TikTok is this, and what stands around each?
import { at, boot, el, found, growing, later, main, read } from "./late.js";
import { messages } from "./messages.js";
import { short, video } from "./video.js";

const PAGES = { home, search, activity, video: videoPage, profile, messages, login, challenge, missing };

async function start() {
  const content = await PAGES[boot.page]();
  await later(40);
  main.replaceChildren(...content);
  main.dataset.ready = "1";
}

/** Draw what stands around a page: who is signed in, or the way to sign in. */
export async function around(viewer) {
  await later(30);
  const home = el("a", { href: at("/"), "data-e2e": "nav-foryou" }, "For You");
  const own = viewer === null
    ? [el("button", { type: "button", "data-e2e": "top-login-button", onclick: () => location.assign(at("/login")) }, "Log in")]
    : [
      el("a", { href: at("/upload"), "data-e2e": "upload-icon", "aria-label": "Upload a video" }, "Upload"),
      el("a", { href: at("/messages?lang=en"), "data-e2e": "top-dm-icon", "aria-label": "Open messages" }, "Messages"),
      el("a", { href: at(`/@${viewer}`), "data-e2e": "nav-profile" }, "Profile"),
      el("a", { href: at(`/@${viewer}`), "data-e2e": "profile-icon", "aria-label": `Profile of @${viewer}` }, el("span", { class: "face" })),
    ];
  document.getElementById("nav").replaceChildren(home, ...own);
}

/** Load a page's data. Null means that there is nothing. */
export async function load(path) {
  const { ok, status, body } = await read(path);
  if (status === 401) location.replace(at("/login"));
  if (!ok) return null;
  await around(body.viewer);
  return body;
}

async function home() {
  const data = await load("/api/feed");
  return data ? data.posts.map(card) : missing();
}

function card(row) {
  return el("article", { class: "card", "data-e2e": "recommend-list-item-container" },
    el("a", { href: at(`/@${row.author}`), "data-e2e": "video-author-uniqueid" }, row.author),
    el("div", { class: "picture" }),
    el("a", { href: at(row.path), "data-e2e": "video-desc" }, row.text));
}

async function search() {
  if (!await load("/api/viewer")) return missing();
  const list = growing(hit, { "data-e2e": "search_video-item-list" });
  await found(list);
  if (!list.node.childElementCount) return [el("div", { class: "card", "data-e2e": "search-error-title" }, "No results found")];
  later(60).then(() => list.draw());
  return [list.node];
}

function hit(row) {
  return el("div", { class: "card", "data-e2e": "search_video-item" },
    el("a", { href: at(row.path) }, el("div", { class: "picture" }), el("strong", { "data-e2e": "video-views" }, short(row.views))),
    el("div", { "data-e2e": "search-card-desc" },
      el("div", { "data-e2e": "search-card-video-caption" }, row.text),
      el("a", { href: at(`/@${row.author}`), "data-e2e": "search-card-user-link" }, el("p", { "data-e2e": "search-card-user-unique-id" }, row.author)),
      el("strong", { "data-e2e": "search-card-like-container" }, short(row.likes))));
}

async function activity() {
  const data = await load("/api/activity");
  if (!data) return missing();
  const words = { comment: "commented:", mention: "mentioned you in a comment:", like: "liked your video." };
  return [el("h1", {}, "Notifications"), el("div", { "data-e2e": "inbox-list" }, ...data.rows.map((row) => el("div", { class: "card", "data-e2e": "inbox-list-item" },
    el("a", { href: at(`/@${row.author}`), "data-e2e": "inbox-title" }, row.author), " ", el("span", { "data-e2e": "inbox-content" }, words[row.kind]),
    el("p", { "data-e2e": "inbox-comment" }, row.text), row.path && el("a", { class: "quiet", href: at(row.path) }, el("time", { datetime: row.at }, row.at.slice(0, 10))))))];
}

async function videoPage() {
  const data = await load(`/api/video/${boot.params.video}`);
  return data ? video(data) : missing();
}

async function profile() {
  const data = await load(`/api/profile/${encodeURIComponent(boot.params.handle)}`);
  if (!data) return missing();
  const go = () => location.assign(data.viewer === null ? at("/login") : at(`/messages?lang=en&u=${data.handle}`));
  return [
    el("header", { class: "card" },
      el("h1", { "data-e2e": "user-title" }, data.handle), el("h2", { "data-e2e": "user-subtitle" }, data.name),
      data.viewer !== data.handle && el("button", { class: "plain", type: "button", "data-e2e": "message-button", onclick: go }, "Message")),
    ...data.posts.map(card),
  ];
}

function login() {
  const name = el("input", { name: "username", placeholder: "Email or username", autocomplete: "username" });
  const word = el("input", { name: "password", type: "password", placeholder: "Password", autocomplete: "current-password" });
  const words = el("p", { class: "failed", role: "alert" });
  async function enter(event) {
    event.preventDefault();
    const answer = await fetch(at("/api/login"), { method: "POST", body: JSON.stringify({ username: name.value, password: word.value }) });
    if (answer.ok) location.assign(at("/"));
    else words.textContent = "Username or password doesn't match our records. Try again.";
  }
  around(null);
  return [el("form", { class: "card", "data-e2e": "login-modal", onsubmit: enter }, el("h1", {}, "Log in to TikTok"), name, word,
    el("button", { type: "submit", "data-e2e": "login-button" }, "Log in"), words,
    el("p", { class: "quiet" }, "A practice site: any handle and any password will do."))];
}

function challenge() {
  return [el("div", { id: "captcha_container", class: "card captcha_verify_container secsdk-captcha" },
    el("h2", {}, "Verify to continue:"), el("p", {}, "Drag the puzzle piece into place"))];
}

export function missing() {
  return [el("div", { class: "card" }, el("h2", {}, "Sorry, this page isn't available."), el("p", {}, el("a", { href: at("/") }, "Watch other videos")))];
}

start();
