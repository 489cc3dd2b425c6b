// How does the practice Sora's settings menu open, and what does its usage say?
import { changed, el, later, read } from "./late.js";

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** Draw the button of a Radix menu: it opens when the pointer goes down, and a bare click does nothing. */
export function settingsButton() {
  const button = el("button", { type: "button", "aria-label": "Settings", "aria-haspopup": "menu", "data-state": "closed" }, "⚙");
  button.addEventListener("pointerdown", async (event) => {
    if (event.button !== 0 || button.dataset.state === "open") return;
    event.preventDefault();
    button.dataset.state = "open";
    await later(30);
    document.body.append(menu(button));
  });
  return button;
}

/** Draw the menu. An item is chosen when the pointer comes up on it, after it has gone down on it. */
function menu(button) {
  const close = () => { node.remove(); button.dataset.state = "closed"; };
  const item = (words, choose) => {
    const row = el("div", { role: "menuitem", tabindex: "-1" }, words);
    let down = false;
    row.addEventListener("pointerdown", () => { down = true; });
    row.addEventListener("pointerup", () => { if (down) { close(); choose(); } });
    return row;
  };
  const node = el("div", { role: "menu", "data-state": "open" }, item("Settings", openDialog), item("Help", () => {}), item("Log out", () => {}));
  return node;
}

async function openDialog() {
  await later(40);
  const panel = el("div", { role: "tabpanel", "data-state": "active" }, "Appearance: dark");
  const tab = (words, draw) => {
    const node = el("button", { type: "button", role: "tab", "aria-selected": "false" }, words);
    node.addEventListener("click", () => {
      for (const other of tabs) other.setAttribute("aria-selected", String(other === node));
      draw();
    });
    return node;
  };
  const tabs = [tab("General", () => panel.replaceChildren("Appearance: dark")), tab("Usage", () => drawUsage(panel))];
  tabs[0].setAttribute("aria-selected", "true");
  const over = el("div", { class: "over" }, el("div", { role: "dialog", "aria-label": "Settings" },
    el("h2", {}, "Settings"), el("div", { role: "tablist" }, ...tabs), panel,
    el("button", { type: "button", onclick: () => over.remove() }, "Done")));
  document.body.append(over);
}

/** Draw the usage: a waiting word first, the numbers when they have come. */
async function drawUsage(panel) {
  panel.replaceChildren(el("p", { class: "quiet" }, "Loading…"));
  const { ok, body } = await read("/api/usage");
  await later(80);
  if (!ok) panel.replaceChildren(el("p", {}, "Something went wrong."));
  else if (changed) panel.replaceChildren(el("p", {}, "Your plan"), el("div", { class: "bar", role: "img", "aria-label": "plenty to go" }));
  else panel.replaceChildren(...lines(body).map((line) => el("p", {}, line)));
}

function lines({ free, paid, refreshes_at: refreshes }) {
  const number = (value) => value !== null && value !== undefined;
  return [
    number(free) && number(paid) && `${(free + paid).toLocaleString("en-US")} video gens left`,
    number(free) && `${free.toLocaleString("en-US")} free`,
    number(paid) && `${paid.toLocaleString("en-US")} paid`,
    refreshes && `More available on ${day(refreshes)}`,
  ].filter(Boolean);
}

function day(instant) {
  const date = new Date(instant);
  return Number.isNaN(date.getTime()) ? instant : `${MONTHS[date.getUTCMonth()]} ${date.getUTCDate()}`;
}
