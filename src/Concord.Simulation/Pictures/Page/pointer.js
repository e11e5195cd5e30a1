// Mouse, touch and keys.
const tip = document.getElementById("tip");
const fingers = new Map();
let moved = false;
let pinch = 0;

function placeTip(px, py) {
  const margin = 14;
  const left = px + margin + tip.offsetWidth > view.width ? px - margin - tip.offsetWidth : px + margin;
  const top = py + margin + tip.offsetHeight > view.height ? py - margin - tip.offsetHeight : py + margin;
  tip.style.left = Math.max(4, left) + "px";
  tip.style.top = Math.max(4, top) + "px";
}

function operationAt(px, py) {
  const below = py - (view.height - clientsHeight() + 6);
  const client = Math.floor(below / clientRow);
  const row = clientRows === 1 ? 0 : Math.floor((below - client * clientRow) / operationRow);
  const t = timeAt(px);
  if (client < 0 || client >= title.clients) {
    return -1;
  }
  for (let i = 0; i < operations.t.length; i++) {
    if (operations.client[i] === client && operations.row[i] === row && operations.t[i] <= t
      && operations.u[i] >= t) {
      return i;
    }
  }
  return -1;
}

function markAt(px, py) {
  for (let i = 0; i < marks.t.length; i++) {
    const level = marks.lane[i] < 0 ? axisHeight - 4 : laneTop(marks.lane[i]) + laneHeight() * 0.4;
    if (Math.abs(x(marks.t[i]) - px) < 6 && Math.abs(level - py) < 9) {
      return i;
    }
  }
  return -1;
}

function promiseAt(px, py) {
  for (let i = rowsThrough(promises.t, timeAt(px - 8)); i < promises.t.length && x(promises.t[i]) < px + 8; i++) {
    if (shownGroups().includes(promises.group[i])
      && Math.abs(y(promises.lane[i], promises.group[i]) - py) < 8 && Math.abs(x(promises.t[i]) - px) < 8) {
      return i;
    }
  }
  return -1;
}

function hoverAt(px, py) {
  view.cursor = px > gutter ? Math.max(0, Math.min(end, timeAt(px))) : null;
  const over = py > axisHeight ? messageAt(px, py) : -1;
  view.hover = over;
  const operation = over < 0 ? operationAt(px, py) : -1;
  const mark = over < 0 && operation < 0 ? markAt(px, py) : -1;
  const promise = over < 0 && operation < 0 && mark < 0 ? promiseAt(px, py) : -1;
  canvas.classList.toggle("over", over >= 0);
  tip.hidden = over < 0 && operation < 0 && mark < 0 && promise < 0;
  if (!tip.hidden) {
    tip.replaceChildren(over >= 0 ? describe(over, true)
      : make("div", "", operation >= 0
        ? `client ${operations.client[operation]}: ${texts[operations.text[operation]]}, `
          + time(operations.u[operation] - operations.t[operation], 2)
        : mark >= 0 ? `${words(texts[marks.text[mark]])}, ${time(marks.t[mark], 2)}`
          : `${lanes[promises.lane[promise]]} promises ${stampName(promises.term[promise])}: from here on it accepts `
            + `nothing under a lower ballot, ${time(promises.t[promise], 2)}`));
    placeTip(px, py);
  }
  changed();
}

function leave() {
  view.cursor = null;
  view.hover = -1;
  tip.hidden = true;
  changed();
}

function local(event) {
  const box = canvas.getBoundingClientRect();
  return [event.clientX - box.left, event.clientY - box.top];
}

canvas.addEventListener("pointerdown", event => {
  gliding++;
  fingers.set(event.pointerId, local(event));
  canvas.setPointerCapture(event.pointerId);
  moved = false;
  pinch = 0;
});

