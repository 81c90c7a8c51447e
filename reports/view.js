/* What `harness view` adds to the page of all runs: how far the runs are that are under way, as they continue. */

const section = document.getElementById("unfinished");
const list = section.querySelector("ul");
const ended = document.getElementById("ended");
let underWay = [...list.children].filter((item) => item.querySelector(".under-way")).map((item) => item.dataset.run);

function element(tag, className, text) {
  const made = document.createElement(tag);
  made.className = className;
  made.textContent = text;
  return made;
}

function itemOf(run) {
  const item = document.createElement("li");
  item.dataset.run = run.id;
  const state = element("span", `state ${run.state.replace(" ", "-")}`, run.state);
  item.append(element("b", "", run.name), " ", state, element("span", "line", run.line));
  if (run.total) {
    const bar = document.createElement("progress");
    bar.max = run.total;
    bar.value = run.done;
    bar.setAttribute("aria-label", run.name);
    item.append(bar);
  }
  return item;
}

function show(event) {
  const runs = JSON.parse(event.data);
  const listed = new Set(runs.map((run) => run.id));
  list.replaceChildren(...runs.map(itemOf));
  if (underWay.some((id) => !listed.has(id))) {
    const again = element("a", "", "load this page again to see it");
    again.href = "";
    ended.replaceChildren("A run has ended: ", again, ".");
    ended.hidden = false;
  }
  underWay = runs.filter((run) => run.state === "under way").map((run) => run.id);
  section.hidden = !runs.length && ended.hidden;
}

new EventSource("progress").addEventListener("message", show);
