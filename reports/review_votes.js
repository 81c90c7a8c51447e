/* Review page, 2 of 3: keeps the votes, in this browser and on a server where there is one, and makes the ballot. */

const CHOICES = ["a", "b", "tie", "bad"];
const VIEWS = ["text", "markdown", "json"];
const NOTE = 2000;
const ANSWER_WAIT = 2000; // ms in which another tab that is open answers, or its claim arrives
const LOOK_AGAIN = 50; // ms until the claim is looked for again
const COPY_WAIT = 10000; // ms in which the browser must open its database
const RETRY = 5000; // ms until the server is asked again

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

/* Sorted keys and no white space: the same bytes as `canonical` in harness/review/packets/records.py. */
function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  const fields = Object.keys(value).sort();
  return `{${fields.map((name) => `${JSON.stringify(name)}:${canonical(value[name])}`).join(",")}}`;
}

const digest = (value) => sha256(new TextEncoder().encode(canonical(value)));

/* ---- What is kept: in this browser, and on a server where there is one ---- */

let packet = null;
let served = false;
const token = location.hash.slice(1);
const tab = Math.random().toString(36).slice(2);
const state = { at: 0, finished: false, view: "text", shortcuts: true, synced: "", changes: 0, votes: new Map() };
const undoable = [];
let [storageWorks, owns, copied] = [true, true, true];
let copying = 0;
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

/* Return the valid votes of a list that comes from outside, by pair. */
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

/* A browser can write localStorage to the disk seconds later. This copy is on the disk, and survives a crash, as soon
   as the page's root element has lost its `data-saving`. */
const copies = new Promise((resolve) => {
  setTimeout(resolve, COPY_WAIT, null);
  const opening = indexedDB.open("harness-review");
  opening.onupgradeneeded = () => opening.result.createObjectStore("votes");
  opening.onsuccess = () => resolve(opening.result);
  opening.onerror = () => resolve(null);
}).catch(() => null);

async function copyVotes(text) {
  const database = await copies;
  if (!database) return;
  const change = database.transaction("votes", "readwrite", { durability: "strict" });
  change.objectStore("votes").put(text, key);
  await new Promise((resolve) => (change.oncomplete = change.onabort = resolve));
}

function countCopies(more) {
  copying += more;
  document.documentElement.toggleAttribute("data-saving", copying > 0);
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
  if (storageWorks) {
    countCopies(1);
    copyVotes(text).catch(() => null).finally(() => countCopies(-1));
  }
  showWarnings();
}

function save() {
  copied = false;
  keep();
  if (owns) send();
}

/* Hold a lock of this tab's name: the browser lets it go when the tab is closed, or crashes. */
function holdLock() {
  return new Promise((held) => {
    const asked = navigator.locks?.request(`${key} ${tab}`, () => (held(), new Promise(() => {})));
    if (asked) asked.catch(held);
    else held();
  });
}

/* Return the names of the packet's other open tabs; null where the browser doesn't tell. */
async function openTabs() {
  try {
    const { held } = await navigator.locks.query();
    const names = held.map((lock) => lock.name).filter((name) => name.startsWith(`${key} `));
    return names.map((name) => name.slice(key.length + 1)).filter((name) => name !== tab);
  } catch {
    return null;
  }
}

/* Ask the owner's tab. For browsers without locks, as all are on plain http; a tab that is busy or asleep says nothing. */
async function answers() {
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

/* One tab at a time owns the votes. Return whether another open tab does. What one has claimed may not be here yet. */
async function isElsewhere() {
  await holdLock();
  for (const until = Date.now() + ANSWER_WAIT; ; await new Promise((looked) => setTimeout(looked, LOOK_AGAIN))) {
    const [open, owner] = [await openTabs(), stored(":tab")];
    if (open === null) return owner !== null && owner !== tab && answers();
    if (open.includes(owner)) return true;
    if (open.length === 0 || Date.now() > until) return false;
  }
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

/* Take in the server's ballot. Votes that were cast here and not sent yet win over it. */
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
