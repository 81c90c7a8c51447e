/* What the pages share on which a person decides on cases or rows of this machine, after shown.js: asking their own server, and
   the list beside what is open. */

const byId = (id) => document.getElementById(id);
let token = "";

function element(name, text, className) {
  const made = document.createElement(name);
  if (text !== undefined) made.append(shown(text));
  if (className) made.className = className;
  return made;
}

function say(text) { byId("message").textContent = text; }

/* Ask the page's server; null where it does not answer. */
async function ask(path, options = {}) {
  const headers = { Authorization: `Bearer ${token}`, ...options.headers };
  return fetch(path, { ...options, headers }).catch(() => null);
}

/* Keep a text in this tab, so that it is there when the page is loaded again; null takes it away, and none only reads. */
function stored(name, text) {
  try {
    if (text === undefined) return sessionStorage.getItem(name);
    if (text === null) sessionStorage.removeItem(name); else sessionStorage.setItem(name, text);
  } catch { /* this tab keeps nothing */ }
  return null;
}

/* Return the token of the link that was opened, which then leaves the address bar; empty where the page was only loaded. */
function takeLink() {
  const given = location.hash.slice(1);
  if (given) history.replaceState(null, "", location.pathname);
  return given;
}

/* A link's token opens one session. This tab keeps that, so that it can be loaded again. */
async function openSession() {
  const given = takeLink();
  token = stored("session") ?? "";
  if (!given) return;
  const answer = await fetch("open", { method: "POST", headers: { Authorization: `Bearer ${given}` } }).catch(() => null);
  if (!answer?.ok) return;
  token = await answer.text();
  stored("session", token);
}

/* Read everything now, and again when another link is opened in this tab. */
function start(takeToken, load) {
  const read = async () => { await takeToken(); await load(); };
  say("Loading …");
  addEventListener("hashchange", read);
  read();
}

function entry(id, title, className, text, isCurrent, act) {
  const item = element("li"), button = element("button");
  button.type = "button";
  button.dataset.id = id;
  button.append(element("b", title, className), element("span", text.slice(0, 300)));
  button.setAttribute("aria-current", String(isCurrent));
  button.addEventListener("click", act);
  item.append(button);
  return item;
}

function showCurrent(id) {
  for (const button of byId("names").querySelectorAll("button")) button.setAttribute("aria-current", String(button.dataset.id === id));
}

function showMoves(shownOnes, id) {
  const place = shownOnes.findIndex((each) => each.id === id);
  byId("back").disabled = place <= 0;
  byId("next").disabled = place < 0 || place >= shownOnes.length - 1;
}

/* Return the last text of the turns, of those by one role or, without one, of any but the system. */
function lastOf(turns, role) {
  return turns.filter((turn) => (role ? turn.role === role : turn.role !== "system")).at(-1)?.text ?? "";
}

function focus(block = "start") {
  byId("case").focus({ preventScroll: true });
  byId("case").scrollIntoView({ block });
}

function turn(role, text) {
  const place = element("div", undefined, "turn"), said = element("pre", text);
  said.dir = "auto";
  place.append(element("b", role), said);
  return place;
}

byId("find").addEventListener("submit", (event) => event.preventDefault());
byId("back").addEventListener("click", () => move(-1));
byId("next").addEventListener("click", () => move(1));
