// Which page of the practice X is this, and what stands around each?
import { at, boot, consent, el, found, icon, later, main, read, virtual } from "./late.js";
import { chat } from "./chat.js";
import { card, HEIGHT, status } from "./status.js";

const PAGES = { home, search, activity, status: statusPage, profile, chat, login, challenge, missing };

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
    nav.replaceChildren(el("a", { href: at("/i/flow/login"), "data-testid": "loginButton" }, "Log in"));
    return;
  }
  consent("Did someone say … cookies?", "Accept all cookies", "Refuse non-essential cookies", { "aria-label": "Cookies", "data-testid": "BottomBar" });
  nav.replaceChildren(
    el("a", { href: at("/home"), "data-testid": "AppTabBar_Home_Link" }, icon("Home", "M3 11l9-8 9 8v10H3z"), "Home"),
    el("a", { href: at("/i/chat"), "data-testid": "AppTabBar_DirectMessage_Link" }, "Chat"),
    el("a", { href: at(`/${viewer}`), "data-testid": "AppTabBar_Profile_Link", "aria-label": "Profile" }, "Profile"),
    el("a", { href: at("/compose/post"), "data-testid": "SideNav_NewTweet_Button" }, "Post"),
    el("div", { role: "button", tabindex: "0", "data-testid": "SideNav_AccountSwitcher_Button" }, el("span", { class: "face" }), `@${viewer}`),
  );
}

/** Load a page's data; who is not signed in goes to the login form. Null means that there is nothing. */
export async function load(path) {
  const { ok, status: code, body } = await read(path);
  if (code === 401) location.replace(at("/i/flow/login"));
  if (!ok) return null;
  await around(body.viewer);
  return body;
}

async function home() {
  const data = await load("/api/feed");
  return data ? data.posts.map((post) => card(post)) : missing();
}

async function search() {
  if (!await load("/api/viewer")) return missing();
  const list = virtual([], HEIGHT, card, { "aria-label": "Timeline: Search timeline" });
  await found(list);
  if (!list.rows.length) return [el("div", { class: "card", "data-testid": "empty_state_header_text" }, el("h2", {}, "No results"))];
  later(60).then(() => list.draw());
  return [list.node];
}

async function activity() {
  const data = await load("/api/activity");
  if (!data) return missing();
  const list = virtual(data.rows, HEIGHT, (row) => (row.kind === "like"
    ? el("article", { "data-testid": "notification" }, el("a", { href: at(`/${row.author}`) }, row.author), " liked your post")
    : card({ ...row, context: row.kind === "comment" ? "Replying to @" + data.viewer : "Mentioned you" })));
  later(60).then(() => list.draw());
  return [el("h1", {}, "Notifications"), list.node];
}

async function statusPage() {
  const data = await load(`/api/TweetDetail/${boot.params.code}`);
  return data ? status(data) : missing();
}

async function profile() {
  const data = await load(`/api/profile/${encodeURIComponent(boot.params.handle)}`);
  if (!data) return missing();
  const go = async () => {
    if (data.viewer === null) { location.assign(at("/i/flow/login")); return; }
    // Within the page: the keys of their chat live in its memory.
    history.pushState({}, "", at(`/i/chat/${data.pair}`));
    boot.params = { pair: data.pair };
    main.replaceChildren(...await chat());
  };
  return [
    el("header", { class: "card", "data-testid": "UserName" },
      el("h2", {}, data.name), el("span", { class: "quiet" }, `@${data.handle}`), " ",
      data.pair && el("button", { type: "button", "data-testid": "sendDMFromProfile", "aria-label": "Message", onclick: go }, "Message")),
    ...data.posts.map((post) => card(post)),
  ];
}

function login() {
  const name = el("input", { name: "username", autocomplete: "username", placeholder: "Phone, email, or username" });
  const word = el("input", { name: "password", type: "password", placeholder: "Password", autocomplete: "current-password" });
  const words = el("p", { class: "failed", role: "alert" });
  async function enter(event) {
    event.preventDefault();
    const answer = await fetch(at("/api/login"), { method: "POST", body: JSON.stringify({ username: name.value, password: word.value }) });
    if (answer.ok) location.assign(at("/home"));
    else words.textContent = "Wrong password!";
  }
  return [el("form", { class: "card", onsubmit: enter }, el("h1", {}, "Sign in to X"),
    el("div", { "data-testid": "google_sign_in_container" }), name, word,
    el("button", { type: "submit", "data-testid": "LoginForm_Login_Button" }, "Log in"), words,
    el("p", { class: "quiet" }, "A practice site: any handle and any password will do."))];
}

function challenge() {
  return [el("div", { class: "card" }, el("h2", {}, "Your account has been locked"),
    el("p", {}, "Verify you are human to continue."), el("div", { id: "arkose_iframe" }))];
}

export function missing() {
  return [el("div", { class: "card" }, el("h2", {}, "Sorry, this page isn't available."), el("p", {}, el("a", { href: at("/home") }, "Search for something else")))];
}

start();
