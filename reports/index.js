/* What JavaScript adds to the page of all runs: a filter, and marks that name their run and lead to its report. Without
   it everything is still on the page. It sends nothing and stores nothing. */
"use strict";

const form = document.getElementById("filter");
const rows = [...document.querySelectorAll(".runs tbody tr")];
const lines = [...document.querySelectorAll(".gates tbody tr")];
const suites = [...document.querySelectorAll(".suite")];
const rowOf = new Map(rows.map((row) => [row.dataset.run, row]));
const OUTCOMES = new Map([["#p", "passed"], ["#i", "inconclusive"], ["#f", "failed"]]);

function outcomeOf(row) {
  return row.querySelector(".chip").textContent;
}

function has(numbers, number) {
  return numbers.split(" ").includes(number);
}

/* The filter */

function apply() {
  const wanted = (name) => form.elements[name]?.value ?? "";
  const [adapter, suite, tag, outcome] = ["adapter", "suite", "tag", "outcome"].map(wanted);
  const left = new Set();
  for (const row of rows) {
    const fits =
      (!adapter || row.dataset.adapter === adapter) &&
      (!suite || has(row.dataset.suites, suite)) &&
      (!tag || has(tag, row.dataset.tags)) &&
      (!outcome || outcomeOf(row) === outcome);
    row.hidden = !fits;
    if (fits) left.add(row.dataset.run);
  }
  const isFiltered = Boolean(adapter || suite || tag || outcome);
  for (const line of lines) {
    line.hidden = Boolean(tag) && !has(tag, line.dataset.tags);
    count(line, left, isFiltered);
  }
  for (const section of suites) {
    const isOther = Boolean(suite) && section.dataset.suite !== suite;
    section.hidden = isOther || !section.querySelector(".gates tbody tr:not([hidden])");
    const fold = section.querySelector("details");
    if (tag && fold?.querySelector("tbody tr:not([hidden])")) fold.open = true;
  }
  form.elements.found.value = `${left.size.toLocaleString("en")} of ${rows.length.toLocaleString("en")} runs`;
}

/* Shows the marks of the runs that are left, and how those ended. */
function count(line, left, isFiltered) {
  const ended = new Map();
  for (const mark of line.querySelectorAll("use[data-run]")) {
    const fits = left.has(mark.dataset.run);
    mark.toggleAttribute("hidden", !fits);
    const outcome = OUTCOMES.get(mark.getAttribute("href"));
    if (fits) ended.set(outcome, (ended.get(outcome) ?? 0) + 1);
  }
  const said = line.querySelector(".outcomes");
  said.dataset.all ??= said.textContent;
  const found = [...OUTCOMES.values()].filter((one) => ended.has(one)).map((one) => `${ended.get(one).toLocaleString("en")} ${one}`);
  said.textContent = isFiltered ? `marks shown: ${found.join(", ") || "none"}` : said.dataset.all;
}

/* Marks */

function name(event) {
  const mark = event.target.closest?.("use[data-run]");
  if (!mark || mark.firstChild) return;
  const cells = rowOf.get(mark.dataset.run).children;
  const title = document.createElementNS("http://www.w3.org/2000/svg", "title");
  const outcome = OUTCOMES.get(mark.getAttribute("href"));
  title.textContent = `run ${cells[0].textContent}, ${cells[2].firstChild.textContent.trim()}: ${outcome}`;
  mark.append(title);
}

function follow(event) {
  const mark = event.target.closest?.("use[data-run]");
  rowOf.get(mark?.dataset.run)?.querySelector("th a")?.click();
}

if (rows.length) {
  form.hidden = false;
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("input", apply);
  form.addEventListener("reset", () => setTimeout(apply)); // the fields are emptied after this event
  document.addEventListener("pointerover", name);
  document.addEventListener("click", follow);
  apply();
}
