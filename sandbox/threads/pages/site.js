// Which page of the practice Threads is this, and what stands around each?
import { at, boot, consent, el, found, icon, later, main, read, virtual } from "./late.js";
import { card, HEIGHT, thread } from "./thread.js";

const PAGES = { home, search, activity, post: postPage, profile, login, challenge, missing };

async function start() {
  const content = await PAGES[boot.page]();
  await later(40);
  main.replaceChildren(...content);
  main.dataset.ready = "1";
}

/** Draw what stands around a page: who is signed in, or the way to sign in. */
export async function around(viewer) {
  await later(30);
  const nav = document.getElementById("nav");
  if (viewer === null) {
    nav.replaceChildren(el("a", { href: at("/login") }, "Log in"));
    return;
  }
  consent("Allow the use of cookies from Threads by Instagram on this browser?", "Allow all cookies", "Decline optional cookies", { "aria-label": "Cookies" });
  nav.replaceChildren(
    el("a", { href: at("/") }, icon("Home", "M3 11l9-8 9 8v10H3z")),
    el("div", { role: "button", tabindex: "0" }, icon("Create", "M12 4v16M4 12h16")),
    el("a", { href: at(`/@${viewer}`) }, icon("Profile", "M12 4a4 4 0 1 1 0 8 4 4 0 0 1 0-8M4 21a8 8 0 0 1 16 0")),
  );
}

/** Load a page's data; who is not signed in goes to the login form. Null means that there is nothing. */
export async function load(path) {
  const { ok, status, body } = await read(path);
  if (status === 401) location.replace(at("/login"));
  if (!ok) return null;
  await around(body.viewer);
  return body;
}

async function home() {
  const data = await load("/api/feed");
  return data ? data.posts.map((post) => card(post)) : missing();
}

async function search() {
  if (!await load("/api/feed")) return missing();
  const list = virtual([], HEIGHT, (row) => card(row), { role: "region", "aria-label": "Column body" });
  await found(list);
  if (!list.rows.length) return [el("div", { class: "card" }, el("h2", {}, "No results"))];
  later(60).then(() => list.draw());
  return [list.node];
}

async function activity() {
  const data = await load("/api/activity");
  if (!data) return missing();
  const words = { comment: "Replied to you", mention: "Mentioned you", like: "Liked your post" };
  const list = virtual(data.rows, HEIGHT, (row) => card({ ...row, context: words[row.kind] }));
  later(60).then(() => list.draw());
  return [el("h1", {}, "Activity"), list.node];
}

async function postPage() {
  const data = await load(`/api/post/${encodeURIComponent(boot.params.code)}`);
  return data ? thread(data) : missing();
}

async function profile() {
  const data = await load(`/api/profile/${encodeURIComponent(boot.params.handle)}`);
  if (!data) return missing();
  return [el("header", { class: "card" }, el("h1", {}, data.name), el("span", { class: "quiet" }, data.handle)), ...data.posts.map((post) => card(post))];
}

function login() {
  const name = el("input", { type: "text", autocomplete: "username", placeholder: "Username, phone or email" });
  const word = el("input", { type: "password", placeholder: "Password", autocomplete: "current-password" });
  const words = el("p", { class: "failed", role: "alert" });
  async function enter(event) {
    event.preventDefault();
    const answer = await fetch(at("/api/login"), { method: "POST", body: JSON.stringify({ username: name.value, password: word.value }) });
    if (answer.ok) location.assign(at("/"));
    else words.textContent = "Incorrect password.";
  }
  around(null);
  return [el("form", { class: "card", onsubmit: enter }, el("h1", {}, "Log in with your Instagram account"), name, word,
    el("button", { type: "submit" }, "Log in"), words, el("p", { class: "quiet" }, "A practice site: any handle and any password will do."))];
}

function challenge() {
  return [el("div", { class: "card" }, el("h2", {}, "Confirm it's you"), el("p", {}, "Enter the security code to continue."))];
}

export function missing() {
  return [el("div", { class: "card" }, el("h2", {}, "Sorry, this page isn't available."), el("p", {}, el("a", { href: at("/") }, "Back to Threads")))];
}

start();
