// What the run left: columns of whole numbers, each as differences from row to row. Times are in microseconds.
const raw = JSON.parse(document.getElementById("data").textContent);
const title = raw.title;
const texts = raw.texts;
const lanes = title.lanes;
const groupCount = title.groups.length;

function sums(differences) {
  const values = new Float64Array(differences.length);
  let sum = 0;
  for (let i = 0; i < differences.length; i++) {
    sum += differences[i];
    values[i] = sum;
  }
  return values;
}

function columns(table) {
  const result = {};
  for (const name of Object.keys(table)) {
    result[name] = sums(table[name]);
  }
  return result;
}

const entries = columns(raw.entries);
const messages = columns(raw.messages);
const operations = columns(raw.operations);
const spans = columns(raw.spans);
const marks = columns(raw.marks);
const promises = columns(raw.promises);
const cuts = raw.cuts;
const steps = raw.steps;
const end = Math.max(title.end, 1);
const Fate = { arrived: 0, lostOnTheWay: 1, lostAtTheEnd: 2, underWay: 3, copy: 8, broughtBack: 16 };
const SpanKind = { down: 0, paused: 1, diskStalled: 2 };
const MarkKind = { fault: 0, snapshot: 1, healed: 2 };
const Ended = { done: 0, refused: 1, unknown: 2, open: 3 };
const Role = { down: 0, follower: 1, candidate: 2, leader: 3 };
const roleNames = ["down", "follower", "candidate", "leader"];

// What is still under way when the run ends would have come some time later.
const meanFlight = (() => {
  let sum = 0;
  let count = 0;
  for (let i = 0; i < messages.t.length; i++) {
    if ((messages.fate[i] & 7) === Fate.arrived) {
      sum += messages.u[i] - messages.t[i];
      count++;
    }
  }
  return count > 0 ? sum / count : 1000;
})();
for (let i = 0; i < messages.t.length; i++) {
  if ((messages.fate[i] & 7) === Fate.underWay) {
    messages.u[i] = messages.t[i] + meanFlight;
  }
}

// Messages are in the order of sending. Of each block of them, when the last one ends: most of a run is skipped.
const blockSize = 256;
const blockEnds = [];
for (let i = 0; i < messages.t.length; i++) {
  const block = Math.floor(i / blockSize);
  blockEnds[block] = Math.max(blockEnds[block] || 0, messages.u[i]);
}

/** The number of rows whose time is at most t. */
function rowsThrough(times, t) {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (times[middle] <= t) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

const tracks = new Map();
for (const track of raw.tracks) {
  const logs = columns(track.logs);
  const starts = [0];
  for (let i = 0; i < logs.count.length; i++) {
    starts.push(starts[i] + logs.count[i]);
  }
  const states = columns(track.states);
  states.log = states.t.map(t => rowsThrough(logs.t, t));
  tracks.set(track.lane * groupCount + track.group, {
    states, logs, starts, replayed: 0, log: [],
  });
}

function trackOf(lane, group) {
  return tracks.get(lane * groupCount + group);
}

/** Where a replica stood at a moment, after everything that happened at it; null before its first life. */
function stateAt(lane, group, t) {
  const track = trackOf(lane, group);
  const row = track ? rowsThrough(track.states.t, t) - 1 : -1;
  if (row < 0) {
    return null;
  }
  const s = track.states;
  return {
    role: s.role[row], term: s.term[row], leader: s.leader[row], last: s.last[row], durable: s.durable[row],
    commit: s.commit[row], applied: s.applied[row],
  };
}

/** The log of a replica at a moment: the numbers of its entries, the first place first. Do not keep it. */
function logAt(lane, group, t) {
  const track = trackOf(lane, group);
  if (!track) {
    return [];
  }
  const rows = rowsThrough(track.logs.t, t);
  if (rows < track.replayed) {
    track.replayed = 0;
    track.log.length = 0;
  }
  for (; track.replayed < rows; track.replayed++) {
    const row = track.replayed;
    track.log.length = track.logs.from[row] - 1;
    for (let i = track.starts[row]; i < track.starts[row + 1]; i++) {
      track.log.push(track.logs.entryIds[i]);
    }
  }
  return track.log;
}
for (const track of tracks.values()) {
  track.logs.entryIds = track.logs.entries;
}

// Kinds of messages in families: what is filtered together and drawn alike. Those of less weight get words first.
const families = [
  { name: raw.kinds.includes("Promise") ? "promises" : "votes", dash: [7, 4], width: 1.7, alpha: 1, weight: 1 },
  { name: "entries", dash: [], width: 2, alpha: 1, weight: 0 },
  { name: "answers", dash: [], width: 1.1, alpha: 0.75, weight: 2 },
  { name: "heartbeats", dash: [2, 3], width: 1.2, alpha: 0.6, weight: 3 },
  { name: "snapshots", dash: [], width: 3.4, alpha: 0.9, weight: 1 },
  { name: "learning", dash: [9, 3, 2, 3], width: 1.5, alpha: 0.9, weight: 1 },
];
const familyOfKind = raw.kinds.map(kind => {
  if (/vote|timeoutnow|prepare|promise/i.test(kind)) { return 0; }
  if (kind === "Append" || kind === "Accept") { return 1; }
  if (kind === "AppendReply" || kind === "Accepted") { return 2; }
  if (/learn/i.test(kind)) { return 5; }
  if (/snapshot/i.test(kind)) { return 4; }
  return 3;
});
for (let i = 0; i < families.length; i++) {
  families[i].present = familyOfKind.includes(i);
  families[i].shown = true;
}

function isShown(message) {
  return families[familyOfKind[messages.kind[message]]].shown
    && (view.group < 0 || messages.group[message] === view.group);
}

// A client may have several operations open: they lie in rows, as many as are needed, and so few that it stays flat.
const clientRows = Math.max(1, Math.min(6, layOut(operations)));

function layOut(table) {
  const freeAt = [];
  table.row = new Uint8Array(table.t.length);
  const order = [...table.t.keys()].sort((one, other) => table.t[one] - table.t[other]);
  let most = 0;
  for (const i of order) {
    const rows = freeAt[table.client[i]] ??= [];
    let row = rows.findIndex(free => free <= table.t[i]);
    if (row < 0) {
      row = rows.length;
    }
    rows[row] = table.u[i];
    table.row[i] = Math.min(row, 5);
    most = Math.max(most, row + 1);
  }
  return most;
}

/** A name out of the program in words. */
function words(name) {
  return /\s/.test(name) ? name : name.replace(/([a-z])([A-Z])/g, "$1 $2").toLowerCase();
}

function time(t, digits) {
  const places = digits === undefined ? 1 : digits;
  return t >= 10e6 ? (t / 1e6).toFixed(places + 2) + " s" : (t / 1e3).toFixed(places) + " ms";
}