canvas.addEventListener("pointermove", event => {
  const at = local(event);
  const before = fingers.get(event.pointerId);
  if (!before) {
    hoverAt(...at);
    return;
  }
  fingers.set(event.pointerId, at);
  const perPixel = (view.to - view.from) / (view.width - gutter - 16);
  if (fingers.size === 2) {
    const [first, second] = [...fingers.values()];
    const distance = Math.abs(first[0] - second[0]) + 1;
    if (pinch > 0) {
      zoom(distance / pinch, timeAt((first[0] + second[0]) / 2));
    }
    pinch = distance;
    moved = true;
  } else if (moved || Math.abs(at[0] - before[0]) > 2) {
    moved = true;
    canvas.classList.add("dragging");
    tip.hidden = true;
    pan((before[0] - at[0]) * perPixel);
  } else {
    fingers.set(event.pointerId, before);
  }
});

function lift(event) {
  const at = fingers.get(event.pointerId);
  fingers.delete(event.pointerId);
  pinch = 0;
  canvas.classList.remove("dragging");
  if (event.type === "pointerup" && at && !moved) {
    hoverAt(...at);
    if (view.hover >= 0) {
      pin(view.hover === view.pinned ? -1 : view.hover);
    } else if (at[1] <= axisHeight && steps.length > 0) {
      goToStep(steps.findIndex(step => step.t <= timeAt(at[0]) && timeAt(at[0]) < step.u));
    } else {
      view.pinned = -1;
      view.pinnedAt = view.pinnedAt === null ? view.cursor : null;
      showPicked();
      changed();
    }
  }
}
canvas.addEventListener("pointerup", lift);
canvas.addEventListener("pointercancel", lift);
canvas.addEventListener("pointerleave", leave);
canvas.addEventListener("dblclick", event => zoom(2.5, timeAt(local(event)[0])));
canvas.addEventListener("wheel", event => {
  event.preventDefault();
  gliding++;
  const unit = event.deltaMode === 1 ? 16 : 1;
  if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
    pan((event.deltaX || event.deltaY) * unit * (view.to - view.from) / view.width);
  } else {
    zoom(Math.pow(1.0022, -event.deltaY * unit), timeAt(local(event)[0]));
  }
}, { passive: false });

/** The next message that is shown, before or behind the one in hand. */
function walk(direction) {
  const from = view.pinned >= 0 ? view.pinned
    : rowsThrough(messages.t, view.pinnedAt ?? view.from) - (direction > 0 ? 1 : 0);
  for (let i = from + direction; i >= 0 && i < messages.t.length; i += direction) {
    if (isShown(i)) {
      pin(i);
      document.getElementById("spoken").textContent =
        `${lanes[messages.from[i]]} to ${lanes[messages.to[i]]}: ${texts[messages.text[i]]}`;
      if (messages.t[i] < view.from || messages.u[i] > view.to) {
        const length = view.to - view.from;
        glideTo(messages.t[i] - length / 2, messages.t[i] + length / 2);
      }
      return;
    }
  }
}

const keys = {
  ArrowLeft: () => pan(-(view.to - view.from) * 0.12), ArrowRight: () => pan((view.to - view.from) * 0.12),
  "+": () => zoom(1.5), "=": () => zoom(1.5), "-": () => zoom(1 / 1.5), 0: fit, 1: oneToOne,
  n: () => walk(1), p: () => walk(-1), "]": () => goToStep(view.step + 1), "[": () => goToStep(view.step - 1),
  Enter: () => pin(view.hover >= 0 ? view.hover : view.pinned), Escape: () => pin(-1),
  Home: () => pan(-end), End: () => pan(end),
};
addEventListener("keydown", event => {
  const inField = /^(SELECT|INPUT|BUTTON)$/.test(event.target.tagName) || event.target.classList?.contains("step");
  const act = keys[event.key];
  if (act && !event.ctrlKey && !event.metaKey && !event.altKey && !(inField && /^(Enter|Arrow)/.test(event.key))) {
    event.preventDefault();
    act();
  }
});

const overview = document.getElementById("overview");
function jump(event) {
  if (event.buttons > 0) {
    gliding++;
    const box = overview.getBoundingClientRect();
    const t = (event.clientX - box.left - gutter) / (box.width - gutter - 16) * end;
    const half = (view.to - view.from) / 2;
    view.from = t - half;
    view.to = t + half;
    changed();
  }
}
overview.addEventListener("pointerdown", event => {
  overview.setPointerCapture(event.pointerId);
  jump(event);
});
overview.addEventListener("pointermove", jump);
