/* Read, tag and correct cases, after desk.js. */

const AT_ONCE = 200;
const state = { cases: [], drafts: new Map(), shown: [], limit: AT_ONCE, current: null, conflict: null };

async function load() {
  const answer = await ask("cases");
  if (!answer) return say("The server does not answer. Changes that are not saved stay on this page.");
  if (answer.status === 401) return say("This link was used already, or the server was started again. Its terminal shows a new link.");
  if (!answer.ok) return say(await answer.text());
  const found = await answer.json();
  say("");
  state.cases = found.cases;
  byId("title").textContent = `Cases of ${found.name}`;
  document.title = `Cases of ${found.name}`;
  byId("main").hidden = false;
  fillTags();
  list();
  const id = state.current?.id ?? state.shown[0]?.id;
  if (id !== undefined) open(id);
}

function fillTags() {
  const select = byId("tag"), chosen = select.value;
  const tags = allTags();
  select.replaceChildren(new Option("any", ""), new Option("no tag", "-"), ...tags.map((tag) => new Option(tag, `=${tag}`)));
  select.value = [...select.options].some((one) => one.value === chosen) ? chosen : "";
}

function allTags() { return [...new Set(state.cases.flatMap((one) => one.tags))].sort(); }

function matches(one) {
  const wanted = byId("text").value.trim().toLowerCase(), tag = byId("tag").value;
  if (tag === "-" ? one.tags.length : tag && !one.tags.includes(tag.slice(1))) return false;
  return !wanted || [one.id, one.expected, one.group, ...one.messages.map((said) => said.text), ...one.passages.map((passage) => passage.text)].some((text) => text.toLowerCase().includes(wanted));
}

function list() {
  state.shown = state.cases.filter(matches);
  byId("count").textContent = `${state.shown.length.toLocaleString("en")} of ${state.cases.length.toLocaleString("en")} cases`;
  byId("names").replaceChildren(...state.shown.slice(0, state.limit).map(row));
  byId("more").hidden = state.shown.length <= state.limit;
}

function row(one) {
  const name = state.drafts.has(one.id) ? "unsaved" : "", act = () => { open(one.id); focus("nearest"); };
  return entry(one.id, one.id, name, lastOf(one.messages), one.id === state.current?.id, act);
}

/* What the fields have for a case. A draft keeps the mark of the line that it began with: what others change later in the
   file is then a conflict, also when this page has read the file again. */
function plain(one) {
  return { id: one.id, seen: one.seen, texts: one.messages.map((said) => said.text), expected: one.expected, kind: one.kind, tags: one.tags.join(", "), group: one.group };
}

/* Show a case, with what was changed and not saved. */
function open(id) {
  const one = state.cases.find((each) => each.id === id);
  if (!one) return;
  if (state.current?.id !== id) state.conflict = null;
  state.current = one;
  const draft = state.drafts.get(id) ?? plain(one);
  byId("case").hidden = false;
  byId("id").textContent = id;
  byId("problem").hidden = true;
  byId("messages").replaceChildren(...one.messages.map((said, number) => field(said, number, draft.texts[number] ?? said.text)));
  byId("documents").hidden = byId("left-open").hidden = byId("left-open").disabled = one.passages.length === 0;
  byId("documents-count").textContent = one.passages.length === 1 ? "1 document" : `${one.passages.length} documents`;
  byId("passages").replaceChildren(...one.passages.flatMap((passage) => [element("b", passage.id), element("pre", passage.text)]));
  byId("passages").scrollTop = 0;
  byId("kind").value = draft.kind;
  byId("expected").value = draft.expected;
  byId("tags").value = draft.tags;
  byId("group").value = draft.group;
  byId("rest").hidden = one.more === "";
  byId("more-text").replaceChildren(shown(one.more));
  showConflict();
  changed();
  showCurrent(id);
}

function field(said, number, text) {
  if (said.is_fixed) return turn(said.role, text);
  const place = element("div", undefined, "turn"), label = element("label", said.role), area = element("textarea");
  area.id = `turn-${number}`;
  area.dir = "auto";
  area.rows = 2;
  area.autocomplete = "off";
  area.value = text;
  label.htmlFor = area.id;
  place.append(label, area);
  return place;
}

function typed() {
  const texts = state.current.messages.map((said, number) => byId(`turn-${number}`)?.value ?? said.text);
  const { id, seen } = state.drafts.get(state.current.id) ?? state.current;
  return { id, seen, texts, expected: byId("expected").value, kind: byId("kind").value, tags: byId("tags").value, group: byId("group").value };
}

function fields({ texts, expected, kind, tags, group }) {
  return JSON.stringify([texts.map(ends), hasText(kind) ? ends(expected) : "", kind, tags, group]);
}

function hasText(kind) { return kind === "text" || kind === "json"; }

