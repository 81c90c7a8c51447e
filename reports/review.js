/* The page of a blinded review: shows one pair at a time, keeps the votes, writes the ballot.

   The packet stands in the page; a page without one asks its own server, with the token in the address's fragment.
   Answers and messages are hostile text: they reach the page as text nodes only, never as HTML. */
"use strict";

const strings = JSON.parse(document.getElementById("strings").textContent);
const CHOICES = ["a", "b", "tie", "bad"];
const VIEWS = ["text", "markdown", "json"];
const LONG = 20000; // characters shown at once
const MARKED = 2000; // hidden characters that are framed; the rest are only named
const LONGEST_JSON = 200000; // characters of JSON that are laid out
const COMPARABLE = 16e6; // product of both answers' words, after what they share at either end
const NOTE = 2000;
const ANSWER_WAIT = 400; // ms in which another tab that is alive answers
const COPY_WAIT = 2000; // ms in which the browser must open its database
const RETRY = 5000; // ms until the server is asked again

const byId = (id) => document.getElementById(id);
const all = (selector) => [...document.querySelectorAll(selector)];
const words = (name, values = {}) => strings[name].replace(/\{(\w+)\}/g, (whole, key) => values[key] ?? whole);
const number = (value) => value.toLocaleString(strings.language);

function element(name, className, ...children) {
  const made = document.createElement(name);
  if (className) made.className = className;
  made.append(...children);
  return made;
}

function button(text, act) {
  const made = element("button", "", text);
  made.type = "button";
  made.addEventListener("click", act);
  return made;
}

/* ---- The ballot's checksum: SHA-256 (FIPS 180-4); crypto.subtle is missing on plain http ---- */

function sha256(bytes) {
  const primes = [];
  for (let n = 2; primes.length < 64; n++) if (primes.every((prime) => n % prime)) primes.push(n);
  const fraction = (value) => ((value % 1) * 2 ** 32) | 0;
  const constants = primes.map((prime) => fraction(Math.cbrt(prime)));
  const hash = primes.slice(0, 8).map((prime) => fraction(Math.sqrt(prime)));

  const padded = new Uint8Array(((bytes.length + 72) >> 6) << 6);
  padded.set(bytes);
  padded[bytes.length] = 0x80;
  const input = new DataView(padded.buffer);
  input.setUint32(padded.length - 8, Math.floor(bytes.length / 2 ** 29));
  input.setUint32(padded.length - 4, bytes.length << 3);

  for (let block = 0; block < padded.length; block += 64) addBlock(hash, constants, input, block);
  return hash.map((word) => (word >>> 0).toString(16).padStart(8, "0")).join("");
}

function addBlock(hash, constants, input, block) {
  const turn = (word, by) => (word >>> by) | (word << (32 - by));
  const schedule = new Int32Array(64);
  for (let i = 0; i < 16; i++) schedule[i] = input.getInt32(block + 4 * i);
  for (let i = 16; i < 64; i++) {
    const [x, y] = [schedule[i - 15], schedule[i - 2]];
    const small = turn(x, 7) ^ turn(x, 18) ^ (x >>> 3);
    const large = turn(y, 17) ^ turn(y, 19) ^ (y >>> 10);
    schedule[i] = schedule[i - 16] + small + schedule[i - 7] + large;
  }
  let [a, b, c, d, e, f, g, h] = hash;
  for (let i = 0; i < 64; i++) {
    const first = h + (turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)) + ((e & f) ^ (~e & g)) + constants[i] + schedule[i];
    const second = (turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
    [a, b, c, d, e, f, g, h] = [(first + second) | 0, a, b, c, (d + first) | 0, e, f, g];
  }
  [a, b, c, d, e, f, g, h].forEach((word, i) => (hash[i] = (hash[i] + word) | 0));
}

/* Sorted keys and no white space: the same bytes as `canonical` in harness/review/records.py. */
function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  const fields = Object.keys(value).sort();
  return `{${fields.map((name) => `${JSON.stringify(name)}:${canonical(value[name])}`).join(",")}}`;
}

const digest = (value) => sha256(new TextEncoder().encode(canonical(value)));

/* ---- Showing text ---- */

