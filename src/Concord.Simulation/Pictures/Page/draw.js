// The canvas, from back to front.
const settings = { still: false };
let drawPending = false;

function changed() {
  clampView();
  if (!drawPending) {
    drawPending = true;
    requestAnimationFrame(() => {
      drawPending = false;
      drawAll();
    });
  }
}

function measureCanvas() {
  view.ratio = window.devicePixelRatio || 1;
  view.width = canvas.clientWidth;
  view.height = canvas.clientHeight;
  canvas.width = Math.round(view.width * view.ratio);
  canvas.height = Math.round(view.height * view.ratio);
}

function drawAll() {
  if (canvas.clientWidth !== view.width || canvas.clientHeight !== view.height) {
    measureCanvas();
  }
  const p = palette();
  pen.setTransform(view.ratio, 0, 0, view.ratio, 0, 0);
  pen.fillStyle = p.card;
  pen.fillRect(0, 0, view.width, view.height);
  pen.save();
  pen.beginPath();
  pen.rect(gutter - 6, 0, view.width - gutter + 6, view.height);
  pen.clip();
  drawStepShade(p);
  drawCuts(p);
  drawGrid(p);
  drawSpans(p);
  const seen = drawMessages(p);
  roleLabels = [];
  for (let lane = 0; lane < lanes.length; lane++) {
    for (const group of shownGroups()) {
      drawLine(p, lane, group);
    }
  }
  const glyphs = drawLogs(p);
  drawPromises(p);
  drawLabels(p, seen, glyphs);
  drawRoleLabels(p);
  drawOperations(p);
  drawMarks(p);
  drawAxis(p);
  drawCursor(p);
  drawFocus(p);
  pen.restore();
  drawNames(p);
  drawOverview(p);
  showSpan();
  showLogs();
  saveView();
}

function drawStepShade(p) {
  const step = steps[view.step];
  if (step) {
    pen.fillStyle = p.soft;
    pen.globalAlpha = 0.55;
    pen.fillRect(x(step.t), axisHeight, x(step.u) - x(step.t), view.height - axisHeight);
    pen.globalAlpha = 1;
  }
}

const sideHues = [230, 40, 140, 300, 90, 190, 340];

function drawCuts(p) {
  for (const cut of cuts) {
    if (cut.u < view.from || cut.t > view.to) {
      continue;
    }
    const left = Math.max(x(cut.t), gutter - 6);
    const right = Math.min(x(cut.u), view.width);
    const sided = new Set(cut.sides).size > 1;
    for (let lane = 0; lane < lanes.length; lane++) {
      const colour = `oklch(${p.dark ? 0.6 : 0.7} 0.1 ${sideHues[cut.sides[lane] % sideHues.length]}`;
      pen.fillStyle = sided ? `${colour} / ${p.dark ? 0.13 : 0.11})` : p.soft;
      pen.globalAlpha = sided ? 1 : 0.8;
      pen.fillRect(left, laneTop(lane), right - left, laneHeight());
    }
    pen.globalAlpha = 1;
    pen.strokeStyle = p.line;
    pen.lineWidth = 1;
    pen.strokeRect(left + 0.5, axisHeight + 0.5, right - left - 1, laneHeight() * lanes.length);
    writeFitting(cut.text, left + 6, axisHeight + 13, right - left - 12, p.muted, "600 11px " + p.sans);
  }
}

function writeFitting(text, left, base, room, colour, font) {
  pen.font = font;
  pen.fillStyle = colour;
  pen.textAlign = "left";
  if (room < 24) {
    return;
  }
  let shown = text;
  while (shown.length > 1 && pen.measureText(shown).width > room) {
    shown = shown.slice(0, -2) + "…";
  }
  if (shown.length > 2) {
    pen.fillText(shown, left, base);
  }
}

function tickStep() {
  const wanted = (view.to - view.from) / Math.max(2, view.width / 130);
  const magnitude = Math.pow(10, Math.floor(Math.log10(wanted)));
  const factor = [1, 2, 5, 10].find(each => each * magnitude >= wanted);
  return factor * magnitude;
}

function drawGrid(p) {
  const step = tickStep();
  pen.strokeStyle = p.line;
  pen.lineWidth = 1;
  pen.globalAlpha = 0.6;
  pen.beginPath();
  for (let t = Math.max(0, Math.ceil(view.from / step) * step); t <= Math.min(view.to, end); t += step) {
    const px = Math.round(x(t)) + 0.5;
    pen.moveTo(px, axisHeight);
    pen.lineTo(px, view.height);
  }
  pen.stroke();
  pen.globalAlpha = 1;
}

