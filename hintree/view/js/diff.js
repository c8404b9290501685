// Differences of two texts by words, in time that grows about as their length.

/** @typedef {["same" | "gone" | "new", string]} Part */

const SMALL = 1e6;  // cells of the table for the longest common subsequence; a tenth of it in gaps, of which there are many
const DEEPEST = 12; // times that a gap between words that occur once is cut again

/**
 * Words and what stands between them, as parts that are in both texts, only in the first, or only in the second.
 * @param {string} before
 * @param {string} after
 * @returns {Part[]}
 */
export function wordDiff(before, after) {
  /** @param {string} s @returns {string[]} */
  const cut = (s) => s.match(/\s+|[\p{L}\p{N}_]+|[^\s\p{L}\p{N}_]/gu) || [];
  /** @type {Part[]} */
  const parts = [];
  /** @param {Part[0]} kind @param {string[]} words */
  const push = (kind, words) => {
    if (!words.length) return;
    if (parts.length && parts[parts.length - 1][0] === kind) parts[parts.length - 1][1] += words.join("");
    else parts.push([kind, words.join("")]);
  };
  compare(cut(before), cut(after), push, 0);
  return joined(parts);
}

/**
 * Join changes that only a space is between.
 * @param {Part[]} parts
 * @returns {Part[]}
 */
function joined(parts) {
  /** @type {Part[]} */
  const made = [];
  let gone = "", fresh = "";
  const flush = () => {
    if (gone) made.push(["gone", gone]);
    if (fresh) made.push(["new", fresh]);
    gone = fresh = "";
  };
  parts.forEach(([kind, words], k) => {
    if (kind === "gone") gone += words;
    else if (kind === "new") fresh += words;
    else if ((gone || fresh) && k + 1 < parts.length && /^ +$/u.test(words)) { gone += words; fresh += words; }
    else { flush(); made.push([kind, words]); }
  });
  flush();
  return made;
}

/**
 * Compare two lists of words: equal ends first, then a small rest exactly, and a large one between words that occur
 * once in both (patience).
 * @param {string[]} a
 * @param {string[]} b
 * @param {(kind: Part[0], words: string[]) => void} push
 * @param {number} level
 */
function compare(a, b, push, level) {
  let head = 0, tail = 0;
  const least = Math.min(a.length, b.length);
  while (head < least && a[head] === b[head]) head++;
  while (tail < least - head && a[a.length - 1 - tail] === b[b.length - 1 - tail]) tail++;
  push("same", a.slice(0, head));
  const left = a.slice(head, a.length - tail), right = b.slice(head, b.length - tail);
  if (left.length * right.length <= (level ? SMALL / 10 : SMALL)) exact(left, right, push);
  else {
    const pairs = level < DEEPEST ? anchors(left, right) : [];
    let i = 0, j = 0;
    for (const [x, y] of pairs) {
      compare(left.slice(i, x), right.slice(j, y), push, level + 1);
      push("same", [left[x]]);
      [i, j] = [x + 1, y + 1];
    }
    if (pairs.length) compare(left.slice(i), right.slice(j), push, level + 1);
    else { push("gone", left); push("new", right); }
  }
  push("same", a.slice(a.length - tail));
}

/**
 * By the table of the longest common subsequence from i, j on.
 * @param {string[]} a
 * @param {string[]} b
 * @param {(kind: Part[0], words: string[]) => void} push
 */
function exact(a, b, push) {
  const wide = b.length + 1, length = new Uint32Array((a.length + 1) * wide);
  for (let i = a.length - 1; i >= 0; i--)
    for (let j = b.length - 1; j >= 0; j--)
      length[i * wide + j] = a[i] === b[j] ? length[(i + 1) * wide + j + 1] + 1
        : Math.max(length[(i + 1) * wide + j], length[i * wide + j + 1]);
  let i = 0, j = 0;
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) { push("same", [a[i++]]); j++; }
    else if (j === b.length || (i < a.length && length[(i + 1) * wide + j] >= length[i * wide + j + 1])) push("gone", [a[i++]]);
    else push("new", [b[j++]]);
  }
}

/**
 * The words that occur once in both, in a longest order that both keep, as pairs of places.
 * @param {string[]} a
 * @param {string[]} b
 * @returns {Array<[number, number]>}
 */
function anchors(a, b) {
  /** @param {string[]} words */
  const once = (words) => {
    /** @type {Map<string, number>} */
    const at = new Map();
    words.forEach((word, k) => at.set(word, at.has(word) ? -1 : k));
    return at;
  };
  const inA = once(a), inB = once(b);
  /** @type {Array<[number, number]>} */
  const pairs = [];
  a.forEach((word, k) => {
    const y = inB.get(word);
    if (inA.get(word) === k && y !== undefined && y >= 0) pairs.push([k, y]);
  });
  /** @type {number[]} */
  const piles = [], before = new Array(pairs.length).fill(-1);  // longest rising run of y, by patience sorting
  pairs.forEach(([, y], k) => {
    let low = 0, high = piles.length;
    while (low < high) { const mid = (low + high) >> 1; if (pairs[piles[mid]][1] < y) low = mid + 1; else high = mid; }
    before[k] = low ? piles[low - 1] : -1;
    piles[low] = k;
  });
  /** @type {Array<[number, number]>} */
  const run = [];
  for (let k = piles.length ? piles[piles.length - 1] : -1; k >= 0; k = before[k]) run.push(pairs[k]);
  return run.reverse();
}