/* Return text for the page; what would hide or mislead is named, as the report does (harness/report/shown.py). */
function shown(text) {
  const made = document.createDocumentFragment();
  let [last, plain, marks] = [0, "", 0];
  for (const found of text.matchAll(/\r\n|[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu)) {
    const [character] = found;
    if (character === "\n" || character === "\t") continue;
    const joins = character === "\u200c" || character === "\u200d";
    if (joins && text.charCodeAt(found.index - 1) > 0x7f) continue; // joiners belong to emoji and to several scripts
    plain += text.slice(last, found.index);
    last = found.index + character.length;
    if (character === "\r\n") {
      plain += "\n";
    } else if (marks++ < MARKED) {
      made.append(plain, element("span", "control", nameOf(character)));
      plain = "";
    } else {
      plain += nameOf(character);
    }
  }
  made.append(plain + text.slice(last));
  return made;
}

const codeOf = (character) => `U+${character.codePointAt(0).toString(16).toUpperCase().padStart(4, "0")}`;
const nameOf = (character) => `⟨${strings.hidden[character] ?? codeOf(character)}⟩`;

/* Lay out JSON as it is written: numbers, repeated keys and their order stay. Return null when it is no JSON. */
function laidOut(text) {
  if (text.length > LONGEST_JSON) return null;
  try {
    JSON.parse(text);
  } catch {
    return null;
  }
  const opens = (token) => token === "{" || token === "[";
  const line = () => `\n${"  ".repeat(Math.min(depth, 40))}`;
  let [depth, before, result] = [0, "", ""];
  for (const [token] of text.matchAll(/"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\],:]|[^\s{}[\],:"]+/g)) {
    const closes = token === "}" || token === "]";
    if (closes) depth--;
    if (closes ? !opens(before) : opens(before) || before === ",") result += line();
    result += token === ":" ? ": " : token;
    if (opens(token)) depth++;
    before = token;
  }
  return result;
}

/* Headings, lists, code and emphasis. Nothing of an answer adds to the page's own outline, and no link can be followed. */
function markdown(text) {
  const root = document.createDocumentFragment();
  let [open, fence, lists] = [null, "", []];
  for (const line of text.replace(/\r\n/g, "\n").split("\n")) {
    const [, mark] = line.match(/^\s*(```|~~~)/) ?? [];
    if (fence) {
      if (mark === fence) [fence, open] = ["", null];
      else open.append(shown(`${line}\n`));
    } else if (mark) {
      [fence, lists, open] = [mark, [], element("code")];
      root.append(element("pre", "", open));
    } else if (!line.trim()) {
      open = null;
    } else {
      open = addLine(root, lists, open, line);
    }
  }
  return root;
}

/* Add one line; return the block that a next line may go on. */
function addLine(root, lists, open, line) {
  const [, level, title] = line.match(/^(#{1,6})\s+(.*)$/) ?? [];
  const [, indent, bullet, item] = line.match(/^(\s*)([-*+]|\d{1,9}[.)])\s+(.*)$/) ?? [];
  if (level) {
    lists.length = 0;
    root.append(element("p", `heading heading-${level.length}`, inline(title)));
    return null;
  }
  if (bullet) return addItem(root, lists, indent.length, bullet, item);
  if (open) {
    open.append("\n", inline(line.trim()));
    return open;
  }
  if (!/^\s/.test(line)) lists.length = 0;
  const paragraph = element("p", "", inline(line));
  (lists.length ? lists.at(-1).list.lastChild : root).append(paragraph);
  return paragraph;
}

function addItem(root, lists, indent, bullet, text) {
  while (lists.length && lists.at(-1).indent > indent) lists.pop();
  const kind = /\d/.test(bullet) ? "OL" : "UL";
  const top = lists.at(-1);
  if (!top || (top.indent < indent && lists.length < 8) || top.list.tagName !== kind) {
    if (top && top.indent === indent) lists.pop();
    const list = element(kind);
    if (kind === "OL") list.start = parseInt(bullet, 10);
    (lists.length ? lists.at(-1).list.lastChild : root).append(list);
    lists.push({ indent, list });
  }
  const item = element("li", "", inline(text));
  lists.at(-1).list.append(item);
  return item;
}

function inline(text) {
  const made = document.createDocumentFragment();
  let last = 0;
  for (const found of text.matchAll(/`([^`]+)`|\*\*([^*]+)\*\*|\*([^*\s][^*]*)\*|!?\[([^[\]]*)\]\(([^()\s]*)\)/g)) {
    const [whole, code, strong, emphasis, label, address] = found;
    made.append(shown(text.slice(last, found.index)));
    last = found.index + whole.length;
    if (code) made.append(element("code", "", shown(code)));
    else if (strong) made.append(element("strong", "", inline(strong)));
    else if (emphasis) made.append(element("em", "", inline(emphasis)));
    else made.append(shown(label), element("span", "soft", shown(` (${address})`)));
  }
  made.append(shown(text.slice(last)));
  return made;
}

/* Cut two texts into words and mark those that differ: [[[text, differs], ...], ...], or null when they are too long. */
function differences(left, right) {
  const parts = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]|[\p{L}\p{N}\p{M}_]+|\s+|[^]/gu;
  const sides = [left.match(parts) ?? [], right.match(parts) ?? []];
  const [a, b] = sides;
  let [start, end] = [0, 0];
  while (start < Math.min(a.length, b.length) && a[start] === b[start]) start++;
  while (end < Math.min(a.length, b.length) - start && a.at(-1 - end) === b.at(-1 - end)) end++;
  const middles = sides.map((side) => side.slice(start, side.length - end));
  if (middles[0].length * middles[1].length > COMPARABLE) return null;
  const marked = common(...middles);
  const plain = (part) => [part, false];
  return sides.map((side, i) => [
    ...side.slice(0, start).map(plain), ...marked[i], ...side.slice(side.length - end).map(plain),
  ]);
}

/* The longest common subsequence of two lists of words. */
function common(a, b) {
  const width = b.length + 1;
  const lengths = new Uint16Array((a.length + 1) * width);
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      const at = i * width + j;
      lengths[at] = a[i] === b[j] ? lengths[at + width + 1] + 1 : Math.max(lengths[at + width], lengths[at + 1]);
    }
  }
  const marked = [[], []];
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      marked[0].push([a[i++], false]);
      marked[1].push([b[j++], false]);
    } else if (j >= b.length || (i < a.length && lengths[(i + 1) * width + j] >= lengths[i * width + j + 1])) {
      marked[0].push([a[i++], true]);
    } else {
      marked[1].push([b[j++], true]);
    }
  }
  return marked;
}

