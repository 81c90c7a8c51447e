/* Decide on proposed cases, after desk.js. What is written and not decided yet is kept in this tab, so that it is there again
   when the server was stopped and started. */

const WORDS = { open: "", yours: "decided", decided: "decided", disagreed: "disagreed", accepted: "accepted" };
const SEATS = { first: "first reviewer", second: "second reviewer", third: "third person" };
const state = { proposals: [], shown: [], current: null, seat: "" };

/* Each person's link holds as long as the server runs. */
async function takeToken() {
  const given = takeLink();
  if (given) stored("token", given);
  token = given || stored("token") || "";
}

async function load() {
  const answer = await ask("proposals");
  if (!answer) return say("The server does not answer. What you wrote stays on this page.");
  if (answer.status === 401) return say("This link is not valid: the server was started again. Its terminal shows a new link.");
  if (!answer.ok) return say(await answer.text());
  const found = await answer.json();
  state.proposals = found.proposals;
  state.seat = found.seat;
  byId("title").textContent = found.seat === "third" ? "Disagreements on proposed cases" : "Proposed cases";
  byId("agreement").textContent = found.agreement;
  byId("main").hidden = false;
  say(found.proposals.length ? "" : "Nothing to decide here yet.");
  list();
  const first = state.shown.find((one) => one.state === "open") ?? state.shown[0];
  if (first) open(state.current?.id ?? first.id);
}

function isOpen(one) { return one.state === "open" || (state.seat === "third" && one.state === "disagreed"); }

function matches(one) {
  const wanted = byId("text").value.trim().toLowerCase(), which = byId("which").value;
  if (which === "open" && !isOpen(one)) return false;
  if (which === "disagreed" && one.state !== "disagreed") return false;
  return !wanted || [one.id, one.answer, one.where, ...one.told, ...one.messages.map((said) => said.text)].some((text) => text.toLowerCase().includes(wanted));
}

function list() {
  state.shown = state.proposals.filter(matches);
  byId("count").textContent = `${state.shown.length.toLocaleString("en")} of ${state.proposals.length.toLocaleString("en")} proposals`;
  byId("names").replaceChildren(...state.shown.map(row));
  const open = state.proposals.filter(isOpen).length;
  byId("state").textContent = open ? `${open.toLocaleString("en")} not decided` : state.proposals.length ? "all decided" : "";
}

function row(one) {
  const kind = one.mine ? ` · ${one.mine.kind}` : "", isCurrent = one.id === state.current?.id;
  const className = one.state === "disagreed" ? "disagreed" : isOpen(one) ? "" : "done";
  const item = entry(one.id, `${one.reason}${kind}`, className, lastOf(one.messages), isCurrent, () => { open(one.id); focus(); });
  if (draftOf(one)) item.querySelector("b").classList.add("unsaved");
  return item;
}

/* What the fields have where nothing was changed: what this person decided, else what is proposed. */
function plain(one) {
  const from = one.mine && one.mine.kind !== "drop" ? one.mine : one;
  return { expected: from.expected, kind: from.expected_kind, tags: (one.mine ?? one).tags.join(", "), note: one.mine?.note ?? "" };
}

function draftOf(one) {
  try { return JSON.parse(stored(`draft ${one.id}`)); } catch { return null; }
}

function typed() {
  return { expected: byId("expected").value, kind: byId("kind").value, tags: byId("tags").value, note: byId("note").value };
}

function ends(text) { return text.replace(/\r\n?/g, "\n"); }

function same(one, other) {
  const fields = ({ expected, kind, tags, note }) => JSON.stringify([kind === "nothing" ? "" : ends(expected), kind, tags, note]);
  return fields(one) === fields(other);
}

function open(id) {
  const one = state.proposals.find((each) => each.id === id);
  if (!one) return;
  state.current = one;
  const draft = draftOf(one) ?? plain(one);
  byId("case").hidden = false;
  byId("id").textContent = `${one.reason} ${one.id}`;
  byId("where").textContent = `${one.where}; stands for about ${Math.round(one.stands_for).toLocaleString("en")} logged`;
  byId("told").replaceChildren(...one.told.map((text) => element("li", text)));
  byId("problem").hidden = true;
  byId("messages").replaceChildren(...one.messages.map((said) => turn(said.role, said.text)));
  byId("answer").replaceChildren(shown(one.error ? `(no answer: ${one.error})` : one.answer || "(empty)"));
  byId("comment-place").hidden = one.comment === "";
  byId("comment").replaceChildren(shown(one.comment));
  byId("others").replaceChildren(...one.others.map((said) => turn(`${SEATS[said.by]}: ${said.kind}`, [said.expected, said.note].filter(Boolean).join("\n"))));
  byId("expected").value = draft.expected;
  byId("kind").value = draft.kind;
  byId("tags").value = draft.tags;
  byId("note").value = draft.note;
  byId("rest").hidden = one.more === "";
  byId("more-text").replaceChildren(shown(one.more));
  changed();
  showCurrent(id);
}

