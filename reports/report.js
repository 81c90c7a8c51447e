/* What JavaScript adds to the report: a filter of cases, keys to step through them, and links that open their
   place. Without it everything is still on the page. It sends nothing and stores nothing. */
"use strict";

const form = document.getElementById("filter");
const keys = document.getElementById("keys");
const keysOn = document.getElementById("keys-on");
const FATES = { lost: "lost", won: "won", unscored: "unscored", lower: "lower", wrong: "wrong on both sides", higher: "higher", pinned: "pinned, not passed" };

/* One entry for each case on the page. The text is taken when the browser has nothing to do, or when it is first searched. */
const cases = [...document.querySelectorAll(".group .pair, .group .short > li")].map((element) => {
  const group = element.closest(".group");
  const gate = element.closest(".gate");
  return { element, group, gate: gate.id, fate: group.dataset.fate, tags: wordsOf(element, ".tag"), categories: wordsOf(element, ".category"), text: null };
});
const groups = [...new Set(cases.map((one) => one.group))];
const gates = [...new Set(groups.map((group) => group.closest(".gate")))];
const parts = document.querySelectorAll(".cases .part");
const sections = document.querySelectorAll(".cases section");
const wasOpen = new Map(groups.map((group) => [group, group.open]));
let isFiltered = false;
let current = null;

function wordsOf(element, selector) {
  return [...element.querySelectorAll(selector)].map((found) => found.textContent);
}

function textOf(one) {
  one.text ??= one.element.textContent.toLowerCase();
  return one.text;
}

/* The filter */

function fill(name, values, label = (value) => value) {
  const select = form.elements[name];
  for (const value of values) select.add(new Option(label(value), value));
  select.closest("label").hidden = values.length < 2;
}

function nameOfGate(id) {
  const gate = document.getElementById(id);
  const whole = gate.closest(".slices");
  const name = gate.querySelector("header > :first-child").textContent;
  return whole ? `${whole.querySelector("header > :first-child").textContent}: ${name}` : name;
}

function apply() {
  const { gate, fate, tag, category, moved, text } = form.elements;
  const only = new Set(moved.value.split(" "));
  const words = text.value.toLowerCase().split(/\s+/).filter(Boolean);
  const matches = (one) =>
    (!gate.value || one.gate === gate.value) &&
    (!fate.value || one.fate === fate.value) &&
    (!tag.value || one.tags.includes(tag.value)) &&
    (!category.value || one.categories.includes(category.value)) &&
    (!moved.value || only.has(one.element.id)) &&
    words.every((word) => textOf(one).includes(word));
  const wants = Boolean(gate.value || fate.value || tag.value || category.value || moved.value || words.length);
  const left = new Set();
  let found = 0;
  for (const one of cases) {
    const fits = !wants || matches(one);
    if (one.element.hidden === fits) one.element.hidden = !fits;
    if (fits) {
      found += 1;
      left.add(one.group);
    }
  }
  for (const group of groups) {
    if (wants && !isFiltered) wasOpen.set(group, group.open);
    group.hidden = !left.has(group);
    if (wants) group.open = left.has(group);
    else if (isFiltered) group.open = wasOpen.get(group);
  }
  if (wants) for (const part of parts) part.open = true;
  document.body.classList.toggle("filtered", wants);
  for (const section of sections) section.classList.toggle("without", wants && !section.querySelector(".group:not([hidden])"));
  isFiltered = wants;
  if (wants) window.scrollTo(0, form.parentElement.offsetTop);
  form.elements.found.value = `${found.toLocaleString("en")} of ${cases.length.toLocaleString("en")} cases on this page`;
}

function clear() {
  form.reset();
  apply();
}