/* White space between two words that differ is marked with them. */
function withMarks(parts) {
  const isMarked = (i) => parts[i]?.[1] === true;
  const differs = parts.map(([text, own], i) => own || (!text.trim() && isMarked(i - 1) && isMarked(i + 1)));
  const made = document.createDocumentFragment();
  for (let i = 0; i < parts.length; ) {
    const marks = differs[i];
    let text = "";
    while (i < parts.length && differs[i] === marks) text += parts[i++][0];
    made.append(marks ? element("mark", "", shown(text)) : shown(text));
  }
  return made;
}

/* ---- What is kept: in this browser, and on a server where there is one ---- */

let packet = null;
let served = false;
const token = location.hash.slice(1);
const tab = Math.random().toString(36).slice(2);
const state = { at: 0, finished: false, view: "text", shortcuts: true, synced: "", changes: 0, votes: new Map() };
const undoable = [];
let [storageWorks, owns, copied] = [true, true, true];
let key = "";

function attempt(act) {
  try {
    return act();
  } catch {
    storageWorks = false;
    return null;
  }
}

const stored = (name) => attempt(() => localStorage.getItem(key + name));
const store = (name, value) => attempt(() => localStorage.setItem(key + name, value));

const blank = (pair) => ({
  pair: pair.id, choice: null, ship_a: null, ship_b: null, reasons_a: [], reasons_b: [], note: "",
});
const voteOn = (pair) => state.votes.get(pair.id) ?? blank(pair);
const isVoted = (pair) => voteOn(pair).choice !== null;
const countVoted = () => packet.pairs.filter(isVoted).length;

/* Return what is sound in a list of votes that comes from outside, by pair. */
function soundVotes(list) {
  const pairs = new Map(packet.pairs.map((pair) => [pair.id, pair]));
  const ship = (word) => (typeof word === "boolean" ? word : null);
  const reasons = (given) => packet.reasons.filter((reason) => Array.isArray(given) && given.includes(reason));
  const sound = new Map();
  for (const vote of Array.isArray(list) ? list : []) {
    if (!pairs.has(vote?.pair)) continue;
    sound.set(vote.pair, {
      pair: vote.pair,
      choice: CHOICES.includes(vote.choice) ? vote.choice : null,
      ship_a: ship(vote.ship_a),
      ship_b: ship(vote.ship_b),
      reasons_a: reasons(vote.reasons_a),
      reasons_b: reasons(vote.reasons_b),
      note: typeof vote.note === "string" ? vote.note.slice(0, NOTE) : "",
    });
  }
  return sound;
}

