/* Review page, 1 of 3 after shown.js: shows text. Answers and messages are hostile: they become text nodes, never HTML. */
"use strict";

const LONG = 20000; // characters shown at once, and drawn at once
const PIECE = 4000; // characters of a longer text that are laid out together
const JOINED = /^[\n\udc00-\udfff\u200c\u200d\p{M}\p{Emoji_Modifier}]/u; // what belongs to the character before it
const LONGEST_JSON = 200000; // characters of JSON that are laid out
const COMPARABLE = 16e6; // product of both answers' words, after what they share at either end

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

/* What the pieces of one text share: how many characters are framed, and the mark of the code block that is open. */
const fresh = () => ({ marks: 0, fence: "" });

/* Return where the next piece of a text ends: after a line or a word where one ends in time, and inside no character. */
function pieceEnd(text, start) {
  const end = start + PIECE;
  if (end >= text.length) return text.length;
  for (const space of ["\n", " "]) {
    const after = text.lastIndexOf(space, end - 1) + 1;
    if (after > start + PIECE / 2) return after;
  }
  const joined = (at) => text[at - 1] === "\u200d" || JOINED.test(text.slice(at, at + 2));
  let cut = end;
  while (cut > end - 100 && joined(cut)) cut--;
  return cut > end - 100 ? cut : end;
}

/* Lay out JSON as it is written: numbers, repeated keys and their order stay. Return null when it is not JSON. */
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

/* Return calls with their arguments laid out; what is not JSON, or too long to lay out, stays as it is written. */
function readCalls(calls = []) {
  return calls.map((call) => {
    const layout = laidOut(call.arguments);
    return { name: call.name, text: layout ?? call.arguments, isJson: layout !== null };
  });
}

/* Calls as one text, which is cut where it is long, and compared. */
const callsText = (calls) => calls.map(({ name, text }) => `${name}\n${text}\n`).join("");

/* Draw each call in a block of its own; `marked` are its words, with those that differ marked. */
function drawCalls(calls, marked = null) {
  const list = element("ul");
  calls.forEach(({ name, text, isJson }, i) => {
    const [called, written] = marked ? marked[i].map(withMarks) : [shown(name), shown(text)];
    const head = element("p", "call-name", element("span", "soft", words("call")), " ", element("b", "", called));
    const block = element("li", "call", head, element("pre", "", written));
    if (!isJson) block.append(element("p", "soft", words("call_not_json")));
    list.append(block);
  });
  return list;
}

/* Headings, lists, code and emphasis. Nothing of an answer adds to the page's own outline, and no link can be followed. */
function markdown(text, state = fresh()) {
  const root = document.createDocumentFragment();
  let [open, lists] = [null, []];
  const openCode = () => {
    open = element("code");
    root.append(element("pre", "", open));
  };
  if (state.fence) openCode();
  for (const line of text.replace(/\r\n/g, "\n").split("\n")) {
    const [, mark] = line.match(/^\s*(```|~~~)/) ?? [];
    if (state.fence) {
      if (mark === state.fence) [state.fence, open] = ["", null];
      else open.append(shown(`${line}\n`, state));
    } else if (mark) {
      [state.fence, lists] = [mark, []];
      openCode();
    } else if (!line.trim()) {
      open = null;
    } else {
      open = addLine(root, lists, open, line, state);
    }
  }
  return root;
}

/* Add one line; return the block that the next line can continue. */
function addLine(root, lists, open, line, state) {
  const [, level, title] = line.match(/^(#{1,6})\s+(.*)$/) ?? [];
  const [, indent, bullet, item] = line.match(/^(\s*)([-*+]|\d{1,9}[.)])\s+(.*)$/) ?? [];
  if (level) {
    lists.length = 0;
    root.append(element("p", `heading heading-${level.length}`, inline(title, state)));
    return null;
  }
  if (bullet) return addItem(root, lists, indent.length, bullet, inline(item, state));
  if (open) {
    open.append("\n", inline(line.trim(), state));
    return open;
  }
  if (!/^\s/.test(line)) lists.length = 0;
  const paragraph = element("p", "", inline(line, state));
  (lists.length ? lists.at(-1).list.lastChild : root).append(paragraph);
  return paragraph;
}

function addItem(root, lists, indent, bullet, content) {
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
  const item = element("li", "", content);
  lists.at(-1).list.append(item);
  return item;
}

function inline(text, state) {
  const made = document.createDocumentFragment();
  let last = 0;
  for (const found of text.matchAll(/`([^`]+)`|\*\*([^*]+)\*\*|\*([^*\s][^*]*)\*|!?\[([^[\]]*)\]\(([^()\s]*)\)/g)) {
    const [whole, code, strong, emphasis, label, address] = found;
    made.append(shown(text.slice(last, found.index), state));
    last = found.index + whole.length;
    if (code) made.append(element("code", "", shown(code, state)));
    else if (strong) made.append(element("strong", "", inline(strong, state)));
    else if (emphasis) made.append(element("em", "", inline(emphasis, state)));
    else made.append(shown(label, state), element("span", "soft", shown(` (${address})`, state)));
  }
  made.append(shown(text.slice(last), state));
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

/* Mark what differs between calls at the same place; a call that has none at its place differs as a whole. */
function callDifferences(a, b) {
  const marked = [[], []];
  for (let i = 0; i < Math.max(a.length, b.length); i++) {
    const found = ["name", "text"].map((part) => differences(a[i]?.[part] ?? "", b[i]?.[part] ?? ""));
    if (found.includes(null)) return null;
    marked.forEach((side, s) => side.push(found.map((sides) => sides[s])));
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
