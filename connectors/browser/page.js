// What can be asked of a page, whatever browser shows it? These functions are in scope of every script a driver runs.
// A "way" is {role, name, exact, test_id, css, path}; "ways" is an ordered list of them.

const ROLES = {
  button: 'button, [role="button"], input[type="submit"], input[type="button"]',
  link: 'a[href], [role="link"]',
  textbox: 'textarea, input:not([type]), input[type="text"], [role="textbox"]',
  dialog: 'dialog, [role="dialog"]',
  heading: 'h1, h2, h3, h4, h5, h6, [role="heading"]',
};

const squeezed = (text) => text.replace(/\s+/g, " ").trim();

// Zero-width signs, the byte order mark, the soft hyphen and the marks of direction: as `text.py` has them.
const UNSEEN = /[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff\ufe0f]/g;

/** The text as a reader takes it: what `text.py` calls normal. */
const normal = (text) => text.replace(UNSEEN, "").normalize("NFC").split(/\s+/).filter(Boolean).join(" ");

/** The spoken name of an element: its label, else the names of what it holds. */
function nameOf(node) {
  if (node.nodeType === Node.TEXT_NODE) return node.data;
  if (node.nodeType !== Node.ELEMENT_NODE) return "";
  const label = node.getAttribute("aria-label") ?? node.getAttribute("alt");
  if (label) return label;
  if (node.tagName === "INPUT" || node.tagName === "TEXTAREA") return node.placeholder || node.value || "";
  return [...node.childNodes].map(nameOf).join(" ");
}

function nameFits(element, way) {
  if (!way.name) return true;
  const name = squeezed(nameOf(element));
  return way.exact ? name === way.name : name.toLowerCase().includes(way.name.toLowerCase());
}

/** Every element that one way leads to, seen or not. A way by path leads to the document itself. */
function matches(way, scope) {
  if (way.path) {
    // Right after a navigation there is a path and no document yet.
    const here = scope === document && location.pathname.includes(way.path) && document.documentElement;
    return here ? [here] : [];
  }
  if (way.css) return [...scope.querySelectorAll(way.css)];
  if (way.test_id) {
    const id = CSS.escape(way.test_id);
    return [...scope.querySelectorAll(`[data-testid="${id}"], [data-e2e="${id}"]`)];
  }
  const selector = ROLES[way.role] ?? `[role="${CSS.escape(way.role)}"]`;
  return [...scope.querySelectorAll(selector)].filter((element) => nameFits(element, way));
}

function visible(element) {
  return element.getClientRects().length > 0 && getComputedStyle(element).visibility === "visible";
}

/** The first visible element and the number of the way that led to it, or null. */
function locate(ways, scope = document) {
  for (let index = 0; index < ways.length; index += 1) {
    const element = matches(ways[index], scope).find(visible);
    if (element) return { element, index };
  }
  return null;
}

/** Which of several places is there: one that stops everything, else one of the goals; null while there is none of them. */
function settledOn(stops, goals, dismiss) {
  for (const [number, ways] of stops.entries()) if (locate(ways)) return { stop: number };
  for (const [number, ways] of goals.entries()) {
    const hit = locate(ways);
    if (hit) return { goal: number, index: hit.index, dismiss: locate(dismiss) !== null };
  }
  return null;
}

/** All visible elements of the first way that leads to any. */
function locateAll(ways, scope = document) {
  for (const way of ways) {
    const found = matches(way, scope).filter(visible);
    if (found.length) return found;
  }
  return [];
}

/** The first input that takes a file, seen or not: sites hide it behind a button of their own. */
function fileInput(ways) {
  for (const way of ways) {
    const input = matches(way, document).find((element) => element.matches('input[type="file"]'));
    if (input) return input;
  }
  return null;
}

/** What a reader or a writer sees in an element; pictures that stand for a sign count as that sign. */
function textOf(element) {
  if (element.tagName === "TEXTAREA" || element.tagName === "INPUT") return element.value;
  if (!element.querySelector("img[alt]")) return element.innerText ?? element.textContent;
  const copy = element.cloneNode(true);
  for (const image of copy.querySelectorAll("img[alt]")) image.replaceWith(image.alt);
  for (const line of copy.querySelectorAll("br")) line.replaceWith("\n");
  return copy.textContent;
}

function enabled(element) {
  return element.isConnected && visible(element) && !element.matches(":disabled") &&
    !element.closest('[aria-disabled="true"], [inert]');
}

/** The middle of an element, once it is scrolled into view, and whether nothing else covers it there. */
function aim(element) {
  element.scrollIntoView({ block: "center", inline: "nearest", behavior: "instant" });
  const box = element.getBoundingClientRect();
  const x = box.left + box.width / 2;
  const y = box.top + box.height / 2;
  const top = document.elementFromPoint(x, y);
  return { x, y, free: top !== null && (element.contains(top) || top.contains(element)) };
}