function ballotNow() {
  const ballot = {
    format: 1,
    packet: packet.packet,
    commitment: packet.commitment,
    reviewer: packet.reviewer,
    finished: state.finished,
    votes: packet.pairs.filter(isVoted).map(voteOn),
  };
  return { ...ballot, checksum: digest(ballot) };
}

/* Return whether this is a whole, unchanged ballot on this packet. */
function isOurs(ballot) {
  if (ballot?.packet !== packet.packet || ballot.commitment !== packet.commitment) return false;
  const { checksum, ...rest } = ballot;
  return ballot.reviewer === packet.reviewer && digest(rest) === checksum;
}

/* Browsers may write localStorage to the disk seconds later. This copy is there at once, also after a crash. */
const copies = new Promise((resolve) => {
  setTimeout(resolve, COPY_WAIT, null);
  const opening = indexedDB.open("harness-review");
  opening.onupgradeneeded = () => opening.result.createObjectStore("votes");
  opening.onsuccess = () => resolve(opening.result);
  opening.onerror = () => resolve(null);
}).catch(() => null);

async function copyVotes(text) {
  const database = await copies;
  database?.transaction("votes", "readwrite", { durability: "strict" }).objectStore("votes").put(text, key);
}

async function copiedVotes() {
  const database = await copies;
  return new Promise((resolve) => {
    const asked = database?.transaction("votes").objectStore("votes").get(key);
    if (!asked) return resolve(null);
    asked.onsuccess = () => resolve(asked.result ?? null);
    asked.onerror = () => resolve(null);
  });
}

function parsed(text) {
  try {
    const value = JSON.parse(text);
    return typeof value === "object" ? value : null;
  } catch {
    return null;
  }
}

/* Take in what was saved last; what is damaged counts as nothing. */
async function recall() {
  const [saved, copy] = [parsed(stored(":votes")), parsed(await copiedVotes())];
  const latest = copy && !(saved?.changes >= copy.changes) ? copy : saved;
  if (latest) takeIn(latest);
}

function takeIn(saved) {
  state.changes = Number.isSafeInteger(saved.changes) ? saved.changes : 0;
  state.votes = soundVotes(saved.votes);
  state.at = Number.isInteger(saved.at) ? Math.max(0, Math.min(saved.at, packet.pairs.length)) : 0;
  state.finished = saved.finished === true && packet.pairs.every(isVoted);
  state.view = VIEWS.includes(saved.view) ? saved.view : "text";
  state.shortcuts = saved.shortcuts !== false;
  state.synced = typeof saved.synced === "string" ? saved.synced : "";
}

function keep() {
  const owner = stored(":tab");
  if (owner !== null && owner !== tab) return loseTab();
  store(":tab", tab);
  state.changes++;
  const text = JSON.stringify({ ...state, votes: [...state.votes.values()] });
  store(":votes", text);
  if (storageWorks) copyVotes(text).catch(() => null);
  showWarnings();
}

function save() {
  copied = false;
  keep();
  if (owns) send();
}

/* One tab at a time owns the votes. Return whether another one that is alive does. */
async function isElsewhere() {
  const owner = stored(":tab");
  if (owner === null || owner === tab) return false;
  const question = `${tab} ${Date.now()}`;
  return new Promise((resolve) => {
    const hear = (event) => event.key === `${key}:here` && event.newValue === question && resolve(true);
    window.addEventListener("storage", hear);
    setTimeout(() => {
      window.removeEventListener("storage", hear);
      resolve(false);
    }, ANSWER_WAIT);
    store(":ask", question);
  });
}

function hearTabs(event) {
  if (!owns) return;
  if (event.key === `${key}:ask` && event.newValue) store(":here", event.newValue);
  if (event.key === `${key}:tab` && event.newValue && event.newValue !== tab) loseTab();
}

function loseTab() {
  owns = false;
  showMessage("elsewhere_heading", "elsewhere", "take_over", takeTab);
}

async function takeTab() {
  owns = true;
  undoable.length = 0;
  store(":tab", tab);
  await recall();
  await fetchBallot();
  showPlace();
}

function releaseTab() {
  attempt(() => owns && localStorage.getItem(`${key}:tab`) === tab && localStorage.removeItem(`${key}:tab`));
}

/* ---- The server ---- */

let [sending, unsent, away, refused, merged] = [false, false, false, "", false];
let retry = 0;

function ask(path, options = {}) {
  const headers = { Authorization: `Bearer ${token}`, ...options.headers };
  const signal = AbortSignal.timeout(15000);
  return fetch(path, { cache: "no-store", credentials: "omit", redirect: "error", signal, ...options, headers });
}