/* A number in a table of moves shows its cases, each once, where all of them are on the page. Else it is a plain link. */
function showMoved(event) {
  const link = event.target.closest(".moves a[data-cases]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  form.reset(); // applies the filter after this, with what is set below
  const { moved } = form.elements;
  moved.length = 1;
  moved.add(new Option(link.dataset.move, link.dataset.cases));
  moved.closest("label").hidden = false;
  moved.value = link.dataset.cases;
}

/* Stepping and links */

function show(element) {
  for (let around = element.parentElement; around; around = around.parentElement) {
    if (around.tagName === "DETAILS") around.open = true;
  }
  element.tabIndex = -1;
  element.focus({ preventScroll: true });
  element.scrollIntoView({ block: "start" });
}

function step(by) {
  const visible = cases.filter((one) => !one.element.hidden);
  if (!visible.length) return;
  const place = visible.findIndex((one) => one.element === current);
  const next = place < 0 ? (by > 0 ? 0 : visible.length - 1) : place + by;
  if (!visible[next]) return;
  current = visible[next].element;
  history.replaceState(null, "", `#${current.id}`);
  show(current);
}

/* A link can come from a comment about this run, or about another one: then its case may not be on this page. */
function openTarget() {
  const name = nameInAddress();
  const target = name && document.getElementById(name);
  if (name.startsWith("case-") && !target) {
    form.elements.found.value = "The linked case is not on this page: it neither flipped nor fell, or there was no room.";
    form.scrollIntoView({ block: "start" });
  }
  if (!target) return;
  if (target.closest(".group")?.hidden || target.closest(".without")) clear();
  if (cases.some((one) => one.element === target)) {
    if (target.hidden) clear();
    current = target;
    show(target);
  } else if (name.startsWith("case-")) show(target);
  else if (target.tagName === "DETAILS") target.open = true;
  else for (const part of target.querySelectorAll(":scope > .part")) part.open = true;
}

/* What is after # in the address; nothing where it can't be read. */
function nameInAddress() {
  try {
    return decodeURIComponent(location.hash.slice(1));
  } catch {
    return "";
  }
}

/* Marks the part in the contents that one reads: the last that begins above a third of the window. */
const contents = [...document.querySelectorAll("#contents a")];
const begins = contents.map((link) => document.getElementById(link.hash.slice(1)));

function follow() {
  const line = window.innerHeight / 3;
  let here = -1;
  begins.forEach((part, place) => {
    if (part && part.id !== "one-page" && part.getClientRects().length && part.getBoundingClientRect().top <= line) here = place;
  });
  contents.forEach((link, place) => {
    if (place === here) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  });
}

let isWaiting = false;
window.addEventListener("scroll", () => {
  if (isWaiting) return;
  isWaiting = true;
  requestAnimationFrame(() => {
    isWaiting = false;
    follow();
  });
}, { passive: true });
follow();

/* The style sheet prints one page where the address names it; this opens the print dialog, too. */
document.querySelector("#contents .to-print a").addEventListener("click", () => setTimeout(() => window.print()));

/* A category in a table shows its cases, where some of them are on the page. */
function linkCategories() {
  const known = new Set([...form.elements.category.options].map((option) => option.value).filter(Boolean));
  for (const head of document.querySelectorAll(".categories tbody th")) {
    if (!known.has(head.textContent)) continue;
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = head.textContent;
    button.title = "Show the cases of this category";
    button.addEventListener("click", () => {
      form.reset(); // applies the filter after this, with what is set below
      form.elements.category.value = button.textContent;
    });
    head.replaceChildren(button);
  }
}

const ACTIONS = {
  j: () => step(1),
  k: () => step(-1),
  "/": () => form.elements.text.focus(),
  c: clear,
  "?": () => keys.showModal(),
};

function press(event) {
  const isTyping = event.target.closest("input, select, textarea, dialog");
  if (event.ctrlKey || event.metaKey || event.altKey || isTyping || !keysOn.checked) return;
  const action = ACTIONS[event.key];
  if (!action) return;
  event.preventDefault();
  action();
}

function sorted(lists) {
  return [...new Set(lists.flat())].sort();
}

if (cases.length) {
  fill("gate", gates.map((gate) => gate.id), nameOfGate);
  fill("fate", [...new Set(cases.map((one) => one.fate))], (fate) => FATES[fate]);
  fill("tag", sorted(cases.map((one) => one.tags)));
  fill("category", sorted(cases.map((one) => one.categories)));
  form.hidden = false;
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("input", apply);
  form.addEventListener("reset", () => setTimeout(apply)); // the fields are emptied after this event
  form.elements.keys.addEventListener("click", () => keys.showModal());
  document.addEventListener("click", showMoved);
  document.addEventListener("keydown", press);
  window.addEventListener("hashchange", openTarget);
  linkCategories();
  apply();
  openTarget();
  (window.requestIdleCallback ?? setTimeout)(() => cases.forEach(textOf));
}