function ends(text) { return text.replace(/\r\n?/g, "\n"); }

/* A text field makes every line end "\n", which is no change of the person's. */
function same(one, other) {
  return fields(one) === fields(other);
}

function changed() {
  const one = state.current, now = typed();
  byId("expected").hidden = !hasText(byId("kind").value);
  const isChanged = !same(now, plain(one));
  if (isChanged) state.drafts.set(one.id, now); else state.drafts.delete(one.id);
  byId("save").disabled = byId("undo").disabled = !isChanged;
  showMoves(state.shown, one.id);
  const name = [...byId("names").querySelectorAll("button")].find((button) => button.dataset.id === one.id);
  name?.querySelector("b").classList.toggle("unsaved", isChanged);
  byId("state").textContent = state.drafts.size ? `${state.drafts.size} not saved` : "all saved";
  showKnown(now.tags);
}

function tagsOf(text) { return [...new Set(text.split(",").map((tag) => tag.trim()).filter(Boolean))]; }

function showKnown(text) {
  const own = tagsOf(text);
  byId("known").replaceChildren(...[...new Set([...allTags(), ...own])].slice(0, 60).map((tag) => {
    const button = element("button", tag), isOn = own.includes(tag);
    button.type = "button";
    button.setAttribute("aria-pressed", String(isOn));
    button.addEventListener("click", () => {
      byId("tags").value = (isOn ? own.filter((one) => one !== tag) : [...own, tag]).join(", ");
      changed();
      [...byId("known").children].find((one) => one.textContent === tag)?.focus();
    });
    return button;
  }));
}

function showConflict() {
  byId("conflict").hidden = state.conflict === null;
  if (!state.conflict) return;
  const theirs = state.conflict.theirs;
  byId("theirs").replaceChildren(shown(theirs
    ? [...theirs.messages.map((said) => `${said.role}: ${said.text}`), `expected: ${theirs.expected}`, `tags: ${theirs.tags.join(", ")}`, `group: ${theirs.group}`].join("\n")
    : "(the case is no longer there)"));
  byId("keep").disabled = theirs === null || theirs.messages.length !== state.current.messages.length;
}

/* Save the draft of the case that is shown, over the line with a mark. A text that was not touched is not sent. */
async function save(seen, sendsAll) {
  const one = state.current, draft = state.drafts.get(one.id);
  if (!draft) return;
  const isSent = (text, said) => !said.is_fixed && (sendsAll || ends(text) !== ends(said.text));
  const texts = draft.texts.map((text, number) => (isSent(text, one.messages[number]) ? text : null));
  const { id, kind, group } = draft, expected = hasText(kind) ? draft.expected : "";
  const body = JSON.stringify({ id, texts, expected, kind, tags: tagsOf(draft.tags), group });
  byId("save").disabled = true;
  const answer = await ask("case", { method: "PUT", headers: { "If-Match": `"${seen}"` }, body });
  if (answer?.status === 412) state.conflict = { theirs: await answer.json() };
  else if (answer?.ok) {
    const saved = await answer.json();
    state.cases = state.cases.map((each) => (each.id === saved.id ? saved : each));
    if (same(state.drafts.get(saved.id) ?? draft, draft)) state.drafts.delete(saved.id);
    state.conflict = null;
    fillTags();
    list();
  }
  if (state.current.id !== one.id) return changed();
  open(one.id);
  if (!answer?.ok && answer?.status !== 412) {
    byId("problem").textContent = answer ? await answer.text() : "The server does not answer; this change is not saved. Try again.";
    byId("problem").hidden = false;
  }
}

function saveDraft() { save(typed().seen, false); }

function move(step) {
  const place = state.shown.findIndex((one) => one.id === state.current.id) + step;
  if (place >= state.limit) { state.limit += AT_ONCE; list(); }
  if (state.shown[place]) {
    open(state.shown[place].id);
    focus();
  }
}

function filter() { state.limit = AT_ONCE; list(); if (state.current) changed(); }

byId("text").addEventListener("input", filter);
byId("tag").addEventListener("change", filter);
byId("more").addEventListener("click", () => { state.limit += AT_ONCE; list(); });
byId("case").addEventListener("input", changed);
byId("case").addEventListener("submit", (event) => { event.preventDefault(); saveDraft(); });
byId("case").addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) { event.preventDefault(); saveDraft(); }
});
byId("undo").addEventListener("click", () => { state.drafts.delete(state.current.id); state.conflict = null; open(state.current.id); });
byId("take").addEventListener("click", () => { state.drafts.delete(state.current.id); state.conflict = null; load(); });
byId("keep").addEventListener("click", () => save(state.conflict.theirs.seen, true));
addEventListener("beforeunload", (event) => { if (state.drafts.size) event.preventDefault(); });

start(openSession, load);
