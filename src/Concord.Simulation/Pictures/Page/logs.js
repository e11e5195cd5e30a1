// Each replica's log, below its line, where it changes.
const cellWidth = tellsValues ? 31 : hasBallots ? 27 : 17;
const cellHeight = tellsValues ? 27 : 16;
const cellsMax = steps.length > 0 ? 12 : 5;

/** Below each line, the end of the log wherever it has changed and there is room. */
function drawLogs(p) {
  const boxes = [];
  if (shownGroups().length > 1 || laneHeight() < 52) {
    return boxes;
  }
  const group = shownGroups()[0];
  for (let lane = 0; lane < lanes.length; lane++) {
    const track = trackOf(lane, group);
    if (!track) {
      continue;
    }
    const s = track.states;
    let row = Math.max(0, rowsThrough(s.t, view.from) - 1);
    let free = -1000;
    while (row < s.t.length && s.t[row] <= view.to) {
      let px = Math.max(x(s.t[row]), gutter + 2);

      // What changes within half a glyph is one change: the last state of it is shown.
      let last = row;
      while (last + 1 < s.t.length && x(s.t[last + 1]) < px + cellWidth * 1.6) {
        last++;
      }
      const next = nextChange(s, last);
      const width = Math.min(cellsMax, s.last[last]) * (cellWidth + 1) + (s.last[last] > cellsMax ? 13 : 0);

      // Where the one before is in the way, a little later, if it is still so then.
      px = px < free && free < x(next < s.t.length ? s.t[next] : end) ? free : px;
      if (s.role[last] !== Role.down && px >= free && s.last[last] > 0 && px + width < view.width) {
        const top = laneTop(lane) + laneHeight() * 0.4 + 12;
        drawGlyph(p, lane, group, s.t[last], px, top);
        boxes.push({ left: px, right: px + width, top: top - 4, height: cellHeight + 10 });
        free = px + width + 10;
      }
      row = next;
    }
  }
  return boxes;
}

/** The next row at which the log or its marks change. */
function nextChange(s, row) {
  let next = row + 1;
  while (next < s.t.length && s.last[next] === s.last[next - 1] && s.durable[next] === s.durable[next - 1]
    && s.commit[next] === s.commit[next - 1] && s.log[next] === s.log[next - 1]
    && s.role[next] !== Role.down === (s.role[next - 1] !== Role.down)) {
    next++;
  }
  return next;
}

function drawGlyph(p, lane, group, t, left, top) {
  const log = logAt(lane, group, t);
  const state = stateAt(lane, group, t);
  const first = Math.max(0, log.length - cellsMax);
  let px = left;
  pen.textAlign = "center";
  if (first > 0) {
    pen.fillStyle = p.muted;
    pen.font = "11px " + p.sans;
    pen.fillText("…", px + 5, top + 11);
    px += 13;
  }
  for (let i = first; i < log.length; i++) {
    drawCell(p, placeOf(log, i, state), px, top);
    if (i < state.commit) {
      pen.fillStyle = p.ink;
      pen.fillRect(px - (i > first ? 1 : 0), top + cellHeight + 2, cellWidth + (i > first ? 1 : 0), 3);
    }
    px += cellWidth + 1;
  }
}

function drawCell(p, place, px, top) {
  const [left, width, height] = [px + 0.75, cellWidth - 1.5, cellHeight - 1.5];
  pen.beginPath();
  pen.roundRect(left, top + 0.75, width, height, 3);
  pen.fillStyle = place.isHole || place.isSoft ? p.card
    : place.isFull ? termColour(place.term) : termGround(place.term);
  pen.fill();
  if (place.origin > 0) {
    pen.save();
    pen.clip();
    pen.fillStyle = termColour(place.origin);
    pen.fillRect(left, top, 5, cellHeight);
    pen.fillStyle = p.card;
    pen.fillRect(left + 5, top, 1, cellHeight);
    pen.restore();
  }
  pen.beginPath();
  pen.roundRect(left, top + 0.75, width, height, 3);
  pen.strokeStyle = place.isHole ? p.muted : termColour(place.term);
  pen.lineWidth = place.isSoft || place.isHole ? 1.3 : 1;
  pen.setLineDash(place.isHole ? [1.5, 2] : place.isSoft ? [2, 2] : []);
  pen.stroke();
  pen.setLineDash([]);
  const middle = px + cellWidth / 2 + (place.origin > 0 ? 2.5 : 0);
  pen.fillStyle = place.isHole ? p.muted : place.isFull ? p.card : termInk(place.term);
  if (tellsValues && !place.isHole) {
    pen.font = "650 11px " + p.sans;
    pen.fillText(place.text, middle, top + 12);
    pen.font = "9.5px " + p.sans;
    pen.fillText(stampShort(place.term), middle, top + 23);
  } else if (!place.isHole) {
    const text = place.term === 0 ? "·" : stampShort(place.term);
    pen.font = `600 ${!hasBallots ? 11 : text.length > 3 ? 9.5 : 10.5}px ` + p.sans;
    pen.fillText(text, middle, top + 12);
  }
}