/* Take in the server's ballot. What was cast here and not sent yet stands above it. */
async function fetchBallot() {
  if (!served) return;
  try {
    const answer = await ask("ballot");
    if (answer.status === 401) refused = "link_refused";
    else if (answer.status === 200) mergeBallot(await answer.json());
    else if (answer.status === 204) state.synced = "";
    away = answer.status >= 500;
  } catch {
    away = true;
  }
  send();
}

function mergeBallot(theirs) {
  if (!isOurs(theirs) || theirs.checksum === state.synced) return;
  const mine = ballotNow().checksum;
  if (mine === theirs.checksum) {
    state.synced = mine;
    return keep();
  }
  const changedHere = state.votes.size > 0 && mine !== state.synced;
  const votes = soundVotes(theirs.votes);
  merged = changedHere && [...votes.keys()].some((pair) => !state.votes.get(pair)?.choice);
  for (const vote of state.votes.values()) {
    if (!votes.has(vote.pair) || (changedHere && vote.choice)) votes.set(vote.pair, vote);
  }
  [state.votes, state.synced] = [votes, theirs.checksum];
  state.finished = theirs.finished && !changedHere;
  keep();
}

/* Send the ballot until the server has what is here. */
async function send() {
  unsent = served;
  if (!served || sending) return;
  sending = true;
  while (unsent && !refused && owns) {
    unsent = false;
    const ballot = ballotNow();
    if (ballot.checksum !== state.synced && (ballot.votes.length || state.synced)) await put(ballot);
    if (away) break;
  }
  sending = false;
  showWarnings();
  showEnd();
  clearTimeout(retry);
  if (away) retry = setTimeout(send, RETRY);
}

async function put(ballot) {
  const known = state.synced ? { "If-Match": `"${state.synced}"` } : { "If-None-Match": "*" };
  const headers = { "Content-Type": "application/json", ...known };
  try {
    const answer = await ask("ballot", { method: "PUT", body: canonical(ballot), headers });
    away = answer.status >= 500;
    if (answer.status === 204) {
      state.synced = ballot.checksum;
      keep();
    } else if (answer.status === 412) {
      await takeTheirs();
    } else if (!away) {
      refused = answer.status === 401 ? "link_refused" : "server_refused";
    }
  } catch {
    away = true;
  }
}

/* Another window was faster: add its votes, then send again. */
async function takeTheirs() {
  const before = state.synced;
  const theirs = await ask("ballot");
  if (theirs.status === 200) mergeBallot(await theirs.json());
  else if (theirs.status === 204) state.synced = "";
  if (state.synced === before) refused = "server_refused";
  unsent = true;
  showPlace();
}

const isSent = () => served && ballotNow().checksum === state.synced;

/* ---- Showing the page ---- */

const places = ["message", "pair", "end"];
const expanded = new Set();
let marksOn = false;

function showOnly(name) {
  for (const place of places) byId(place).hidden = place !== name;
  const inPacket = name !== "message";
  for (const id of ["where", "help"]) byId(id).hidden = !inPacket;
  byId("ballot").hidden = name !== "pair";
}

function showMessage(heading, text, label, act) {
  showOnly("message");
  byId("message-heading").textContent = heading ? words(heading) : "";
  byId("message-heading").hidden = !heading;
  byId("message-text").textContent = words(text);
  byId("message-button").hidden = !label;
  byId("message-button").textContent = label ? words(label) : "";
  byId("message-button").onclick = act ?? null;
  if (heading) byId("message-heading").focus();
}

function showPlace() {
  expanded.clear();
  const pair = packet.pairs[state.at];
  showOnly(pair ? "pair" : "end");
  if (pair) showPair(pair);
  showProgress();
  showEnd();
  showWarnings();
}

function moveTo(at) {
  if (!owns || at < 0 || at > packet.pairs.length || at === state.at) return;
  state.at = at;
  keep();
  if (!owns) return;
  showPlace();
  window.scrollTo(0, 0);
  byId(packet.pairs[at] ? "heading" : "end-heading").focus({ preventScroll: true });
}

function showPair(pair) {
  byId("heading").textContent = words("pair_heading", { n: state.at + 1, total: packet.pairs.length });
  byId("messages").replaceChildren(
    ...pair.messages.map((message, i) => {
      const text = element("div", "text");
      fill(text, `message ${i}`, message.content, shown);
      return element("div", `message ${message.role}`, element("p", "role", words(message.role)), text);
    }),
  );
  byId("expected").hidden = pair.expected === null;
  fill(byId("expected-text"), "expected", pair.expected ?? "", shown);
  showAnswers(pair);
  showVote(pair);
}

