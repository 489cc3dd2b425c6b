// What does the page do? It shows the state, and asks again for what an event says has changed.

import { Gateway } from "./stream.js";
import { showCounts, showEffects, showLanes, showTasks } from "./view.js";

const KEY = "callsheet.key";
const SETTLE_MS = 150; // many events at once are one look
const LOOK_MS = 5000; // workers come and go without an event
const $ = (id) => document.getElementById(id);
const proofs = new Map();
const fresh = new Set();

function keptKey() {
  const given = new URLSearchParams(location.hash.slice(1)).get("key");
  if (given) {
    sessionStorage.setItem(KEY, given);
    history.replaceState(null, "", location.pathname);
  }
  return sessionStorage.getItem(KEY);
}

function askForKey(problem = "") {
  sessionStorage.removeItem(KEY);
  $("board").hidden = true;
  $("sign-in").hidden = false;
  $("sign-in-problem").textContent = problem;
  $("key").focus();
}

function said(state) {
  $("connection").dataset.state = state;
  $("connection").textContent = state === "live" ? "live" : "connection lost, trying again";
}

async function look(gateway) {
  const status = $("filter").value;
  const [state, queue, effects] = await Promise.all([
    gateway.get("/api/scheduler/status"),
    gateway.get(`/api/scheduler/queue?limit=50&probes=false${status ? `&status=${status}` : ""}`),
    gateway.get("/api/effects?limit=12"),
  ]);
  $("system").textContent = state.state;
  $("system").dataset.tone = state.state === "running" ? "good" : "wait";
  $("kill-switch").hidden = !state.kill_switch.on;
  $("kill-switch").textContent = state.kill_switch.on ? `nothing goes out: ${state.kill_switch.reason}` : "";
  $("dispatcher").textContent = state.dispatcher.leader ? "dispatcher leads" : "no dispatcher leads";
  showCounts($("counts"), state.counts);
  showLanes($("lanes"), state.lanes);
  showTasks($("queue"), queue.items, fresh);
  fresh.clear();
  showEffects($("effects"), effects.items, proofs, openProof);
  await loadProofs(gateway, effects.items);
}

async function loadProofs(gateway, effects) {
  const wanted = effects.map((effect) => effect.proof_url).filter((url) => url && !proofs.has(url));
  if (!wanted.length) return;
  const found = await Promise.allSettled(wanted.map((url) => gateway.blob(url)));
  found.forEach((one, i) => one.status === "fulfilled" && proofs.set(wanted[i], one.value));
  showEffects($("effects"), effects, proofs, openProof);
}

function openProof(source, title) {
  $("proof-title").textContent = title;
  $("proof-image").src = source;
  $("proof-image").alt = `Screenshot: ${title}`;
  $("proof").showModal();
}

// At most one look at a time; what is asked for during a look is one more look after it.
function looker(gateway) {
  let busy = false;
  let again = false;
  return async function run() {
    if (busy) {
      again = true;
      return;
    }
    busy = true;
    try {
      await look(gateway);
    } catch (error) {
      if (error.status === 401) return askForKey("This key is no longer valid.");
      said("lost");
    } finally {
      busy = false;
    }
    if (again) {
      again = false;
      setTimeout(run, SETTLE_MS);
    }
  };
}

async function start(key) {
  const gateway = new Gateway(key);
  try {
    const me = await gateway.get("/api/me");
    $("workspace").textContent = me.workspace.name;
  } catch (error) {
    return askForKey(error.message);
  }
  sessionStorage.setItem(KEY, key);
  $("sign-in").hidden = true;
  $("board").hidden = false;
  const run = looker(gateway);
  let planned = null;
  $("filter").onchange = run;
  setInterval(() => document.hidden || run(), LOOK_MS);
  await run();
  gateway
    .follow((event) => {
      if (event.subject) fresh.add(event.subject);
      planned ??= setTimeout(() => { planned = null; run(); }, SETTLE_MS);
    }, (state) => { said(state); if (state === "live") run(); })
    .catch((error) => askForKey(error.message));
}

$("sign-in").addEventListener("submit", (event) => {
  event.preventDefault();
  start($("key").value.trim());
});

const key = keptKey();
if (key) start(key);
else askForKey();
