// Each replica's line: its term or ballot as colour, its role as thickness, and the promises it gives.
const lineWidths = [0, 3, 4, 9];
let roleLabels = [];

function roleFont() {
  return "650 11.5px " + palette().sans;
}

/** In front of the arrows, on a ground of their own. */
function drawRoleLabels(p) {
  pen.font = roleFont();
  pen.textAlign = "left";
  for (const label of roleLabels) {
    pen.fillStyle = p.card;
    pen.globalAlpha = 0.86;
    pen.beginPath();
    pen.roundRect(label.x - 3, label.y - 12, label.width + 6, 16, 4);
    pen.fill();
    pen.globalAlpha = 1;
    pen.fillStyle = termColour(label.term);
    pen.fillText(label.text, label.x, label.y);
  }
}

function drawLine(p, lane, group) {
  const track = trackOf(lane, group);
  if (!track) {
    return;
  }
  const s = track.states;
  const level = y(lane, group);
  const many = shownGroups().length > 1;
  let row = Math.max(0, rowsThrough(s.t, view.from) - 1);
  let labelFree = -100;
  let signFree = -100;
  while (row < s.t.length && s.t[row] <= view.to) {
    let next = row + 1;
    while (next < s.t.length && s.role[next] === s.role[row] && s.term[next] === s.term[row]) {
      next++;
    }
    const left = Math.max(x(s.t[row]), gutter - 6);
    const right = Math.min(x(next < s.t.length ? s.t[next] : end), view.width);
    stroke(p, s.role[row], s.term[row], left, right, level, many);
    const changesRole = row === 0 || s.role[row - 1] !== s.role[row];
    if (!many && s.role[row] >= Role.candidate && right - left > 8 && left > labelFree) {
      const text = roleNames[s.role[row]] + " of " + reignName(s.term[row]);
      pen.font = roleFont();
      const leads = s.role[row] === Role.leader;
      const fits = right - left > pen.measureText(text).width * (leads ? 0.6 : 0.8);
      const shown = fits ? text : leads && right - left > 12 ? stampName(s.term[row]) : "";
      const width = pen.measureText(shown).width;
      if (shown && Math.max(left, gutter) + width < view.width) {
        roleLabels.push({ text: shown, x: Math.max(left, gutter) + 2, y: level - 12, width, term: s.term[row] });
        labelFree = left + width + 6;
      }
    }
    const falls = s.role[row] === Role.down;
    if (changesRole && row > 0 && (falls || s.role[row - 1] === Role.down)) {
      const px = x(s.t[row]);
      const small = px < signFree || many;
      signFree = px + 15;
      if (falls) {
        cross(p, px, level, small ? 2.5 : 6, p.ink, small ? 1.3 : 2.4);
      } else {
        dot(p, px, level, small ? 2.5 : 5);
      }
    }
    row = next;
  }
}

/** A ring on the line at the moment from which a promise binds, and the ballot beside it where there is room. */
function drawPromises(p) {
  const many = shownGroups().length > 1;
  pen.font = roleFont();
  for (let i = rowsThrough(promises.t, view.from); i < promises.t.length && promises.t[i] <= view.to; i++) {
    if (!shownGroups().includes(promises.group[i])) {
      continue;
    }
    const px = x(promises.t[i]);
    const level = y(promises.lane[i], promises.group[i]);
    const size = many || promisesAreDense() ? 3 : 5.5;
    pen.fillStyle = p.card;
    pen.strokeStyle = termColour(promises.term[i]);
    pen.lineWidth = size < 4 ? 1.6 : 3;
    pen.beginPath();
    pen.arc(px, level, size, 0, 7);
    pen.fill();
    pen.stroke();
    const text = "promises " + stampName(promises.term[i]);
    const label = { text, x: px - 8, y: level - 13, width: pen.measureText(text).width, term: promises.term[i] };
    const isFree = size > 4 && px + label.width < view.width && px - 12 > gutter && !roleLabels.some(other =>
      Math.abs(other.y - label.y) < 14 && other.x < label.x + label.width + 8
        && label.x < other.x + other.width + 8);
    if (isFree) {
      roleLabels.push(label);
    }
  }
}

function promisesAreDense() {
  return promises.t.length > 0
    && (view.to - view.from) / (view.width - gutter) > end / promises.t.length / 12;
}

function stroke(p, role, term, left, right, level, many) {
  if (right <= left) {
    return;
  }
  pen.strokeStyle = role === Role.down ? p.muted : termColour(term);
  pen.lineWidth = (role === Role.down ? 1 : lineWidths[role]) * (many ? 0.7 : 1);
  pen.globalAlpha = role === Role.down ? 0.45 : 1;
  pen.setLineDash(role === Role.down ? [1, 5] : role === Role.candidate ? [5, 3] : []);
  pen.beginPath();
  pen.moveTo(left, level);
  pen.lineTo(right, level);
  pen.stroke();
  pen.setLineDash([]);
  pen.globalAlpha = 1;
}

function cross(p, px, py, size, colour, width) {
  pen.lineCap = "round";
  for (const [ink, thick] of [[p.card, width + (size < 4 ? 1.5 : 3)], [colour, width]]) {
    pen.strokeStyle = ink;
    pen.lineWidth = thick;
    pen.beginPath();
    pen.moveTo(px - size, py - size);
    pen.lineTo(px + size, py + size);
    pen.moveTo(px + size, py - size);
    pen.lineTo(px - size, py + size);
    pen.stroke();
  }
  pen.lineCap = "butt";
}

function dot(p, px, py, size) {
  pen.fillStyle = p.card;
  pen.strokeStyle = p.ink;
  pen.lineWidth = size < 4 ? 1.2 : 2;
  pen.beginPath();
  pen.arc(px, py, size, 0, 7);
  pen.fill();
  pen.stroke();
}

function halo(p, text, px, py) {
  const ink = pen.fillStyle;
  pen.strokeStyle = p.card;
  pen.lineWidth = 4;
  pen.lineJoin = "round";
  pen.strokeText(text, px, py);
  pen.fillStyle = ink;
  pen.fillText(text, px, py);
}

function drawOperations(p) {
  if (title.clients === 0) {
    return;
  }
  const top = view.height - clientsHeight() + 6;
  pen.strokeStyle = p.line;
  pen.beginPath();
  pen.moveTo(gutter - 6, top - 3.5);
  pen.lineTo(view.width, top - 3.5);
  pen.stroke();
  for (let i = 0; i < operations.t.length; i++) {
    if (operations.u[i] < view.from || operations.t[i] > view.to || operations.client[i] >= title.clients) {
      continue;
    }
    const left = Math.max(x(operations.t[i]), gutter - 6);
    const right = Math.max(Math.min(x(operations.u[i]), view.width), left + 1.5);
    const high = hasWideRows ? 11 : 4;
    const row = top + operations.client[i] * clientRow + operations.row[i] * operationRow;
    const outcome = operations.outcome[i];
    const colour = outcome === Ended.unknown ? p.lost : outcome === Ended.open ? p.warn : p.muted;
    pen.fillStyle = colour;
    pen.globalAlpha = outcome === Ended.refused ? 0.15 : hasWideRows ? 0.3 : 0.5;
    pen.fillRect(left, row, right - left, high);
    pen.globalAlpha = 1;
    pen.fillRect(left, row, 1.5, high);
    if (!hasWideRows) {
      continue;
    }
    writeFitting(texts[operations.text[i]], left + 5, row + 9, right - left - 8, p.ink, "10.5px " + p.sans);
  }
}
