// Everything beside the diagram.
const byId = id => document.getElementById(id);

function make(name, className, text) {
  const element = document.createElement(name);
  if (className) { element.className = className; }
  if (text !== undefined) { element.textContent = text; }
  return element;
}

function badge(term, text) {
  const element = make("span", "badge", text ?? stampName(term));
  element.style.background = termGround(term);
  element.style.color = termInk(term);
  return element;
}

/** The end of a log as cells; colour is the term or ballot, the bar below says what is committed. */
function cells(lane, group, t, most) {
  const log = logAt(lane, group, t);
  const state = stateAt(lane, group, t);
  const row = make("div", tellsValues ? "cells tall" : "cells");
  const first = Math.max(0, log.length - most);
  if (first > 0) {
    row.append(make("span", "more", `${first} before`));
  }
  for (let i = first; i < log.length; i++) {
    const cell = cellOf(placeOf(log, i, state), i + 1);
    cell.classList.toggle("first", i === first);
    cell.classList.toggle("last", i + 1 === state.commit || i + 1 === log.length);
    row.append(cell);
  }
  if (log.length === 0) {
    row.append(make("span", "more", "nothing"));
  }
  return row;
}

function cellOf(place, number) {
  const { term, origin } = place;
  const cell = make("span", "cell", place.isHole ? "" : term === 0 ? "·" : stampShort(term));
  cell.title = place.isHole ? `${number}: a hole, nothing was accepted here`
    : isBallot(term) ? `${number}, accepted under ${stampName(term)}`
      + `${origin > 0 ? `, first proposed under ${stampName(origin)}` : ""}: ${place.text}`
      : `${number}, term ${term}: ${place.text}`;
  if (tellsValues && !place.isHole) {
    cell.replaceChildren(make("b", "", place.text), make("small", "", stampShort(term)));
  }
  if (!place.isHole) {
    cell.style.background = place.isFull ? termColour(term) : termGround(term);
    cell.style.borderColor = termColour(term);
    cell.style.color = place.isFull ? "var(--card)" : termInk(term);
  }
  if (origin > 0) {
    cell.classList.add("again");
    cell.style.setProperty("--origin", termColour(origin));
  }
  cell.classList.toggle("hole", place.isHole);
  cell.classList.toggle("soft", place.isSoft && !place.isHole);
  cell.classList.toggle("committed", place.isChosen);
  return cell;
}

function replicaRow(lane, group, t, most) {
  const state = stateAt(lane, group, t);
  const row = make("div", "row");
  row.append(make("span", "name", lanes[lane]));
  if (!state) {
    row.append(make("span", "role", "not started"));
    return row;
  }
  row.classList.toggle("down", state.role === Role.down);
  row.append(cells(lane, group, t, most));
  const role = make("div", "role");
  role.append(badge(state.term), ` ${roleNames[state.role]}`);
  if (state.role !== Role.down) {
    role.append(` · ${hasBallots ? "chosen to" : "committed"} ${state.commit} · applied ${state.applied}`);
  }
  row.append(role);
  return row;
}

let logsShown = "";

function showLogs() {
  const t = Math.max(0, Math.min(end, view.pinnedAt ?? view.cursor ?? view.to));
  const shown = `${t} ${view.group} ${palette().dark}`;
  if (shown === logsShown) {
    return;
  }
  logsShown = shown;
  byId("when").textContent = (view.pinnedAt === null ? "at " : "pinned at ") + time(t);
  byId("logs").replaceChildren(...shownGroups().flatMap(group => {
    const rows = lanes.map((_, lane) => replicaRow(lane, group, t, steps.length > 0 ? 12 : hasBallots ? 6 : 9));
    return shownGroups().length > 1 ? [make("h2", "muted", title.groups[group]), ...rows] : rows;
  }));
}

