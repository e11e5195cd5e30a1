// Arrows. Where there are more than can be told apart, equal ones are drawn once.
const denseFrom = 2500;
const crowdedFrom = 700;
const labelsMax = 170;

/** Calls back for each message that is in view and not filtered away. */
function eachSeen(call) {
  const count = rowsThrough(messages.t, view.to);
  for (let block = 0; block * blockSize < count; block++) {
    if (blockEnds[block] < view.from) {
      continue;
    }
    const last = Math.min(count, (block + 1) * blockSize);
    for (let i = block * blockSize; i < last; i++) {
      if (messages.u[i] >= view.from && isShown(i)) {
        call(i);
      }
    }
  }
}

function drawMessages(p) {
  const seen = [];
  eachSeen(i => seen.push(i));
  const dense = seen.length > denseFrom;
  const drawn = new Set();
  pen.lineCap = "butt";
  for (const i of seen) {
    if (dense) {
      // Two arrows on the same pixels look like one.
      const key = ((Math.round(x(messages.t[i])) * 64 + Math.round(x(messages.u[i]) - x(messages.t[i]))) * 16
        + messages.from[i]) * 16 + messages.to[i];
      if (drawn.has(key)) {
        continue;
      }
      drawn.add(key);
    }
    drawArrow(p, i, dense, false, seen.length > crowdedFrom);
  }
  return seen;
}

function ends(i) {
  const group = messages.group[i];
  const from = y(messages.from[i], group);
  const to = y(messages.to[i], group);
  const down = to > from ? 1 : -1;
  const gap = 5;
  let right = x(messages.u[i]);
  let bottom = to - down * gap;
  const left = x(messages.t[i]);
  const top = from + down * gap;
  if ((messages.fate[i] & 7) === Fate.lostOnTheWay) {
    right = left + (right - left) * 0.55;
    bottom = top + (bottom - top) * 0.55;
  }
  return { left, top, right, bottom };
}

function drawArrow(p, i, dense, strong, crowded) {
  const family = families[familyOfKind[messages.kind[i]]];
  const fate = messages.fate[i] & 7;
  const { left, top, right, bottom } = ends(i);
  pen.strokeStyle = termColour(messages.term[i]);
  pen.globalAlpha = strong ? 1 : dense ? 0.28 : family.alpha * (fate === Fate.arrived ? 1 : 0.8);
  pen.lineWidth = dense ? 0.8 : crowded ? 1 : family.width + (strong ? 1.6 : 0);
  pen.setLineDash(dense ? [] : family.dash);
  pen.beginPath();
  pen.moveTo(left, top);
  pen.lineTo(right, bottom);
  pen.stroke();
  pen.setLineDash([]);
  if (messages.fate[i] & (Fate.copy | Fate.broughtBack) && !dense) {
    // A second line beside the first: it is there twice, or again.
    pen.lineWidth = 0.7;
    pen.beginPath();
    pen.moveTo(left + 3, top);
    pen.lineTo(right + 3, bottom);
    pen.stroke();
  }
  if (dense && fate === Fate.arrived) {
    pen.globalAlpha = 1;
    return;
  }
  pen.globalAlpha = strong || !dense ? 1 : 0.5;
  if (fate === Fate.lostOnTheWay || fate === Fate.lostAtTheEnd) {
    if (dense || crowded) {
      pen.fillStyle = p.lost;
      pen.fillRect(right - 1.5, bottom - 1.5, 3, 3);
    } else {
      cross(p, right, bottom, 4, p.lost, 1.8);
    }
  } else if (fate === Fate.arrived) {
    head(left, top, right, bottom, strong ? 10 : crowded ? 5 : 8, family.alpha);
  }
  pen.globalAlpha = 1;
}

function head(left, top, right, bottom, size, alpha) {
  const angle = Math.atan2(bottom - top, right - left);
  pen.fillStyle = pen.strokeStyle;
  pen.globalAlpha = Math.max(alpha, 0.7);
  pen.beginPath();
  pen.moveTo(right, bottom);
  pen.lineTo(right - size * Math.cos(angle - 0.38), bottom - size * Math.sin(angle - 0.38));
  pen.lineTo(right - size * Math.cos(angle + 0.38), bottom - size * Math.sin(angle + 0.38));
  pen.closePath();
  pen.fill();
}

/** Words along the arrows, where they fit and do not cover each other. */
function drawLabels(p, seen, boxes) {
  if (seen.length > labelsMax) {
    return;
  }
  const placed = boxes.map(box => ({ x: (box.left + box.right) / 2, y: box.top + box.height / 2,
    wide: (box.right - box.left) / 2 + 2, high: box.height / 2 }));
  for (const label of roleLabels) {
    placed.push({ x: label.x + label.width / 2, y: label.y - 4, wide: label.width / 2 + 4, high: 9 });
  }
  pen.font = "11px " + p.sans;
  pen.textAlign = "center";
  const byWeight = [...seen].sort((one, other) =>
    families[familyOfKind[messages.kind[one]]].weight - families[familyOfKind[messages.kind[other]]].weight);
  for (const i of byWeight) {
    const text = texts[messages.brief[i]];
    const { left, top, right, bottom } = ends(i);
    const length = Math.hypot(right - left, bottom - top);
    const width = pen.measureText(text).width;
    if (length < width + 22) {
      continue;
    }
    let angle = Math.atan2(bottom - top, right - left);
    const spot = [0.5, 0.36, 0.64, 0.27, 0.73].map(part => ({
      x: left + (right - left) * part, y: top + (bottom - top) * part,
      wide: Math.abs(Math.cos(angle)) * width / 2 + 7, high: Math.abs(Math.sin(angle)) * width / 2 + 6,
    })).find(each => each.x - each.wide > gutter && !placed.some(other =>
      Math.abs(other.x - each.x) < other.wide + each.wide && Math.abs(other.y - each.y) < other.high + each.high));
    if (!spot) {
      continue;
    }
    placed.push(spot);
    if (angle > Math.PI / 2 || angle < -Math.PI / 2) {
      angle += Math.PI;
    }
    pen.save();
    pen.translate(spot.x, spot.y);
    pen.rotate(angle);
    pen.fillStyle = termColour(messages.term[i]);
    halo(p, text, 0, -4);
    pen.restore();
  }
}

function drawFocus(p) {
  for (const i of new Set([view.pinned, view.hover])) {
    if (i >= 0 && isShown(i)) {
      drawArrow(p, i, false, true);
      const { left, top } = ends(i);
      pen.fillStyle = termColour(messages.term[i]);
      pen.beginPath();
      pen.arc(left, top, 4, 0, 7);
      pen.fill();
    }
  }
}

/** The message nearest to a point, or -1. */
function messageAt(px, py) {
  let best = -1;
  let nearest = 7;
  eachSeen(i => {
    const { left, top, right, bottom } = ends(i);
    if (px < Math.min(left, right) - 7 || px > Math.max(left, right) + 7
      || py < Math.min(top, bottom) - 7 || py > Math.max(top, bottom) + 7) {
      return;
    }
    const [dx, dy] = [right - left, bottom - top];
    const part = Math.max(0, Math.min(1, ((px - left) * dx + (py - top) * dy) / (dx * dx + dy * dy || 1)));
    const distance = Math.hypot(px - left - part * dx, py - top - part * dy);
    if (distance < nearest) {
      nearest = distance;
      best = i;
    }
  });
  return best;
}
