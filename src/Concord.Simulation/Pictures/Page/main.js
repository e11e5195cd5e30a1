// The address keeps the view, so that a moment of a run can be shown to somebody else.
function setTheme(name) {
  document.documentElement.dataset.theme = name;
  paletteCache = null;
  logsShown = "";
  fillLegend();
  showPicked();
  changed();
}

let saving = 0;

function saveView() {
  clearTimeout(saving);
  saving = setTimeout(() => {
    const parts = [`t=${Math.round(view.from)}-${Math.round(view.to)}`.replace("=-", "=~")];
    const hidden = families.filter(family => family.present && !family.shown).map(family => family.name);
    if (view.step >= 0) { parts.push(`step=${view.step + 1}`); }
    if (view.pinned >= 0) { parts.push(`m=${view.pinned}`); }
    if (hidden.length > 0) { parts.push(`hide=${hidden.join(",")}`); }
    if (groupCount > 1) { parts.push(`group=${view.group}`); }
    history.replaceState(null, "", "#" + parts.join("&"));
  }, 250);
}

function loadView() {
  const asked = new URLSearchParams(location.hash.slice(1));
  settings.still = asked.has("still");
  for (const name of (asked.get("hide") ?? "").split(",")) {
    const family = families.find(each => each.name === name);
    if (family) { family.shown = false; }
  }
  if (asked.has("group")) { view.group = Number(asked.get("group")); }
  const system = matchMedia("(prefers-color-scheme: dark)");
  setTheme(asked.get("theme") ?? (system.matches ? "dark" : "light"));
  system.addEventListener("change", () => setTheme(system.matches ? "dark" : "light"));
  return asked;
}

function openView(asked) {
  measureCanvas();
  view.from = -end * 0.015;
  view.to = end * 1.015;
  if (asked.has("step")) {
    settings.still = true;
    goToStep(Number(asked.get("step")) - 1);
    settings.still = asked.has("still");
  } else if (steps.length > 0 && !asked.has("t")) {
    settings.still = true;
    goToStep(0);
    settings.still = asked.has("still");
  }
  const part = /^(~?\d+)-(\d+)$/.exec(asked.get("t") ?? "");
  if (part) {
    gliding++;
    view.from = Number(part[1].replace("~", "-"));
    view.to = Number(part[2]);
  }
  if (asked.has("m")) { pin(Number(asked.get("m"))); }
  if (asked.has("at")) {
    const [px, py] = asked.get("at").split(",").map(Number);
    requestAnimationFrame(() => hoverAt(px, py));
  }
  changed();
}

document.getElementById("theme").addEventListener("click", () =>
  setTheme(document.documentElement.dataset.theme === "dark" ? "light" : "dark"));
document.getElementById("zoom-in").addEventListener("click", () => zoom(1.6));
document.getElementById("zoom-out").addEventListener("click", () => zoom(1 / 1.6));
document.getElementById("zoom-fit").addEventListener("click", fit);
document.getElementById("zoom-one").addEventListener("click", oneToOne);
document.getElementById("step-on").addEventListener("click", () => goToStep(view.step + 1));
document.getElementById("step-back").addEventListener("click", () => goToStep(view.step - 1));
document.getElementById("unpin").addEventListener("click", () => pin(-1));
new ResizeObserver(() => changed()).observe(canvas);

const asked = loadView();
fillAbout();
fillSteps();
fillFamilies();
fillGroups();
openView(asked);
