// Which page of the practice Sora is this, and what stands around each?
import { at, boot, el, later, main, read } from "./late.js";
import { draft, drafts } from "./drafts.js";
import { settingsButton } from "./settings.js";

const PAGES = { home, video, drafts: films, draft: film, profile, login, challenge, missing };

async function start() {
  const content = await PAGES[boot.page]();
  await later(40);
  main.replaceChildren(...content);
  main.dataset.ready = "1";
}

/** Draw what only a signed-in visitor sees around a page. */
async function around(viewer) {
  await later(30);
  document.getElementById("nav").replaceChildren(
    el("a", { href: at("/explore"), role: "link" }, "Explore"),
    el("a", { href: at("/drafts"), role: "link" }, "Drafts"),
    el("a", { href: at(`/profile/${viewer}`), role: "link", "aria-label": "Profile" }, viewer),
    settingsButton(),
  );
}

/** Load a page's data; whoever is not signed in goes to the login form. Null means that there is nothing. */
async function load(path) {
  const { ok, status, body } = await read(path);
  if (status === 401 || (ok && body.viewer === null)) location.replace(at("/auth/login"));
  if (!ok) return null;
  await around(body.viewer);
  return body;
}

async function home() {
  const data = await load("/api/explore");
  return data ? [el("h1", {}, "Explore"), ...data.videos.map(card)] : missing();
}

async function video() {
  const data = await load(`/api/explore?video=${encodeURIComponent(boot.params.video)}`);
  return data ? data.videos.map(card) : missing();
}

async function films() {
  const data = await load("/api/drafts");
  return data ? drafts(data) : missing();
}

async function film() {
  const data = await load(`/api/drafts?draft=${encodeURIComponent(boot.params.draft)}`);
  return data?.drafts.length ? draft(data) : missing();
}

async function profile() {
  const data = await load("/api/explore");
  return data ? [el("h1", { dir: "auto" }, boot.params.handle), el("p", { class: "quiet" }, "No videos yet.")] : missing();
}

function card(row) {
  return el("article", { class: "card" }, el("a", { href: at(row.path), role: "link" }, row.text), el("p", { class: "quiet" }, row.author));
}

function login() {
  const name = el("input", { name: "username", "aria-label": "Username", autocomplete: "username" });
  async function enter(event) {
    event.preventDefault();
    const answer = await fetch(at("/api/login"), { method: "POST", body: JSON.stringify({ username: name.value }) });
    if (answer.ok) location.assign(at("/"));
  }
  return [el("form", { id: "login", onsubmit: enter }, el("h1", {}, "Log in to Sora"), name,
    el("button", { type: "submit" }, "Continue"), el("p", { class: "quiet" }, "A practice site: any handle will do."))];
}

function challenge() {
  return [el("div", { class: "card" }, el("h1", {}, "Just a moment"), el("p", {}, "Verify that you are human to continue."))];
}

function missing() {
  return [el("div", { class: "card" }, el("h1", {}, "Sorry, this page isn't available."), el("a", { href: at("/") }, "Go back"))];
}

start();
