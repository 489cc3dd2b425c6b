// How does a page of Safari answer calls that come one by one? Installed once in each document, around `page.js`.
// A call has an id: it runs once, and whoever asks again gets the same answer. What a promise came to is told when asked again.

const MOST = 4000000; // characters of an answer
const KEPT = 20; // answers that are kept, so that a call which comes twice does not run twice

const AGAIN = Symbol("again"); // what a call answers that wants to be asked again

const slots = new Map();
const files = new Map();

function told(answer) {
  const text = JSON.stringify(answer);
  return text.length > MOST ? JSON.stringify({ ok: false, error: { name: "TooLong", message: "The answer is too long." } }) : text;
}

const threw = (error) =>
  told({ ok: false, error: { name: String(error?.name ?? "Error"), message: String(error?.message ?? error).slice(0, 500) } });

/** Run a call once; "again" while its promise is not settled. */
function turn(id, act) {
  let slot = slots.get(id);
  if (!slot) {
    slot = { answer: "again" };
    slots.set(id, slot);
    if (slots.size > KEPT) slots.delete(slots.keys().next().value);
    try {
      const value = act();
      if (value === AGAIN) {
        slots.delete(id);
        return "again";
      }
      if (typeof value?.then === "function") {
        value.then((done) => { slot.answer = told({ ok: true, value: done }); }, (error) => { slot.answer = threw(error); });
      } else slot.answer = told({ ok: true, value });
    } catch (error) { slot.answer = threw(error); }
  }
  return slot.answer;
}

/** Add a slice of a file's base64, at its place; answers how many characters are there. */
function addSlice(id, at, slice) {
  const before = files.get(id) ?? "";
  if (before.length === at) files.set(id, before + slice);
  return files.get(id).length;
}

/** Give a file to an input as a choice in its dialog would. */
function giveFile(ways, id, name, type) {
  const hit = fileInput(ways);
  if (!hit) return false;
  const bytes = Uint8Array.from(atob(files.get(id)), (sign) => sign.charCodeAt(0));
  files.delete(id);
  const chosen = new DataTransfer();
  chosen.items.add(new File([bytes], name, { type }));
  hit.files = chosen.files;
  hit.dispatchEvent(new Event("input", { bubbles: true }));
  hit.dispatchEvent(new Event("change", { bubbles: true }));
  return hit.files.length === 1;
}

// A dialog of a page would hold up every Apple event until a person answers it.
window.alert = () => undefined;
window.confirm = () => false;
window.prompt = () => null;
window.addEventListener("beforeunload", (event) => event.stopImmediatePropagation(), true);
