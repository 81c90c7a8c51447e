/* Accept or reject generated rows, after desk.js. */
const WORDS = { accept: "accepted", reject: "rejected", "": "" };
const state = { rows: [], shown: [], current: null, drafts: new Map() };

async function load() {
  const answer = await ask("rows");
  if (!answer) return say("The server does not answer.");
  if (answer.status === 401) return say("This link was used already, or the server was started again. Its terminal shows a new link.");
  if (!answer.ok) return say(await answer.text());
  say("");
  byId("main").hidden = false;
  show(await answer.json());
  const first = state.rows.find((one) => !one.verdict) ?? state.rows[0];
  if (first) open(state.current?.id ?? first.id);
}

function show(found) {
  state.rows = found.rows;
  byId("title").textContent = `Generated rows of ${found.name}`;
  document.title = byId("title").textContent;
  const left = found.rows.filter((one) => !one.verdict).length;
  byId("state").textContent = left ? `${left.toLocaleString("en")} not decided` : "all decided";
  byId("standing").textContent = found.is_open ? found.standing : `${found.standing}. The server in the terminal can be stopped.`;
  list();
}

function matches(one) {
  const wanted = byId("text").value.trim().toLowerCase(), which = byId("which").value;
  if (which && (which === "open" ? one.verdict : one.verdict !== which)) return false;
  return !wanted || [one.id, one.reason, ...one.turns.map((said) => said.text)].some((text) => text.toLowerCase().includes(wanted));
}

function list() {
  state.shown = state.rows.filter(matches);
  byId("count").textContent = `${state.shown.length.toLocaleString("en")} of ${state.rows.length.toLocaleString("en")} rows to review, the most diverse first`;
  byId("names").replaceChildren(...state.shown.map(name));
}

function name(one) {
  return entry(one.id, one.id, one.verdict, lastOf(one.turns, "user"), one.id === state.current?.id, () => { open(one.id); focus(); });
}

function open(id) {
  const one = state.rows.find((each) => each.id === id);
  if (!one) return;
  state.current = one;
  byId("case").hidden = false;
  byId("id").textContent = id;
  byId("said").textContent = WORDS[one.verdict];
  byId("problem").hidden = true;
  byId("messages").replaceChildren(...one.turns.map((said) => turn(said.role, said.text)));
  byId("reason").value = state.drafts.get(id) ?? one.reason;
  byId("facts").replaceChildren(...one.facts.map((text) => element("li", text)));
  showMoves(state.shown, id);
  showCurrent(id);
}

function tell(text) {
  byId("problem").textContent = text;
  byId("problem").hidden = false;
}

async function decide(verdict) {
  const { id } = state.current, reason = byId("reason").value;
  if (verdict === "reject" && !reason.trim()) {
    tell("A rejection needs a reason.");
    return byId("reason").focus();
  }
  const answer = await ask("decision", { method: "POST", body: JSON.stringify({ id, verdict, reason }) });
  if (answer?.status === 401) return tell("The server was started again; this decision is not kept. Open its new link here.");
  if (!answer?.ok) return tell(answer ? await answer.text() : "The server does not answer; this decision is not kept. Try again.");
  state.drafts.delete(id);
  show(await answer.json());
  if (state.current.id !== id) return open(state.current.id);
  const place = state.rows.findIndex((one) => one.id === id);
  const next = [...state.rows.slice(place + 1), ...state.rows.slice(0, place)].find((one) => !one.verdict);
  open(next ? next.id : id);
  focus();
}

function move(step) {
  const place = state.shown.findIndex((one) => one.id === state.current.id) + step;
  if (state.shown[place]) { open(state.shown[place].id); focus(); }
}

byId("text").addEventListener("input", list);
byId("which").addEventListener("change", list);
byId("case").addEventListener("submit", (event) => event.preventDefault());
byId("reason").addEventListener("input", () => state.drafts.set(state.current.id, byId("reason").value));
byId("accept").addEventListener("click", () => decide("accept"));
byId("reject").addEventListener("click", () => decide("reject"));
addEventListener("beforeunload", (event) => { if (state.drafts.size) event.preventDefault(); });

start(openSession, load);