/* Put a text into the page; a long one is cut, with a button that shows all of it. */
function fill(place, name, text, draw) {
  const isCut = text.length > LONG && !expanded.has(name);
  const kept = isCut ? text.slice(0, LONG).replace(/[\ud800-\udbff]$/, "") : text;
  place.replaceChildren(draw(kept));
  place.dir = "auto";
  if (!text) place.replaceChildren(element("span", "soft", words("empty")));
  if (!isCut) return;
  const more = button(words("show_all", { n: number(text.length) }), () => {
    expanded.add(name);
    fill(place, name, text, draw);
    place.tabIndex = -1;
    place.focus({ preventScroll: true });
  });
  place.append(element("p", "more", more));
}

function showAnswers(pair) {
  for (const one of all("[data-view]")) setPressed(one, one.dataset.view === state.view);
  setPressed(byId("differences"), marksOn);
  const layout = { a: state.view === "json" ? laidOut(pair.a) : null, b: state.view === "json" ? laidOut(pair.b) : null };
  const text = { a: layout.a ?? pair.a, b: layout.b ?? pair.b };
  const short = text.a.length <= LONG && text.b.length <= LONG;
  const marked = marksOn && short ? differences(text.a, text.b) : null;
  byId("differences-note").textContent = !marksOn ? "" : words(
    pair.a === pair.b ? "differences_same" : marked ? "differences_on" : "differences_long",
  );
  ["a", "b"].forEach((side, i) => {
    const place = document.querySelector(`[data-answer="${side}"]`);
    const asMarkdown = state.view === "markdown" && !marked;
    place.classList.toggle("prose", asMarkdown);
    fill(place, side, text[side], marked ? () => withMarks(marked[i]) : asMarkdown ? markdown : shown);
    if (state.view === "json" && layout[side] === null) place.prepend(element("p", "soft", words("not_json")));
  });
}

const setPressed = (one, isPressed) => one.setAttribute("aria-pressed", String(isPressed));

function showVote(pair) {
  const vote = voteOn(pair);
  const isSaid = (one) => vote[`ship_${one.dataset.ship}`] === (one.dataset.word === "yes");
  for (const one of all("[data-choice]")) setPressed(one, one.dataset.choice === vote.choice);
  for (const one of all("[data-ship]")) setPressed(one, isSaid(one));
  for (const one of all("[data-reason]")) setPressed(one, vote[`reasons_${one.dataset.side}`].includes(one.dataset.reason));
  if (byId("note").value !== vote.note) byId("note").value = vote.note;
  byId("next").classList.toggle("main", vote.choice !== null);
  byId("back").disabled = state.at === 0;
}

function showProgress() {
  const [voted, total] = [countVoted(), packet.pairs.length];
  byId("bar").max = total;
  byId("bar").value = voted;
  byId("count").textContent = words("progress", { voted, total });
  packet.pairs.forEach((pair, i) => {
    byId("jump").options[i].textContent = words(isVoted(pair) ? "jump_voted" : "jump_open", { n: i + 1 });
  });
  byId("jump").value = String(state.at);
}

function showEnd() {
  if (byId("end").hidden || !packet) return;
  const open = packet.pairs.length - countVoted();
  const done = state.finished;
  const text = done
    ? served ? (isSent() ? "done_server" : "done_server_waiting") : "done"
    : open ? (open === 1 ? "end_open_one" : "end_open") : served ? "end_ready_server" : "end_ready";
  byId("end-heading").textContent = words(done ? "done_heading" : "end_heading");
  byId("end-text").textContent = words(text, { n: open, file: fileName() });
  byId("end-change").textContent = done ? words(served ? "done_change_server" : "done_change") : "";
  byId("end-go").hidden = open === 0;
  byId("finish").hidden = open > 0 || done;
  byId("finish").textContent = words(served ? "finish_server" : "finish");
  byId("download").hidden = !done;
  byId("download").textContent = words(served ? "download" : "download_again");
}

