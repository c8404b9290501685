"use strict";
// One tree: the columns of the data, and what follows from them. Steps are numbers; 0 is the problem.

const STATUS = {o: "open", t: "terminal", p: "pruned", r: "rejected", f: "failed"};
const AUTHOR = {"-": "problem", r: "reasoner", h: "hinted", t: "teacher"};
const CIVIDIS = [[0, 34, 78], [53, 69, 108], [102, 105, 112], [148, 142, 119], [200, 184, 102], [254, 232, 56]];

/** The colour of a score in [0, 1]; none where nobody judged. */
function colour(score) {
  if (score === null) return "transparent";
  const at = Math.min(Math.floor(score * 5), 4), share = score * 5 - at;
  const mixed = CIVIDIS[at].map((a, k) => Math.round(a + share * (CIVIDIS[at + 1][k] - a)));
  return `rgb(${mixed.join()})`;
}

/** A number for people; a dash for none. */
const shown = (x, digits = 3) => x === null || x === undefined ? "–" : typeof x === "string" ? x : String(+x.toPrecision(digits));

class Tree {
  constructor(data) {
    Object.assign(this, data);
    this.size = this.parent.length;
    this.depth = new Int32Array(this.size);
    this.children = Array.from({length: this.size}, () => []);
    for (let i = 1; i < this.size; i++) {
      this.children[this.parent[i]].push(i);
      this.depth[i] = this.depth[this.parent[i]] + 1;
    }
    this.levels = this.depth.reduce((a, b) => Math.max(a, b), 1);
    this.columns = this.x.reduce((a, b) => Math.max(a, b), 1);
    this.newer = new Map();  // step -> the versions written in place of it
    for (const [id, old] of Object.entries(this.replaces)) {
      this.newer.set(old, [...(this.newer.get(old) || []), +id]);
      const siblings = this.children[this.parent[+id]];  // versions of one step stand together
      siblings.splice(siblings.indexOf(+id), 1);
      siblings.splice(siblings.indexOf(old) + 1, 0, +id);
    }
    this.path = this.pathTo(this.chosen);
    this.onPath = new Set(this.path);
    this.mostVisits = Math.max(1, this.visits[0], this.visits.reduce((a, b) => Math.max(a, b), 0));
  }

  /** The steps from the problem to this one, both included. */
  pathTo(id) {
    const path = [];
    for (let i = id; i >= 0; i = this.parent[i]) path.unshift(i);
    return path;
  }

  authorOf(id) { return AUTHOR[this.author[id]]; }

  /** Its status when only the steps up to ``time`` were written. */
  statusAt(id, time) {
    const status = STATUS[this.status[id]];
    const later = status === "rejected" && this.newer.has(id) && this.newer.get(id).every((n) => n > time);
    return later ? "open" : status;
  }

  /** All versions of a step, the oldest first: what it replaces, and what was written in place of that. */
  versions(id) {
    let first = id;
    while (first in this.replaces) first = this.replaces[first];
    const all = [first];
    for (let k = 0; k < all.length; k++) all.push(...(this.newer.get(all[k]) || []));
    return all.sort((a, b) => a - b);
  }

  /** The terms that MCTS weighs; c is the search's own constant. */
  selectionTerms(id) {
    const p = this.parent[id], n = this.visits[id], all = p >= 0 ? this.visits[p] : 0;
    if (!n || !all) return null;
    const siblings = this.children[p].filter((s) => "ot".includes(this.status[s]));
    const sum = siblings.reduce((s, k) => s + this.mean[k], 0);
    const prior = sum ? this.mean[id] / sum : 0;
    return [
      ["Q", this.value[id]],
      ["√(ln N / n)", Math.sqrt(Math.log(all) / n)],
      ["P √N / (1 + n)", prior * Math.sqrt(all) / (1 + n)],
    ].map(([name, x]) => `${name} = ${shown(x)}`).join(", ");
  }
}

/** Words and what stands between them, as [kind, text] with kind "same", "gone" or "new". */
function wordDiff(before, after) {
  const cut = (s) => s.match(/\s+|[\p{L}\p{N}_]+|[^\s\p{L}\p{N}_]/gu) || [];
  const a = cut(before), b = cut(after), wide = b.length + 1;
  if (a.length * b.length > 1e6) return [["gone", before], ["new", after]];
  const length = new Uint16Array((a.length + 1) * wide);  // of the longest common subsequence from i, j on
  for (let i = a.length - 1; i >= 0; i--)
    for (let j = b.length - 1; j >= 0; j--)
      length[i * wide + j] = a[i] === b[j] ? length[(i + 1) * wide + j + 1] + 1
        : Math.max(length[(i + 1) * wide + j], length[i * wide + j + 1]);
  const parts = [];
  const push = (kind, text) => {
    if (parts.length && parts[parts.length - 1][0] === kind) parts[parts.length - 1][1] += text;
    else parts.push([kind, text]);
  };
  let i = 0, j = 0;
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) { push("same", a[i++]); j++; }
    else if (j === b.length || (i < a.length && length[(i + 1) * wide + j] >= length[i * wide + j + 1])) push("gone", a[i++]);
    else push("new", b[j++]);
  }
  return parts;
}