function drawAxis(p) {
  pen.fillStyle = p.card;
  pen.fillRect(gutter - 6, 0, view.width, axisHeight - 0.5);
  pen.strokeStyle = p.line;
  pen.beginPath();
  pen.moveTo(0, axisHeight - 0.5);
  pen.lineTo(view.width, axisHeight - 0.5);
  pen.stroke();
  const step = tickStep();
  pen.font = "11.5px " + p.sans;
  pen.textAlign = "center";
  pen.fillStyle = p.muted;
  const digits = step >= 1e6 ? 0 : step >= 1e5 ? 1 : step >= 1e4 ? 2 : step >= 1e3 ? 3 : 6;
  const seconds = end > 2e6;
  for (let t = Math.max(0, Math.ceil(view.from / step) * step); t <= Math.min(view.to, end); t += step) {
    if (x(t) < gutter + 12 || x(t) > view.width - 24) {
      continue;
    }
    pen.fillText(seconds ? (t / 1e6).toFixed(digits) + " s"
      : (t / 1e3).toFixed(step >= 1e3 ? 0 : 2) + " ms", x(t), steps.length > 0 ? 28 : 22);
  }
  drawStepNumbers(p);
  drawFaultTicks(p);
}

function drawStepNumbers(p) {
  for (let i = 0; i < steps.length; i++) {
    const left = Math.max(x(steps[i].t), gutter);
    const right = Math.min(x(steps[i].u), view.width);
    if (right - left < 10) {
      continue;
    }
    const now = i === view.step;
    pen.fillStyle = now ? p.ink : p.line;
    pen.fillRect(left + 1, 4, right - left - 2, now ? 3 : 2);
    if (right - left > (now ? 34 : 90)) {
      writeFitting(`${i + 1}  ${steps[i].title}`, left + 3, 17, right - left - 8, now ? p.ink : p.muted,
        (now ? "650 " : "") + "11px " + p.sans);
    }
  }
}

function drawFaultTicks(p) {
  let free = 0;
  pen.textAlign = "left";
  for (let i = rowsThrough(marks.t, view.from) ; i < marks.t.length && marks.t[i] <= view.to; i++) {
    if (marks.kind[i] !== MarkKind.fault) {
      continue;
    }
    const px = x(marks.t[i]);
    pen.fillStyle = p.warn;
    pen.beginPath();
    pen.moveTo(px, axisHeight);
    pen.lineTo(px - 4, axisHeight - 7);
    pen.lineTo(px + 4, axisHeight - 7);
    pen.fill();
    const text = words(texts[marks.text[i]]);
    pen.font = "10.5px " + p.sans;
    if (px > free && steps.length === 0) {
      pen.fillStyle = p.warn;
      pen.fillText(text, px + 1, 9);
      free = px + pen.measureText(text).width + 8;
    }
  }
}

function drawSpans(p) {
  for (let i = 0; i < spans.t.length; i++) {
    if (spans.u[i] < view.from || spans.t[i] > view.to) {
      continue;
    }
    const left = Math.max(x(spans.t[i]), gutter - 6);
    const right = Math.min(x(spans.u[i]), view.width);
    const middle = laneTop(spans.lane[i]) + laneHeight() * 0.4;
    if (spans.kind[i] === SpanKind.paused) {
      hatch(left, middle - 15, right - left, 30, p.muted, 0.35);
      writeFitting("paused", left + 4, middle - 18, right - left - 8, p.muted, "11px " + p.sans);
    } else if (spans.kind[i] === SpanKind.diskStalled) {
      pen.fillStyle = p.warn;
      pen.globalAlpha = 0.6;
      pen.fillRect(left, middle + 8, right - left, 3);
      pen.globalAlpha = 1;
      writeFitting("slow disk", left + 4, middle + 21, right - left - 8, p.warn, "10.5px " + p.sans);
    }
  }
}

function hatch(left, top, width, height, colour, alpha) {
  pen.save();
  pen.beginPath();
  pen.rect(left, top, width, height);
  pen.clip();
  pen.strokeStyle = colour;
  pen.globalAlpha = alpha;
  pen.lineWidth = 1;
  pen.beginPath();
  for (let at = Math.floor(left / 7) * 7 - height; at < left + width; at += 7) {
    pen.moveTo(at, top + height);
    pen.lineTo(at + height, top);
  }
  pen.stroke();
  pen.restore();
}

function drawMarks(p) {
  for (let i = 0; i < marks.t.length; i++) {
    if (marks.t[i] < view.from || marks.t[i] > view.to) {
      continue;
    }
    const px = x(marks.t[i]);
    if (marks.kind[i] === MarkKind.healed) {
      upright(px, p.muted, [3, 4], 1);
      const text = "everything is healed";
      pen.font = "600 11px " + p.sans;
      const room = pen.measureText(text).width + 6;
      const left = px + room + 6 < view.width ? px + 6 : px - room;
      writeFitting(text, left, view.height - 8, room, p.muted, pen.font);
    } else if (marks.kind[i] === MarkKind.snapshot && x(marks.t[i] + 1e4) - px > 3) {
      const top = laneTop(marks.lane[i]) + laneHeight() * 0.4;
      pen.fillStyle = p.card;
      pen.strokeStyle = p.ink;
      pen.lineWidth = 1.2;
      pen.beginPath();
      pen.moveTo(px, top - 6);
      pen.lineTo(px + 5, top);
      pen.lineTo(px, top + 6);
      pen.lineTo(px - 5, top);
      pen.closePath();
      pen.fill();
      pen.stroke();
    }
  }
  if (title.rule && end >= view.from && end <= view.to) {
    upright(x(end), p.lost, [], 2);
    pen.font = "650 12px " + p.sans;
    const width = pen.measureText(title.rule).width + 12;
    pen.fillStyle = p.lost;
    pen.fillRect(x(end) - width, view.height - 24, width, 20);
    pen.fillStyle = p.card;
    pen.textAlign = "left";
    pen.fillText(title.rule, x(end) - width + 6, view.height - 10);
  }
}

