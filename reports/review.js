/* Review page, 3 of 3: shows one pair at a time, and does what the reviewer does.

   The packet is in the page; a page without one asks its own server, with the token in the address's fragment. */

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
  for (const one of all("[data-reasoning]")) one.open = false;
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
      const [text, calls] = [element("div", "text"), element("div", "text calls")];
      const made = readCalls(message.tool_calls?.map((call) => call.function));
      fillSaid(text, `message ${i}`, message.content, shown, made);
      fillCalls(calls, `calls of message ${i}`, made);
      return element("div", `message ${message.role}`, element("p", "role", words(message.role)), text, calls);
    }),
  );
  byId("expected").hidden = pair.expected === null;
  fill(byId("expected-text"), "expected", pair.expected ?? "", shown);
  for (const side of ["a", "b"]) fillReasoning(side, pair[`reasoning_${side}`] ?? "");
  showAnswers(pair);
  showVote(pair);
}

function fillReasoning(side, text) {
  const place = document.querySelector(`[data-thought="${side}"]`);
  document.querySelector(`[data-reasoning="${side}"]`).hidden = text === "";
  if (text === "") place.replaceChildren();
  else fill(place, `reasoning ${side}`, text, shown);
}

/* Put a text into the page; where there are calls, an empty one is left out. */
function fillSaid(place, name, text, draw, calls) {
  place.hidden = text === "" && calls.length > 0;
  if (place.hidden) place.replaceChildren();
  else fill(place, name, text, draw);
}

/* Put calls into the page, each in a block; long ones are one text, which is cut. */
function fillCalls(place, name, calls, marked) {
  const text = callsText(calls);
  place.hidden = calls.length === 0;
  if (place.hidden) place.replaceChildren();
  else fill(place, name, text, text.length <= LONG ? () => drawCalls(calls, marked) : shown);
}

/* Put a text into the page; a long one is cut, with a button that shows all of it. */
function fill(place, name, text, draw) {
  place.dir = text.length > LONG ? "" : "auto";
  if (text.length <= LONG) return place.replaceChildren(text ? draw(text) : element("span", "soft", words("empty")));
  const [note, state] = [element("p", "more"), fresh()];
  place.replaceChildren(note);
  const end = drawSlice(note, text, 0, draw, state);
  if (expanded.has(name)) return drawOn(note, text, end, draw, state);
  note.append(button(words("show_all", { n: number(text.length) }), () => {
    expanded.add(name);
    fill(place, name, text, draw);
    place.tabIndex = -1;
    place.focus({ preventScroll: true });
  }));
}

/* Draw one slice of a text before the note below it, in pieces that are laid out each by itself; return where it ends. */
function drawSlice(note, text, start, draw, state) {
  const stop = Math.min(start + LONG, text.length);
  const slice = element("div", "slice");
  while (start < stop) {
    const end = pieceEnd(text, start);
    const piece = element("div", "piece", draw(text.slice(start, end), state));
    piece.dir = "auto";
    slice.append(piece);
    start = end;
  }
  note.before(slice);
  return start;
}

/* Draw the rest of a text; between two slices the page does what else there is to do. It ends when the note is no longer
   on the page, for then something else is shown in its place. */
async function drawOn(note, text, start, draw, state) {
  while (start < text.length) {
    note.textContent = words("showing", { shown: number(start), n: number(text.length) });
    await new Promise((resolve) => setTimeout(resolve));
    if (!note.isConnected) return;
    start = drawSlice(note, text, start, draw, state);
  }
  note.remove();
}

function showAnswers(pair) {
  for (const one of all("[data-view]")) setPressed(one, one.dataset.view === state.view);
  setPressed(byId("differences"), marksOn);
  const sides = ["a", "b"].map((side) => readSide(pair, side));
  const marked = marksOn ? markedSides(...sides) : null;
  const isSame = pair.a === pair.b && callsText(sides[0].calls) === callsText(sides[1].calls);
  byId("differences-note").textContent = !marksOn ? "" : words(
    isSame ? "differences_same" : marked ? "differences_on" : "differences_long",
  );
  sides.forEach(({ side, text, layout, calls }, i) => {
    const place = document.querySelector(`[data-answer="${side}"]`);
    const asMarkdown = state.view === "markdown" && !marked;
    place.classList.toggle("prose", asMarkdown);
    fillSaid(place, side, text, marked ? () => withMarks(marked.texts[i]) : asMarkdown ? markdown : shown, calls);
    if (state.view === "json" && layout === null) place.prepend(element("p", "soft", words("not_json")));
    fillCalls(document.querySelector(`[data-calls="${side}"]`), `calls ${side}`, calls, marked?.calls[i]);
  });
}

/* Return what is shown of one answer in the view that is chosen. */
function readSide(pair, side) {
  const layout = state.view === "json" ? laidOut(pair[side]) : null;
  return { side, layout, text: layout ?? pair[side], calls: readCalls(pair[`calls_${side}`]) };
}

/* Return both answers' words and those of their calls, with those that differ marked; null when they are too long. */
function markedSides(a, b) {
  if ([a, b].some(({ text, calls }) => text.length > LONG || callsText(calls).length > LONG)) return null;
  const marked = { texts: differences(a.text, b.text), calls: callDifferences(a.calls, b.calls) };
  return marked.texts && marked.calls ? marked : null;
}

/* Open or close the reasoning of both answers. */
function turnReasoning() {
  const there = all("[data-reasoning]").filter((one) => !one.hidden);
  if (!packet.pairs[state.at] || there.length === 0) return say(words("said_no_reasoning"));
  const open = !there.some((one) => one.open);
  for (const one of there) one.open = open;
  say(words(open ? "said_reasoning_open" : "said_reasoning_closed"));
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
  r: turnReasoning,
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

/* Pressing the pressed button again takes the answer back. */
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
  showMessage("", "loading");
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