function showWarnings() {
  const shownNow = [];
  if (!storageWorks) shownNow.push(served ? (away ? "server_away_unsaved" : "storage_refused_server") : "storage_refused");
  else if (away) shownNow.push("server_away");
  if (refused) shownNow.push(refused);
  if (merged) shownNow.push("server_merged");
  const text = shownNow.map((name) => words(name)).join(" ");
  if (byId("warnings").dataset.text !== text) {
    byId("warnings").dataset.text = text;
    byId("warnings").replaceChildren(...shownNow.map((name) => element("p", "warning", words(name))));
  }
  const offer = owns && (!storageWorks || refused !== "") && countVoted() > 0;
  byId("rescue").hidden = !offer;
  byId("rescue").textContent = words("download_votes", { voted: countVoted() });
  byId("saved").textContent = served && state.synced && !away && !refused ? words("saved_server") : "";
}

function say(text) {
  const said = byId("said");
  said.textContent = said.textContent === text ? `${text}\u00a0` : text;
}

/* ---- What a reviewer does ---- */

function change(update) {
  const pair = packet.pairs[state.at];
  if (!pair || !owns) return;
  undoable.push({ at: state.at, vote: voteOn(pair) });
  setVote({ ...voteOn(pair), ...update });
}

function setVote(vote) {
  state.votes.set(vote.pair, vote);
  state.finished = false;
  save();
  if (!owns) return;
  showVote(packet.pairs[state.at]);
  showProgress();
}

function choose(choice) {
  if (!packet.pairs[state.at] || !owns) return;
  if (voteOn(packet.pairs[state.at]).choice !== choice) change({ choice });
  say(words("said_vote", { choice: words(`choice_${choice}`), voted: countVoted(), total: packet.pairs.length }));
}

function ship(side, answer) {
  change({ [`ship_${side}`]: answer });
  say(words(`said_ship_${side}_${answer === null ? "open" : answer ? "yes" : "no"}`));
}

function turnShip(side) {
  const pair = packet.pairs[state.at];
  if (pair) ship(side, { null: true, true: false, false: null }[voteOn(pair)[`ship_${side}`]]);
}

function tag(side, reason) {
  const name = `reasons_${side}`;
  const had = voteOn(packet.pairs[state.at])[name];
  change({ [name]: packet.reasons.filter((one) => had.includes(one) !== (one === reason)) });
}

function undo() {
  const last = undoable.pop();
  if (!last || !owns) return say(words("said_nothing_to_undo"));
  moveTo(last.at);
  if (owns) setVote(last.vote);
  say(words("said_undone"));
}

/* A note is undone as a whole, from when it was begun. */
let noteBegun = false;

function writeNote() {
  const note = byId("note").value.replace(/\p{Cs}/gu, "\ufffd");
  if (!noteBegun) change({ note });
  else setVote({ ...voteOn(packet.pairs[state.at]), note });
  noteBegun = true;
}

function setView(view) {
  state.view = view;
  keep();
  showAnswers(packet.pairs[state.at]);
}

function markDifferences() {
  marksOn = !marksOn;
  showAnswers(packet.pairs[state.at]);
}

function finish() {
  state.finished = true;
  save();
  if (!owns) return;
  if (!served) download();
  showEnd();
  byId("end-heading").focus();
}

const fileName = () => `${packet.reviewer.replace(/[^\w.-]/g, "_")}.ballot.json`;

function download() {
  const link = element("a");
  link.href = URL.createObjectURL(new Blob([canonical(ballotNow())], { type: "application/json" }));
  link.download = fileName();
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60000);
  copied = true;
}

async function loadCopy(event) {
  const [file] = event.target.files;
  event.target.value = "";
  let ballot = null;
  try {
    ballot = JSON.parse(await file.text());
  } catch {
    // said below
  }
  if (!owns) return;
  if (!isOurs(ballot)) return showLoaded("load_refused");
  state.votes = soundVotes(ballot.votes);
  state.finished = false;
  undoable.length = 0;
  const open = packet.pairs.findIndex((pair) => !isVoted(pair));
  state.at = open < 0 ? packet.pairs.length : open;
  save();
  showPlace();
  showLoaded("load_done");
}

const showLoaded = (name) => (byId("loaded").textContent = words(name));

/* ---- Keys and buttons ---- */

const shortcuts = {
  1: () => choose("a"),
  2: () => choose("b"),
  3: () => choose("tie"),
  4: () => choose("bad"),
  ArrowRight: () => moveTo(state.at + 1),
  ArrowLeft: () => moveTo(state.at - 1),
  u: undo,
  a: () => turnShip("a"),
  b: () => turnShip("b"),
  v: () => packet.pairs[state.at] && setView(VIEWS[(VIEWS.indexOf(state.view) + 1) % VIEWS.length]),
  d: () => packet.pairs[state.at] && markDifferences(),
  n: () => packet.pairs[state.at] && byId("note").focus(),
  "?": () => (byId("help").open = !byId("help").open),
};