/** Resolve to the first true answer of `test`, or to null after `ms`. Asks again after every change of the page. */
function until(test, ms) {
  return new Promise((resolve, reject) => {
    const end = performance.now() + ms;
    let dirty = true;
    let ticks = 0;
    const observer = new MutationObserver(() => { dirty = true; });
    observer.observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
    const finish = (settle, value) => { clearInterval(timer); observer.disconnect(); settle(value); };
    const look = () => {
      ticks += 1;
      const over = performance.now() >= end;
      // Styles and positions change without a change of the tree, so every tenth tick asks anyway.
      if (!dirty && !over && ticks % 10) return;
      dirty = false;
      try {
        const value = test();
        if (value || over) finish(resolve, value || null);
      } catch (error) { finish(reject, error); }
    };
    const timer = setInterval(look, 15);
    look();
  });
}

/** Put text into a field as typing would: the browser itself makes the input events, line breaks are soft ones. */
function put(element, text) {
  element.focus();
  const field = element.tagName === "TEXTAREA" || element.tagName === "INPUT";
  if (field) {
    element.setSelectionRange?.(element.value.length, element.value.length);
    if (document.execCommand("insertText", false, text) && element.value.includes(text)) return;
    const own = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(element), "value");
    own.set.call(element, text);
    element.dispatchEvent(new InputEvent("input", { bubbles: true, inputType: "insertText", data: text }));
    return;
  }
  getSelection().selectAllChildren(element);
  getSelection().collapseToEnd();
  text.split("\n").forEach((line, number) => {
    if (number) document.execCommand("insertLineBreak");
    if (line) document.execCommand("insertText", false, line);
  });
}

/** What a pointer does in one press, from down to click. */
function press(element, { x, y }) {
  const about = { bubbles: true, cancelable: true, composed: true, view: window, detail: 1, clientX: x, clientY: y, button: 0 };
  const pointer = { ...about, pointerId: 1, pointerType: "mouse", isPrimary: true };
  element.dispatchEvent(new PointerEvent("pointerdown", { ...pointer, buttons: 1 }));
  element.dispatchEvent(new MouseEvent("mousedown", { ...about, buttons: 1 }));
  element.dispatchEvent(new PointerEvent("pointerup", pointer));
  element.dispatchEvent(new MouseEvent("mouseup", about));
  element.dispatchEvent(new MouseEvent("click", about));
}

// Pages come from outside: however much they hold, a reading takes no more than this.
const LONGEST = 20_000;
const MOST_ROWS = 1_000;

/** The first and the last of too many rows: what is new stands at one end or the other. */
function bounded(rows) {
  return rows.length > MOST_ROWS ? [...rows.slice(0, MOST_ROWS / 2), ...rows.slice(-MOST_ROWS / 2)] : rows;
}

/** One value of a row: a text, an attribute, a link's whole address, or on which side of the list it stands. */
function take(row, { ways, what }) {
  const element = ways.length ? locate(ways, row)?.element : row;
  if (!element) return null;
  if (what === "text") return textOf(element).slice(0, LONGEST);
  if (what === "href") return element.href ?? null;
  if (what !== "side") return element.getAttribute(what);
  const box = element.getBoundingClientRect();
  const around = row.parentElement.getBoundingClientRect();
  return box.left + box.width / 2 > around.left + around.width / 2 ? "right" : "left";
}

/** The state of a list in one reading, as text, so that two readings can be compared. */
function reading({ rows, fields, notices, owner }) {
  const read = (row) => Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, take(row, field)]));
  const own = locate(owner)?.element;
  return JSON.stringify({
    rows: bounded(locateAll(rows)).map(read),
    notices: bounded(notices.flatMap((way) => matches(way, document)).filter(visible)).map((element) => textOf(element).slice(0, 500)),
    owner: own ? own.getAttribute("href") ?? textOf(own) : null,
    path: location.pathname,
    address: location.href,
  });
}

/** What counts of a reading while a result is waited for: rows that the platform has numbered or that failed, and notices. */
function decisive(raw, idField) {
  const { rows, notices, path, owner } = JSON.parse(raw);
  return JSON.stringify([rows.filter((row) => row[idField] || row.failed), notices, path, owner]);
}

/** The document without scripts, styles and what somebody typed into password fields. */
function trimmed(most) {
  const copy = document.documentElement.cloneNode(true);
  for (const node of copy.querySelectorAll("script, style, noscript, template, link, meta, path")) node.remove();
  for (const field of copy.querySelectorAll('input[type="password"], input[type="hidden"]')) field.removeAttribute("value");
  return copy.outerHTML.replace(/\s+/g, " ").slice(0, most);
}