function describe(i, withEnds) {
  const box = make("div");
  const what = make("div", "what");
  what.append(`${lanes[messages.from[i]]} → ${lanes[messages.to[i]]}`, badge(messages.term[i]),
    make("span", "muted", raw.kinds[messages.kind[i]]));
  box.append(what, make("div", "said", texts[messages.text[i]]));
  const times = make("div", "times");
  times.append(`sent ${time(messages.t[i], 2)}, `);
  const fate = messages.fate[i] & 7;
  const flight = time(messages.u[i] - messages.t[i], 2);
  if (fate === Fate.arrived) {
    times.append(`${flight} under way`);
  } else {
    times.append(make("span", "lost", fate === Fate.lostOnTheWay ? "lost on the way"
      : fate === Fate.lostAtTheEnd ? `came after ${flight} and was lost: nobody there, or the link cut`
        : "still under way at the end"));
  }
  if (messages.fate[i] & Fate.copy) { times.append(", a second copy"); }
  if (messages.fate[i] & Fate.broughtBack) { times.append(", an old one that came again"); }
  if (groupCount > 1) { times.append(`, ${title.groups[messages.group[i]]}`); }
  box.append(times);
  if (withEnds) {
    const both = make("div", "ends");
    both.append(replicaRow(messages.from[i], messages.group[i], messages.t[i], 6));
    if (fate === Fate.arrived) {
      both.append(replicaRow(messages.to[i], messages.group[i], messages.u[i], 6));
    }
    box.append(both);
  }
  return box;
}

function showPicked() {
  byId("picked").hidden = view.pinned < 0;
  if (view.pinned >= 0) {
    byId("message").replaceChildren(describe(view.pinned, true));
  }
}

function pin(i) {
  view.pinned = i;
  view.pinnedAt = i >= 0 ? ((messages.fate[i] & 7) === Fate.arrived ? messages.u[i] : messages.t[i]) : null;
  showPicked();
  changed();
}

function goToStep(number) {
  if (steps.length === 0) {
    return;
  }
  view.step = Math.max(0, Math.min(steps.length - 1, number));
  const step = steps[view.step];
  view.pinned = -1;

  // Just before the next step begins: its first event may fall on the same moment.
  view.pinnedAt = step.u - 1;
  showPicked();
  [...byId("steps").children].forEach((each, i) => {
    each.classList.toggle("now", i === view.step);
    each.setAttribute("aria-current", i === view.step ? "step" : "false");
  });
  const shown = byId("steps").children[view.step];
  if (innerWidth > 980) {
    shown.scrollIntoView({ block: "nearest" });
  }
  const margin = (step.u - step.t) * 0.04 + 4000;
  glideTo(step.t - margin, step.u + margin);
}

function fillSteps() {
  byId("story").hidden = steps.length === 0;
  steps.forEach((step, i) => {
    const item = make("li", "step");
    item.tabIndex = 0;
    item.append(make("span", "number", i + 1), make("b", "", step.title), make("p", "", step.text));
    item.addEventListener("click", () => goToStep(i));
    item.addEventListener("keydown", event => {
      if (event.key === "Enter" || event.key === " ") {
        event.preventDefault();
        goToStep(i);
      }
    });
    byId("steps").append(item);
  });
}

function fillAbout() {
  byId("title").textContent = title.title;
  byId("lead").textContent = title.lead;
  byId("command").textContent = title.command;
  const outcome = byId("outcome");
  outcome.hidden = steps.length > 0;
  outcome.textContent = title.rule ? "a rule did not hold" : "every rule held";
  outcome.classList.toggle("bad", Boolean(title.rule));
  byId("violation").hidden = !title.rule;
  byId("rule").textContent = title.rule ?? "";
  byId("detail").textContent = title.detail ?? "";
  for (const [name, value] of title.settings) {
    byId("settings").append(make("dt", "", words(name)), make("dd", "", value));
  }
}

function fillFamilies() {
  families.forEach(family => {
    if (!family.present) {
      return;
    }
    const button = make("button", "", family.name);
    button.setAttribute("aria-pressed", String(family.shown));
    button.title = `Show or hide ${family.name}`;
    button.addEventListener("click", () => {
      family.shown = !family.shown;
      button.setAttribute("aria-pressed", String(family.shown));
      changed();
    });
    family.button = button;
    byId("families").append(button);
  });
}

function fillGroups() {
  byId("group-choice").hidden = groupCount < 2;
  const choice = byId("groups");
  title.groups.forEach((name, i) => choice.append(new Option(name, i)));
  choice.append(new Option("all", -1));
  choice.value = view.group;
  choice.addEventListener("change", () => {
    view.group = Number(choice.value);
    changed();
  });
}

function showSpan() {
  byId("span").textContent = `${time(Math.max(0, view.from))} – ${time(Math.min(end, view.to))}`;
}