function press(event) {
  if (event.target === byId("note") && event.key === "Escape") return byId("heading").focus({ preventScroll: true });
  const writes = event.target.matches("textarea, select, input:not([type=checkbox])");
  if (writes || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  const name = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  const act = Object.hasOwn(shortcuts, name) && state.shortcuts && owns ? shortcuts[name] : null;
  if (!act || event.repeat) return;
  event.preventDefault();
  act();
}

function connect() {
  const onClick = (id, act) => byId(id).addEventListener("click", act);
  for (const one of all("[data-choice]")) one.addEventListener("click", () => choose(one.dataset.choice));
  for (const one of all("[data-view]")) one.addEventListener("click", () => setView(one.dataset.view));
  for (const one of all("[data-ship]")) one.addEventListener("click", () => pressShip(one.dataset.ship, one.dataset.word));
  for (const place of all("[data-reasons]")) addReasons(place, place.dataset.reasons);
  onClick("differences", markDifferences);
  onClick("back", () => moveTo(state.at - 1));
  onClick("next", () => moveTo(state.at + 1));
  onClick("end-back", () => moveTo(state.at - 1));
  onClick("end-go", () => moveTo(packet.pairs.findIndex((pair) => !isVoted(pair))));
  onClick("undo", undo);
  onClick("finish", finish);
  for (const id of ["download", "copy", "rescue"]) onClick(id, download);
  byId("load").addEventListener("change", loadCopy);
  byId("note").addEventListener("input", writeNote);
  byId("note").addEventListener("focus", () => (noteBegun = false));
  byId("jump").addEventListener("change", () => moveTo(Number(byId("jump").value)));
  byId("shortcuts").addEventListener("change", () => {
    state.shortcuts = byId("shortcuts").checked;
    keep();
  });
  document.addEventListener("keydown", press);
  window.addEventListener("storage", hearTabs);
  window.addEventListener("pagehide", releaseTab);
  window.addEventListener("pageshow", (event) => event.persisted && location.reload());
  window.addEventListener("beforeunload", (event) => {
    const lost = served ? !isSent() && countVoted() > 0 : !copied;
    if (!storageWorks && lost) event.preventDefault();
  });
}

/* The pressed answer pressed again takes the word back. */
function pressShip(side, word) {
  const answer = word === "yes";
  ship(side, voteOn(packet.pairs[state.at])[`ship_${side}`] === answer ? null : answer);
}

function addReasons(place, side) {
  place.hidden = packet.reasons.length === 0;
  for (const reason of packet.reasons) {
    const made = button(shown(reason), () => tag(side, reason));
    made.dataset.reason = reason;
    made.dataset.side = side;
    place.append(made);
  }
}

/* ---- Start ---- */

async function fetchPacket() {
  if (!/^[\w-]+$/.test(token)) return showMessage("", "link_missing");
  showMessage("", "loading");
  try {
    const answer = await ask("packet");
    if (answer.status === 401) return showMessage("", "link_refused");
    if (!answer.ok) throw new Error(answer.status);
    packet = await answer.json();
  } catch {
    showMessage("", "server_unreachable", "reload", () => location.reload());
  }
}

function showPacket() {
  document.title = packet.title;
  byId("title").replaceChildren(shown(packet.title));
  byId("question").replaceChildren(shown(packet.question));
  byId("help-saved").textContent = words(served ? "help_saved_server" : "help_saved_browser");
  const option = (text, i) => new Option(text, String(i));
  byId("jump").replaceChildren(...packet.pairs.map((_, i) => option("", i)), option(words("jump_end"), packet.pairs.length));
}

async function start() {
  packet = JSON.parse(byId("packet").textContent);
  served = packet === null;
  if (served) {
    window.addEventListener("hashchange", () => location.reload());
    await fetchPacket();
    if (packet === null) return;
  }
  key = `harness-review:${packet.packet}`;
  showPacket();
  connect();
  if (await isElsewhere()) return loseTab();
  store(":tab", tab);
  await recall();
  await fetchBallot();
  byId("shortcuts").checked = state.shortcuts;
  byId("help").open = countVoted() === 0 && matchMedia("(pointer: fine) and (min-width: 60rem)").matches;
  showPlace();
}

start().catch(() => showMessage("", "damaged"));
