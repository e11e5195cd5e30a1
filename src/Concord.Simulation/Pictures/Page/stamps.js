// Under what something was said or written: a term of Raft, or a ballot of Multi-Paxos, which is a round and a node.
const firstBallot = 65536;
const hasBallots = raw.kinds.some(kind => /^(Prepare|Promise|Accept|Accepted)$/.test(kind));
const reignWord = hasBallots ? "ballot" : "term";

function isBallot(stamp) {
  return stamp >= firstBallot;
}

/** In a cell: 3 or 3.2. */
function stampShort(stamp) {
  return isBallot(stamp) ? `${Math.floor(stamp / firstBallot)}.${stamp % firstBallot}` : String(stamp);
}

/** Everywhere else: t3 or b3.2. */
function stampName(stamp) {
  return (isBallot(stamp) ? "b" : "t") + stampShort(stamp);
}

/** In a sentence. */
function reignName(stamp) {
  return isBallot(stamp) ? stampName(stamp) : "term " + stamp;
}

// Ballots have colours in their order, all that there are in this run: those of one round differ, too.
const ballotPlaces = new Map();

function placeBallots() {
  const seen = new Set();
  for (const stamps of [entries.term, entries.origin, messages.term, ...[...tracks.values()].map(t => t.states.term)]) {
    stamps.forEach(stamp => isBallot(stamp) && seen.add(stamp));
  }
  [...seen].sort((one, other) => one - other).forEach((stamp, place) => ballotPlaces.set(stamp, place + 1));
}
placeBallots();

const hole = -1;

// In a story of ballots the values are few and short: a cell has room for both.
const tellsValues = hasBallots && steps.length > 0;

/** What is in a place of a log. */
function placeOf(log, i, state) {
  const entry = log[i];
  const isHole = entry === hole;
  const term = isHole ? 0 : entries.term[entry];
  const isChosen = i < state.commit;

  // In Multi-Paxos what lies behind a hole is not acknowledged, durable or not. What was accepted under an earlier
  // ballot was written long ago.
  const isSoft = i >= state.durable && (!hasBallots || (term === state.term && !isChosen));
  return {
    isHole, term, isChosen, isSoft,
    origin: isHole || entries.origin[entry] === term ? 0 : entries.origin[entry],
    text: isHole ? "" : texts[entries.text[entry]],
    isFull: hasBallots && isChosen && !isSoft && term > 0,
  };
}
