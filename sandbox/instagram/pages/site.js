// Which page of the practice Instagram is this, and what stands around each?
import { at, boot, el, found, growing, icon, later, main, read } from "./late.js";
import { inbox, newMessage, requests, thread } from "./direct.js";
import { feed, post } from "./post.js";

const PAGES = { home, search, activity, post: postPage, profile, inbox, requests, new: newMessage, thread, login, challenge, missing };

async function start() {
  const content = await PAGES[boot.page]();
  await later(40);
  main.replaceChildren(...content);
  main.dataset.ready = "1";
}

/** Draw what only a signed-in visitor sees around a page. */
export async function around(viewer) {
  await later(30);
  const own = el("a", { href: at(`/${viewer}/`), role: "link" },
    el("img", { alt: `${viewer}'s profile picture`, src: "data:image/gif;base64,R0lGODlhAQABAAAAACwAAAAAAQABAAA=" }), el("span", {}, "Profile"));
  document.getElementById("nav").replaceChildren(
    el("a", { href: at("/"), role: "link" }, icon("Home", "M3 11l9-8 9 8v10H3z"), el("span", {}, "Home")),
    el("a", { href: at("/direct/inbox/"), role: "link" }, icon("Messenger", "M3 12a9 9 0 1 1 4 7l-4 2z"), el("span", {}, "Messages")),
    el("a", { href: "#", role: "link" }, icon("New post", "M12 4v16M4 12h16"), el("span", {}, "Create")),
    own,
  );
}

/** Load a page's data; whoever is not signed in goes to the login form. Null means that there is nothing. */
export async function load(path) {
  const { ok, status, body } = await read(path);
  if (status === 401 || (ok && body.viewer === null)) location.replace(at("/accounts/login/"));
  if (!ok) return null;
  await around(body.viewer);
  return body;
}

async function home() {
  const data = await load("/api/feed");
  if (!document.cookie.includes("notifications_asked=1")) setTimeout(askForNotifications, 60);
  return data ? feed(data) : missing();
}

/** Draw what was found: pictures that lead to posts, without authors, texts or numbers. */
async function search() {
  if (!await load("/api/feed")) return missing();
  const list = growing((row) => el("a", { class: "tile", href: at(row.path), role: "link" }, el("img", { alt: "A picture", src: "data:image/gif;base64,R0lGODlhAQABAAAAACwAAAAAAQABAAA=", width: "180", height: "180" })), { class: "grid" });
  await found(list);
  if (!list.node.childElementCount) return [el("div", { class: "card" }, el("h2", {}, "No results found."))];
  later(60).then(() => list.draw());
  return [list.node];
}

async function activity() {
  const data = await load("/api/activity");
  if (!data) return missing();
  const words = { comment: "commented:", mention: "mentioned you in a comment:", like: "liked your photo." };
  return [el("h1", {}, "Notifications"), el("div", { "aria-label": "Notifications", role: "list" }, ...data.rows.map((row) => el("div", { class: "card", role: "listitem" },
    el("a", { href: at(`/${row.author}/`), role: "link" }, row.author), " ", el("span", { class: "quiet" }, words[row.kind]), " ", el("span", { dir: "auto" }, row.text), " ",
    row.path && el("a", { href: at(row.path), role: "link" }, el("time", { datetime: row.at }, row.at.slice(0, 10))))))];
}

function askForNotifications() {
  const dialog = el("div", { class: "corner card", role: "dialog", "aria-label": "Turn on Notifications" },
    el("h2", {}, "Turn on Notifications"),
    el("p", {}, "Know right away when people follow you or like and comment on your photos."),
    el("button", { class: "main", type: "button", onclick: close }, "Turn On"),
    " ",
    el("button", { class: "main", type: "button", onclick: close }, "Not Now"));
  function close() {
    document.cookie = `notifications_asked=1; path=${boot.base}; samesite=lax`;
    dialog.remove();
  }
  document.body.append(dialog);
}

async function postPage() {
  const comment = boot.params.comment;
  const data = await load(`/api/post/${boot.params.code}${comment ? `?comment=${encodeURIComponent(comment)}` : ""}`);
  return data ? post(data) : missing();
}

async function profile() {
  const data = await load(`/api/profile/${encodeURIComponent(boot.params.handle)}`);
  if (!data) return missing();
  const go = () => location.assign(at(`/direct/t/${data.thread}/`));
  return [
    el("header", { class: "card" },
      el("h2", { dir: "auto" }, data.handle), el("p", {}, data.name),
      data.thread ? el("div", { class: "main", role: "button", tabindex: "0", onclick: go }, "Message") : el("span", { class: "quiet" }, "This is you")),
    ...data.posts.map((row) => el("article", {}, el("a", { href: at(row.path), role: "link" }, row.text))),
  ];
}

function login() {
  const name = el("input", { name: "username", "aria-label": "Phone number, username, or email", autocomplete: "username" });
  const word = el("input", { name: "password", type: "password", "aria-label": "Password", autocomplete: "current-password" });
  const words = el("p", { class: "failed", role: "alert" });
  async function enter(event) {
    event.preventDefault();
    const answer = await fetch(at("/api/login"), { method: "POST", body: JSON.stringify({ username: name.value, password: word.value }) });
    if (answer.ok) location.assign(at("/"));
    else words.textContent = "Sorry, your password was incorrect. Please double-check your password.";
  }
  return [el("form", { id: "loginForm", onsubmit: enter }, el("h1", {}, "Instagram"), name, word,
    el("button", { class: "main", type: "submit" }, "Log in"), words,
    el("p", { class: "quiet" }, "A practice site: any handle and any password will do."))];
}

function challenge() {
  return [el("div", { class: "card" }, el("h2", {}, "Confirm it's you"),
    el("p", {}, "We noticed an unusual login attempt. Enter the security code to continue."))];
}

export function missing() {
  return [el("div", { class: "card" }, el("h2", {}, "Sorry, this page isn't available."),
    el("p", {}, "The link you followed may be broken, or the page may have been removed. ", el("a", { href: at("/") }, "Go back to Instagram.")))];
}

start();
