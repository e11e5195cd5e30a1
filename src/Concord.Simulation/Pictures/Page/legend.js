// What the signs mean.
const legendLines = [
  ["M2 8H60", `follower: a thin line; its colour is its ${reignWord}`, 1, 3],
  ["M2 8H60", `candidate: asks for ${hasBallots ? "promises" : "votes"}`, 2, 4, "5 3"],
  ["M2 8H60", "leader: a thick line", 2, 9],
  ["M2 8H60", "down; ✕ crashed, ○ started again", 0, 1.2, "1 4"],
  ["M2 3L54 14", hasBallots ? "values that the leader proposes" : "entries sent by the leader", 2, 2],
  ["M2 3L54 14", "the answers", 2, 1.1],
  ["M2 3L54 14", `${hasBallots ? "promises" : "votes"}, asked for and given`, 1, 1.7, "7 4"],
  ["M2 3L54 14", "heartbeats", 2, 1.2, "2 3"],
  ...hasBallots ? [["M2 3L54 14", "learning what was chosen, from anybody", 2, 1.5, "9 3 2 3"]] : [],
];

function fillLegend() {
  const legend = byId("legend");
  legend.replaceChildren();
  for (const [path, text, term, width, dash] of legendLines) {
    const colour = term === 0 ? palette().muted : termColour(term);
    const head = path.includes("L") ? `<path d="M60 15.4l-8-.2 1.7-4.6z" style="fill:${colour}"/>` : "";
    const sign = make("span");
    sign.innerHTML = `<svg width="62" height="17" aria-hidden="true"><path d="${path}" stroke-width="${width}"
      style="stroke:${colour};fill:none" stroke-dasharray="${dash ?? ""}"/>${head}</svg>`;
    legend.append(sign, make("span", "", text));
  }
  const lost = make("span");
  lost.innerHTML = `<svg width="62" height="17" aria-hidden="true"><path d="M2 3L38 11" stroke-width="2"
    style="stroke:${termColour(2)}"/><path d="M34 7l8 8m0-8l-8 8" stroke-width="1.8"
    style="stroke:${palette().lost}"/></svg>`;
  legend.append(lost, make("span", "", "a message that was lost"));
  if (hasBallots) {
    fillPaxosLegend(legend);
    return;
  }
  legend.append(legendCells([1, false, true], [2, false, false], [2, true, false]), make("span", "",
    "a log: one cell for each entry, its term inside. Underlined: committed. Dashed: not durable yet"));
}

/** Colours by the places that two ballots have here. */
function fillPaxosLegend(legend) {
  const ring = make("span");
  ring.innerHTML = `<svg width="62" height="17" aria-hidden="true"><path d="M2 8H28" stroke-width="3"
    style="stroke:${termColour(1)}"/><path d="M28 8H60" stroke-width="3" style="stroke:${termColour(2)}"/>
    <circle cx="36" cy="8" r="5" stroke-width="3" style="stroke:${termColour(2)};fill:${palette().card}"/></svg>`;
  legend.append(ring, make("span", "", "a promise is durable: from here on nothing under a lower ballot is accepted"));
  for (const [cells, text] of [
    [[[1, true]], "a place of the log: accepted, under the ballot inside. Dashed: not acknowledged yet, for it is not "
      + "durable or lies behind a hole"],
    [[[1, false], [2, false, false, 1]], "accepted. With a stripe: proposed again, first under that colour's ballot"],
    [[[0]], "a hole: nothing was accepted here"],
    [[[2, false, true]], "chosen, as far as this replica knows: filled and underlined"],
  ]) {
    legend.append(legendCells(...cells), make("span", "", text));
  }
}

function legendCells(...places) {
  const log = make("span", "cells");
  for (const [term, isSoft = false, isChosen = false, origin = 0] of places) {
    const cell = cellOf({ term, origin, isSoft, isChosen, isHole: term === 0, text: "",
      isFull: hasBallots && isChosen }, 1);
    cell.textContent = term === 0 ? "" : hasBallots ? `${term}.${term + 1}` : term;
    cell.removeAttribute("title");
    cell.style.minWidth = "19px";
    cell.style.padding = origin > 0 ? "0 2px 0 8px" : hasBallots ? "0 2px" : "0";
    cell.classList.add("first", "last");
    log.append(cell);
  }
  return log;
}
