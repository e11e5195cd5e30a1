// What part of the run is seen, and where on the canvas it lies.
const canvas = document.getElementById("canvas");
const pen = canvas.getContext("2d");
const gutter = 64;
const axisHeight = 34;

// Where there is room, operations have words: in a story there are few.
const hasWideRows = clientRows === 1 || steps.length > 0;
const operationRow = hasWideRows ? 15 : 5;
const clientRow = clientRows * operationRow + (clientRows === 1 ? 0 : 4);
const view = { from: 0, to: end, group: groupCount > 1 ? 0 : -1, cursor: null, pinnedAt: null, hover: -1, pinned: -1,
  step: -1, width: 0, height: 0, ratio: 1 };
let paletteCache = null;

function clampView() {
  const least = 200;
  const most = end * 1.04;
  let length = Math.min(Math.max(view.to - view.from, least), most);
  const middle = (view.from + view.to) / 2;
  view.from = middle - length / 2;
  view.to = middle + length / 2;
  const slack = end * 0.02;
  if (view.from < -slack) {
    view.from = -slack;
    view.to = view.from + length;
  }
  if (view.to > end + slack) {
    view.to = end + slack;
    view.from = view.to - length;
  }
}

function x(t) {
  return gutter + (t - view.from) / (view.to - view.from) * (view.width - gutter - 16);
}

function timeAt(px) {
  return view.from + (px - gutter) / (view.width - gutter - 16) * (view.to - view.from);
}

function clientsHeight() {
  return title.clients > 0 ? title.clients * clientRow + 26 : 8;
}

function laneHeight() {
  return (view.height - axisHeight - clientsHeight()) / lanes.length;
}

function laneTop(lane) {
  return axisHeight + lane * laneHeight();
}

/** The groups that are drawn, each with a line of its own. */
function shownGroups() {
  return view.group >= 0 ? [view.group] : groupCount > 1 ? [...Array(groupCount).keys()] : [0];
}

function y(lane, group) {
  const shown = shownGroups();
  const room = shown.length > 1 ? Math.min(14, laneHeight() / (shown.length + 1)) : 0;
  const place = shown.indexOf(group);
  return laneTop(lane) + laneHeight() * 0.4 + (place - (shown.length - 1) / 2) * room;
}

function zoom(factor, around) {
  const t = around === undefined ? (view.from + view.to) / 2 : around;
  view.from = t - (t - view.from) / factor;
  view.to = t + (view.to - t) / factor;
  changed();
}

function pan(by) {
  view.from += by;
  view.to += by;
  changed();
}

let gliding = 0;

/** Goes to a part of the run, in a moment that the eye can follow. */
function glideTo(from, to) {
  const [startFrom, startTo] = [view.from, view.to];
  const began = performance.now();
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches || settings.still;
  const run = ++gliding;
  const move = now => {
    if (run !== gliding) {
      return;
    }
    const part = still ? 1 : Math.min(1, (now - began) / 320);
    const eased = 1 - Math.pow(1 - part, 3);
    view.from = startFrom + (from - startFrom) * eased;
    view.to = startTo + (to - startTo) * eased;
    changed();
    if (part < 1) {
      requestAnimationFrame(move);
    }
  };
  move(began);
}

function fit() {
  glideTo(-end * 0.015, end * 1.015);
}

/** So near that an ordinary message is some eighty pixels long. */
function oneToOne() {
  const length = meanFlight * (view.width - gutter) / 90;
  const t = view.pinnedAt ?? (view.from + view.to) / 2;
  glideTo(t - length / 2, t + length / 2);
}

// Colour is the term or the ballot, and nothing else is: neighbours are far apart on the wheel.
const hues = [250, 62, 155, 320, 205, 105, 290, 40, 180, 345];

function palette() {
  if (paletteCache) {
    return paletteCache;
  }
  const style = getComputedStyle(document.documentElement);
  const colour = name => style.getPropertyValue("--" + name).trim();
  const dark = document.documentElement.dataset.theme === "dark";
  paletteCache = {
    dark, paper: colour("paper"), card: colour("card"), ink: colour("ink"), muted: colour("muted"),
    line: colour("line"), soft: colour("soft"), lost: colour("lost"), warn: colour("warn"), focus: colour("focus"),
    sans: colour("sans"), mono: colour("mono"),
  };
  return paletteCache;
}

function termHue(term) {
  return hues[((ballotPlaces.get(term) ?? term) + hues.length - 1) % hues.length];
}

/** For lines and arrows. */
function termColour(term) {
  if (term === 0) {
    return palette().muted;
  }
  return `oklch(${palette().dark ? 0.74 : 0.58} 0.125 ${termHue(term)})`;
}

/** For the ground of a cell. */
function termGround(term) {
  if (term === 0) {
    return palette().soft;
  }
  return palette().dark ? `oklch(0.42 0.085 ${termHue(term)})` : `oklch(0.885 0.065 ${termHue(term)})`;
}

/** For text on that ground. */
function termInk(term) {
  if (term === 0) {
    return palette().muted;
  }
  return palette().dark ? `oklch(0.95 0.03 ${termHue(term)})` : `oklch(0.34 0.09 ${termHue(term)})`;
}