/* Whether this seat can still decide: not when it went into a file, nor when two reviewers see each other's decisions. */
function isClosed(one) {
  return one.state === "accepted" || (state.seat !== "third" && (one.state === "disagreed" || (one.state === "decided" && one.others.length > 0)));
}

function changed() {
  const one = state.current, now = typed(), isChanged = !same(now, plain(one));
  stored(`draft ${one.id}`, isChanged ? JSON.stringify(now) : null);
  byId("expected").hidden = byId("kind").value === "nothing";
  byId("start").hidden = one.answer === "";
  byId("fields").disabled = byId("keep").disabled = byId("drop").disabled = isClosed(one);
  byId("keep").textContent = isCorrection() ? "Keep, corrected" : "Keep";
  showMoves(state.shown, one.id);
  const name = [...byId("names").querySelectorAll("button")].find((button) => button.dataset.id === one.id);
  name?.querySelector("b").classList.toggle("unsaved", isChanged);
}

function isCorrection() {
  const one = state.current, { expected, kind } = typed();
  return kind !== one.expected_kind || (kind !== "nothing" && ends(expected) !== ends(one.expected));
}

async function decide(kind) {
  const one = state.current, now = typed();
  if (isClosed(one)) return;
  const tags = [...new Set(now.tags.split(",").map((tag) => tag.trim()).filter(Boolean))];
  const body = JSON.stringify({ id: one.id, kind, expected: now.kind === "nothing" ? "" : now.expected, expected_kind: now.kind, tags, note: now.note });
  byId("keep").disabled = byId("drop").disabled = true;
  const answer = await ask("decision", { method: "PUT", headers: { "If-Match": `"${one.seen}"` }, body });
  const isTaken = Boolean(answer?.ok), isOld = answer?.status === 412;
  if (isTaken || isOld) {
    const found = await answer.json();
    state.proposals = state.proposals.map((each) => (each.id === found.id ? found : each));
    if (isTaken) stored(`draft ${one.id}`, null);
  }
  list();
  if (state.current.id !== one.id) return changed();
  open(one.id);
  if (isTaken) return onwards();
  byId("problem").textContent = isOld ? "You decided on this in another window; what is here now is that decision, and what you wrote since. Decide again to replace it."
    : !answer ? "The server does not answer; this decision is not saved. What you wrote stays in this tab: start the server again and open its new link here."
    : answer.status === 401 ? "The server was started again; this decision is not saved. What you wrote stays in this tab: open the new link here."
    : await answer.text();
  byId("problem").hidden = false;
  byId("problem").scrollIntoView({ block: "nearest" });
}

/* After a decision the next one that is open is shown; after the last, all is read again: somebody else may have decided. */
function onwards() {
  const place = state.shown.findIndex((one) => one.id === state.current.id);
  const next = [...state.shown.slice(place + 1), ...state.shown.slice(0, Math.max(place, 0))].find(isOpen);
  if (!next) return load();
  open(next.id);
  focus();
}

function move(step) {
  const one = state.shown[state.shown.findIndex((each) => each.id === state.current.id) + step];
  if (one) { open(one.id); focus(); }
}

function keep() { decide(isCorrection() ? "correct" : "keep"); }

function press(event) {
  const isField = /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName) && event.target.type !== "checkbox";
  if (!state.current || event.altKey) return;
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) { event.preventDefault(); keep(); return; }
  if (event.key === "Escape" && isField) { byId("case").focus({ preventScroll: true }); return; }
  if (isField || event.ctrlKey || event.metaKey || !byId("letters").checked) return;
  const act = { k: keep, d: () => decide("drop"), n: () => move(1), b: () => move(-1), e: write }[event.key.toLowerCase()];
  if (act) { event.preventDefault(); act(); }
}

function write() {
  if (byId("kind").value === "nothing") byId("kind").value = "text";
  changed();
  byId("expected").focus();
}

byId("text").addEventListener("input", () => { list(); if (state.current) changed(); });
byId("which").addEventListener("change", () => { list(); if (state.current) changed(); });
byId("fields").addEventListener("input", changed);
byId("case").addEventListener("submit", (event) => { event.preventDefault(); keep(); });
byId("drop").addEventListener("click", () => decide("drop"));
byId("start").addEventListener("click", () => {
  byId("expected").value = state.current.answer;
  byId("kind").value = state.current.expected_kind === "json" ? "json" : "text";
  changed();
  byId("expected").focus();
});
document.addEventListener("keydown", press);
start(takeToken, load);