function upright(px, colour, dash, width) {
  pen.strokeStyle = colour;
  pen.lineWidth = width;
  pen.setLineDash(dash);
  pen.beginPath();
  pen.moveTo(px, axisHeight);
  pen.lineTo(px, view.height);
  pen.stroke();
  pen.setLineDash([]);
}

function drawCursor(p) {
  const t = view.pinnedAt ?? view.cursor;
  if (t !== null && t >= view.from && t <= view.to) {
    upright(Math.round(x(t)) + 0.5, view.pinnedAt === null ? p.line : p.ink, [2, 3], 1);
  }
}

function drawNames(p) {
  pen.fillStyle = p.card;
  pen.fillRect(0, axisHeight, gutter - 6, view.height);
  const t = view.pinnedAt ?? view.cursor ?? view.to;
  for (let lane = 0; lane < lanes.length; lane++) {
    const state = stateAt(lane, shownGroups()[0], Math.min(t, end));
    const middle = laneTop(lane) + laneHeight() * 0.4;
    pen.fillStyle = p.ink;
    pen.textAlign = "left";
    pen.font = "650 15px " + p.sans;
    pen.fillText(lanes[lane], 14, middle + 5);
    if (state && shownGroups().length === 1) {
      pen.font = "11px " + p.sans;
      pen.fillStyle = state.role === Role.leader ? termColour(state.term) : p.muted;
      pen.fillText(state.role === Role.down ? "down" : stampName(state.term), 14, middle + 19);
    }
  }
  if (title.clients > 0) {
    pen.font = "11px " + p.sans;
    pen.fillStyle = p.muted;
    pen.fillText("clients", 14, view.height - clientsHeight() + 14);
  }
}

const overviewGround = document.createElement("canvas");
let overviewKey = "";

/** All of the run, and what of it is seen. The ground is drawn again only when it looks different. */
function drawOverview(p) {
  const box = document.getElementById("overview");
  const width = box.clientWidth;
  const height = box.clientHeight;
  const at = t => gutter + t / end * (width - gutter - 16);
  const key = [width, height, view.ratio, view.group, p.dark].join();
  if (key !== overviewKey) {
    overviewKey = key;
    for (const each of [box, overviewGround]) {
      each.width = Math.round(width * view.ratio);
      each.height = Math.round(height * view.ratio);
    }
    const ground = overviewGround.getContext("2d");
    ground.setTransform(view.ratio, 0, 0, view.ratio, 0, 0);
    drawOverviewGround(p, ground, at, height);
  }
  const small = box.getContext("2d");
  small.setTransform(1, 0, 0, 1, 0, 0);
  small.clearRect(0, 0, box.width, box.height);
  small.drawImage(overviewGround, 0, 0);
  small.setTransform(view.ratio, 0, 0, view.ratio, 0, 0);
  small.globalAlpha = 0.1;
  small.fillStyle = p.ink;
  small.fillRect(0, 0, Math.max(0, at(view.from)), height);
  small.fillRect(at(view.to), 0, width, height);
  small.globalAlpha = 1;
  small.strokeStyle = p.ink;
  small.lineWidth = 1.5;
  small.strokeRect(at(view.from), 1, Math.max(3, at(view.to) - at(view.from)), height - 2);
}

function drawOverviewGround(p, ground, at, height) {
  for (const cut of cuts) {
    ground.fillStyle = p.soft;
    ground.fillRect(at(cut.t), 0, Math.max(1, at(Math.min(cut.u, end)) - at(cut.t)), height);
  }
  const room = (height - 8) / lanes.length;
  for (let lane = 0; lane < lanes.length; lane++) {
    const track = trackOf(lane, shownGroups()[0]);
    const s = track ? track.states : { t: [] };
    for (let i = 0; i < s.t.length; i++) {
      const until = i + 1 < s.t.length ? s.t[i + 1] : end;
      if (s.role[i] === Role.down) {
        continue;
      }
      ground.fillStyle = termColour(s.term[i]);
      const thick = s.role[i] === Role.leader ? Math.max(3, room - 2) : 1.2;
      ground.globalAlpha = s.role[i] === Role.leader ? 1 : 0.55;
      ground.fillRect(at(s.t[i]), 4 + (lane + 0.5) * room - thick / 2, Math.max(0.6, at(until) - at(s.t[i])), thick);
    }
  }
  ground.globalAlpha = 1;
}
